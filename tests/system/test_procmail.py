"""Real procmail with the recipe of the README: nothing is lost, nothing bounces."""
import os, shutil, sqlite3, subprocess, sys

from harness import BROKEN, SPAM, Case, mail, main, report

if not shutil.which("procmail"):
    print("skipped: no procmail here")
    sys.exit(77)

RECIPE = """SHELL=/bin/sh
PATH=/usr/bin:/bin
DEFAULT={folder}/inbox
LOGFILE={folder}/procmail.log
TIMEOUT=120
:0 w
* ^TLS-Report-Domain:
| {tlsrpt} ingest --db {db}
:0 e
{{
  EXITCODE=75
  HOST
}}
"""


class Procmail(Case):
    def setUp(self):
        super().setUp()
        with open(self.path("rc"), "w") as file:
            file.write(RECIPE.format(folder=self.folder, tlsrpt=self.binary, db=self.db))
        os.chmod(self.path("rc"), 0o600)

    def procmail(self, data):
        return subprocess.run(["procmail", "-t", "-m", self.path("rc")], input=data, env=self.env,
                              capture_output=True, timeout=120).returncode

    def inbox(self):
        try:
            with open(self.path("inbox"), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def test_reports_are_stored_and_other_mail_is_delivered(self):
        self.assertEqual(self.procmail(mail(report(1))), 0)
        self.assertEqual(self.procmail(BROKEN), 0)
        self.assertEqual(self.inbox(), b"")
        self.assertEqual(self.procmail(SPAM), 0)
        self.assertIn(b"hello", self.inbox())
        self.assertEqual(self.report_ids(), ["r1"])
        self.assertEqual(len(self.quarantine()), 1)

    def test_a_busy_database_puts_the_mail_off(self):
        self.procmail(mail(report(1)))
        holder = sqlite3.connect(self.db, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        self.assertEqual(self.procmail(mail(report(2))), 75)
        holder.execute("COMMIT")
        self.assertEqual(self.procmail(mail(report(2))), 0)
        self.assertEqual(self.report_ids(), ["r1", "r2"])
        self.assertEqual(self.inbox(), b"")

    def test_a_missing_program_puts_the_mail_off(self):
        with open(self.path("rc"), "w") as file:
            file.write(RECIPE.format(folder=self.folder, tlsrpt=self.path("none"), db=self.db))
        self.assertEqual(self.procmail(mail(report(1))), 75)
        self.assertEqual(self.inbox(), b"")


if __name__ == "__main__":
    main()
