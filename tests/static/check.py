"""check.py TOOL BUILD: reads all of the program's sources with a static analyser (gcc, clang-tidy, cppcheck), as
BUILD/compile_commands.json compiles them. A finding fails. What is no fault is marked beside its line, with the
reason."""
import concurrent.futures, json, os, re, shlex, shutil, subprocess, sys, tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
# Where strangers' bytes go through: clang's analyser, which takes the most time, follows each path there.
DEEP = ("base", "schema", "ingest")


def sources(build):
    with open(os.path.join(build, "compile_commands.json")) as file:
        entries = json.load(file)
    outside = (os.path.join(ROOT, "tests") + os.sep, os.path.abspath(build) + os.sep)
    return [one for one in entries if one["file"].startswith(ROOT + os.sep) and not one["file"].startswith(outside)]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def in_parallel(jobs):
    """The outputs of those that failed or said something of a finding."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: run(*job), jobs))
    return [said for status, said in results if status or re.search(r": (warning|error): ", said)]


def suppressed(folder, said):
    """Whether each warning of gcc, which knows no comments of the kind, is marked in the line before its own."""
    found = re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error): .*\[(-W[^\]]+)\]$", said, re.M)
    for path, line, warning in found:
        with open(os.path.join(folder, path)) as file:
            before = file.read().splitlines()[int(line) - 2]
        if f"gcc-suppress {warning} ; " not in before:
            return False
    return bool(found)


def gcc(entries):
    """The compiler's own analyser; without optimisation, which hides what it follows."""
    jobs = []
    for entry in entries:
        words = shlex.split(entry["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        kept, skip = [], False
        for word in words[1:]:
            if skip or word.startswith("-fsanitize") or word in ("-Werror", "-MD"):
                skip = False
            elif word in ("-o", "-MT", "-MF"):
                skip = True
            else:
                kept.append(word)
        jobs.append((["gcc", *kept, "-O0", "-fno-lto", "-fanalyzer", "-o", os.devnull], entry["directory"]))
    return [said for said in in_parallel(jobs) if not suppressed(ROOT, said)]


def clang_tidy(entries):
    jobs = []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "compile_commands.json"), "w") as file:
            json.dump(entries, file)
        for entry in entries:
            room = os.path.relpath(entry["file"], ROOT).split(os.sep)[0]
            checks = [] if room in DEEP else ["--checks=-clang-analyzer-*"]
            jobs.append((["clang-tidy", "-p", folder, "--quiet", *checks, entry["file"]], ROOT))
        return in_parallel(jobs)


def cppcheck(entries):
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.join(folder, "compile_commands.json")
        with open(project, "w") as file:
            json.dump(entries, file)
        return in_parallel([(["cppcheck", f"--project={project}", f"-j{os.cpu_count()}", "--quiet", "--inline-suppr",
                              "--enable=warning,performance,portability", "--error-exitcode=1"], ROOT)])


TOOLS = {"gcc": gcc, "clang-tidy": clang_tidy, "cppcheck": cppcheck}


def main(tool, build):
    if not shutil.which(tool):
        print(f"skipped: no {tool} here")
        return 77
    entries = sources(build)
    found = TOOLS[tool](entries)
    for said in found:
        print(said)
    print(f"{len(entries)} files, findings in {len(found)}")
    return 1 if found or not entries else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
