"""valgrind's memcheck finds no use of bytes that were never set, no access out of bounds and no leak, over
the fixtures: ingest with its workers, the findings, the summary."""
import os, shutil, subprocess, sys

from faults import SHIMS, FaultCase, main

FIXTURES = os.path.join(os.path.dirname(__file__), "..", "..", "fixtures")
FOUND = 99


class Valgrind(FaultCase):
    def check(self, *arguments, data=b""):
        log = self.path("valgrind.%p")
        env = dict(self.env, LD_PRELOAD=os.path.join(os.path.abspath(SHIMS), "no_sandbox.so"), G_SLICE="always-malloc")
        done = subprocess.run(["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect",
                               "--errors-for-leak-kinds=definite,indirect", f"--error-exitcode={FOUND}",
                               f"--log-file={log}", *self.arguments(*arguments)], input=data, capture_output=True, env=env, timeout=240)
        said = []
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("valgrind."):
                with open(self.path(name)) as file:
                    # Of Landlock, which is newer than valgrind, it says that it does not know it, with "--".
                    said += [line for line in file if line.startswith("==")]
                os.unlink(self.path(name))
        self.assertEqual("".join(said), "", arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_reading_mails_findings_and_summary(self):
        self.fresh(empty=True)
        self.check("ingest", os.path.join(FIXTURES, "maildir"), os.path.join(FIXTURES, "quirks"))
        self.check("observe", "--import", os.path.join(FIXTURES, "observations", "march.ndjson"))
        for arguments in (["analyze"], ["analyze", "--format", "html"], ["summary"], ["summary", "--format", "html"],
                          ["audit", "--offline", "--all"], ["export"]):
            self.check("--now", "2026-04-01T00:00:00Z", *arguments)

    def test_one_delivery(self):
        self.fresh(empty=True)
        self.check("ingest", data=self.MAIL)
        self.check("ingest", data=b"Content-Type: application/tlsrpt+json\n\n{\"policies\": [")
        self.check("quarantine", "retry")


if __name__ == "__main__":
    if not shutil.which("valgrind"):
        print("skipped: no valgrind here")
        sys.exit(77)
    main()
