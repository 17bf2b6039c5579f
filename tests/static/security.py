"""security.py CTEST BUILD: every test that SECURITY.md names exists."""
import os, re, subprocess, sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
NAME = re.compile(r"^[a-z]+/[a-z0-9_-]+$")


def named(path):
    """The last cells of the table of defences: the names of tests."""
    with open(path) as file:
        section = file.read().split("## What is defended", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|\n ").split("|") for line in section.splitlines() if line.startswith("|")]
    return [(row[0].strip(), row[-1].split()) for row in rows[2:]]


def main(ctest, build):
    listed = subprocess.run([ctest, "-N"], cwd=build, capture_output=True, text=True, check=True).stdout
    there = set(re.findall(r"^ *Test +#\d+: (\S+)", listed, re.M))
    rows = named(os.path.join(ROOT, "SECURITY.md"))
    wrong = 0
    for threat, names in rows:
        missing = [name for name in names if name not in there or not NAME.match(name)]
        if missing or not names:
            print(f"{threat}: {'no such test: ' + ', '.join(missing) if missing else 'names no test'}")
            wrong += 1
    print(f"{len(rows)} threats, {len(there)} tests, {wrong} rows wrong")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
