#!/usr/bin/env python3
"""Whether each code is shown by a scenario that fails if its rule is taken out.

  without.py BINARY [--codes FILE] [FOLDER…]

BINARY is a test build that leaves out the rule named by the environment variable
TLSRPT_WITHOUT_RULE. For each code that scenarios expect, one of these scenarios must pass with all
rules and fail without that one. Besides there must be a scenario for each code that begins a line
of FILE, or where no FILE is given of what BINARY prints for `analyze --code list`; codes of the
audit (TLSRPT-*, STS-FORMER-VENDOR, REPORTS-UNREADABLE, MAIL-RECORD-CHANGED) need none here."""
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional

import run
from short_form import FormError

CODE = re.compile(r"^[A-Z][A-Z0-9-]+(?=\s|$)", re.MULTILINE)
AUDIT = re.compile(r"TLSRPT-.*|STS-FORMER-VENDOR|REPORTS-UNREADABLE|MAIL-RECORD-CHANGED")


def known_codes(binary: str, file: Optional[str]) -> List[str]:
    if file:
        text = Path(file).read_text(encoding="utf-8")
    else:
        done = subprocess.run([binary, "analyze", "--code", "list"], capture_output=True,
                              timeout=60, check=False)
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
    found = sorted({code for code in CODE.findall(text) if not AUDIT.fullmatch(code)})
    if not found:
        raise FormError("no list of codes: nothing to compare with")
    return found


def check_without(binary: str, folder: Path, code: Optional[str]) -> List[str]:
    os.environ.pop("TLSRPT_WITHOUT_RULE", None)
    if code:
        os.environ["TLSRPT_WITHOUT_RULE"] = code
    try:
        return run.check(binary, folder)
    finally:
        os.environ.pop("TLSRPT_WITHOUT_RULE", None)


def fault_of(binary: str, code: str, folders: List[Path],
             passes: Dict[Path, bool]) -> Optional[str]:
    """Why no scenario protects the rule of CODE; none if one does."""
    for folder in folders:
        if folder not in passes:
            passes[folder] = not check_without(binary, folder, None)
        if passes[folder] and check_without(binary, folder, code):
            return None
    if not any(passes[folder] for folder in folders):
        return "no scenario that expects it passes"
    return "no scenario fails without its rule: " + " ".join(
        f"{f.parent.name}/{f.name}" for f in folders)


def main(words: List[str]) -> int:
    file = None
    if "--codes" in words:
        place = words.index("--codes")
        file = words[place + 1]
        words = words[:place] + words[place + 2:]
    if not words:
        print(__doc__, file=sys.stderr)
        return 64
    shown = run.list_codes(run.scenario_folders(words[1:]))
    failed = 0
    passes: Dict[Path, bool] = {}
    for code, scenarios in shown.items():
        fault = fault_of(words[0], code, [s.folder for s in scenarios], passes)
        if fault:
            failed += 1
            print(f"{code}: {fault}", flush=True)
    for code in known_codes(words[0], file):
        if code not in shown and not words[1:]:
            failed += 1
            print(f"{code}: no scenario shows it")
    print(f"{len(shown)} codes, {failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except FormError as fault:
        sys.exit(f"{fault}")
