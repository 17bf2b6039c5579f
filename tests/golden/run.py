#!/usr/bin/env python3
"""Golden tests of the command line. A case is a folder with two files:

  commands   one command line of tlsrpt a line, without the word tlsrpt and without a shell; run
             from the project's root. `< FILE` at the end gives it a file as standard input.
             {tmp} is a temporary folder of the case. A line that begins with # is a comment.
             Three words are not tlsrpt's: `copy FROM TO`, `write FILE TEXT` (where \\n is a line
             feed) and `list DIR` (prints the files in it).
  expected   for each command: `$ ` and its line, what it printed on stdout, `exit ` and its
             status. A carriage return is shown as \\r. In what is expected … stands for any text without a quotation mark, […] for a
             list that is not empty, [*] for any list, {…} for a flat object, and a line of nothing but … for any
             number of lines. A row that begins with {"kind": may be folded: each further line
             begins with one blank.

Each case has a database of its own, --now is 2026-04-01T00:00:00Z unless the command says it.

  run.py BINARY CASE…            exit status 1 if a case differs, and the difference
  run.py --accept BINARY CASE…   shows the differences and, after a yes, writes `expected`
"""
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-04-01T00:00:00Z"
ROW = '{"kind":'
# A row is folded before these keys.
FOLDS = re.compile(r',(?="(?:report|index|policy_strings|successful_sessions|warnings|result_type|'
                   r'sending_mta_ip|additional_information)":)')
WILD = {"[…]": r"\[[^\]].*\]", "[*]": r"\[.*\]", "{…}": r"\{[^{}]+\}", "…": r'(?:[^"\\]|\\.)*'}

OPEN = re.compile(r"(\[…\]|\[\*\]|\{…\}|…)")


def fold(line: str) -> List[str]:
    return FOLDS.sub(",\n ", line).split("\n") if line.startswith(ROW) else [line]


def unfold(lines: List[str]) -> List[str]:
    out: List[str] = []
    for line in lines:
        if line.startswith(" ") and out and out[-1].startswith(ROW):
            out[-1] += line[1:]
        else:
            out.append(line)
    return out


def pattern(line: str) -> str:
    return "".join(WILD.get(part) or re.escape(part)
                   for part in OPEN.split(line))


def whole(lines: List[str]) -> "re.Pattern[str]":
    return re.compile("".join("(?:[^\n]*\n)*" if line == "…" else pattern(line) + "\n"
                              for line in lines))


def text_of(lines: List[str]) -> str:
    return "".join(line + "\n" for line in lines)


def environment(tmp: Path) -> dict:
    """Nothing of the caller's but the options of the sanitizers."""
    env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return dict(env, PATH="/usr/bin:/bin", LC_ALL="C", TZ="America/St_Johns", HOME=str(tmp / "home"),
                XDG_STATE_HOME=str(tmp / "state"), XDG_CONFIG_HOME=str(tmp / "config"),
                TLSRPT_DB=str(tmp / "tlsrpt.db"))


def helper(words: List[str]) -> List[str]:
    if words[0] == "copy":
        shutil.copytree(ROOT / words[1], words[2])
    elif words[0] == "write":
        Path(words[1]).write_text(words[2].replace("\\n", "\n"))
    else:
        top = Path(words[1])
        return sorted(str(f.relative_to(top)) for f in top.rglob("*") if f.is_file())
    return []


def run(binary: str, case: Path) -> List[str]:
    """What `expected` should say, unfolded."""
    out: List[str] = []
    with tempfile.TemporaryDirectory(prefix="tlsrpt-golden-") as name:
        tmp = Path(name)
        for folder in ("home", "state", "config"):
            (tmp / folder).mkdir()
        for line in (case / "commands").read_text().splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            words = [w.replace("{tmp}", name) for w in shlex.split(line)]
            status = 0
            if words[0] in ("copy", "write", "list"):
                lines = helper(words)
            else:
                data = b""
                if len(words) > 1 and words[-2] == "<":
                    data, words = (ROOT / words[-1]).read_bytes(), words[:-2]
                if not any(w.split("=")[0] == "--now" for w in words):
                    words += ["--now", NOW]
                done = subprocess.run([binary, *words], input=data, capture_output=True,
                                      timeout=120, cwd=ROOT, env=environment(tmp), check=False)
                text = done.stdout.decode("utf-8", "backslashreplace").replace(name, "{tmp}")
                text = text.replace("\r", "\\r")
                lines, status = text.split("\n"), done.returncode
                if lines[-1] == "":
                    lines.pop()
                if done.stderr:
                    print(f"{case.name}: {line}\n  stderr: "
                          + done.stderr.decode("utf-8", "replace").strip().replace("\n", "\n  "))
            out += ["$ " + line, *lines, f"exit {status}", ""]
    return out[:-1]


def blocks(lines: List[str]) -> List[List[str]]:
    """One for each command."""
    out: List[List[str]] = []
    for line in lines:
        if line.startswith("$ ") or not out:
            out.append([])
        out[-1].append(line)
    return out


def merge(expected: List[str], actual: List[str]) -> List[str]:
    """The actual lines; but what was left open stays so where it fits: the answer to a command as
    a whole, else line by line."""
    known = {block[0]: block for block in blocks(expected)}
    merged: List[str] = []
    for block in blocks(actual):
        before = known.get(block[0], [])
        if text_of(before).strip() and whole(before).fullmatch(text_of(block)):
            merged += before
            continue
        left = [line for line in before if OPEN.search(line) and line != "…"]
        for line in block:
            fits = [old for old in left if re.fullmatch(pattern(old), line)]
            if fits:
                left.remove(fits[0])
            merged.append(fits[0] if fits else line)
    return merged


def folded(lines: List[str]) -> List[str]:
    return [part for line in lines for part in fold(line)]


def check(binary: str, case: Path, accept: bool) -> bool:
    """Whether the case is as expected."""
    file = case / "expected"
    expected = unfold(file.read_text().splitlines()) if file.exists() else []
    actual = run(binary, case)
    if whole(expected).fullmatch(text_of(actual)):
        return True
    result = folded(merge(expected, actual))
    sys.stdout.writelines(line + "\n" for line in difflib.unified_diff(
        folded(expected), result, f"{case.name}/expected", f"{case.name}/now", "", "", 3, ""))
    if accept:
        print(f"write {file}? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            file.write_text("\n".join(result) + "\n")
            return True
    return False


def main() -> int:
    args = sys.argv[1:]
    accept = args[:1] == ["--accept"]
    args = args[accept:]
    if len(args) < 2:
        sys.exit(__doc__)
    binary = os.path.abspath(args[0])
    cases = [Path(a).resolve() for a in args[1:]]
    return 0 if all([check(binary, case, accept) for case in cases]) else 1


if __name__ == "__main__":
    sys.exit(main())
