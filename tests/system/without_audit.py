#!/usr/bin/env python3
"""without_audit.py: for each code of reporting itself, the tests of audit and check must fail once its rule is
left out (TLSRPT names the program that can leave one out)."""
import os, re, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
TLSRPT = os.environ["TLSRPT"]


def codes():
    listing = subprocess.run([TLSRPT, "--config", "/dev/null", "analyze", "--code", "list"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^((?:TLSRPT|REPORTS|MAIL|STS-FORMER)-[A-Z-]+)", listing, re.M)


def is_missed(code):
    environment = dict(os.environ, TLSRPT_WITHOUT_RULE=code)
    return any(subprocess.run([sys.executable, "-B", os.path.join(HERE, test)], env=environment, capture_output=True).returncode
               for test in ("test_audit.py", "test_check.py"))


if is_missed(""):
    sys.exit("the tests fail with all rules: nothing can be told")
all_codes = codes()
unprotected = [code for code in all_codes if not is_missed(code)]
for code in unprotected:
    print(f"{code}: no test fails without its rule")
print(f"{len(all_codes)} codes, {len(unprotected)} faults")
sys.exit(bool(unprotected) or len(all_codes) < 20)
