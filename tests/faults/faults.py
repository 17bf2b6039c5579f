"""What the tests of faults share: a database to copy, a program to hurt, and a look at what is left."""
import contextlib, os, shutil, sqlite3, subprocess, sys

import harness
from harness import RELEASE, Case, mail, report

SHIMS = os.environ.get("TLSRPT_SHIMS", "build/dev/tests/faults")
SOAK = bool(os.environ.get("TLSRPT_SOAK"))  # everything, however long it takes


def two_domains(number):
    document = report(number)
    document["policies"] += report(number, "example.net")["policies"]
    return document


class FaultCase(Case):
    """r0 is in the database from the start; MAIL brings r1."""

    binary = RELEASE
    MAIL = mail(two_domains(1))
    ROWS = 2  # policies a report, each with one failure

    def setUp(self):
        super().setUp()
        self.folder = os.path.realpath(self.folder)
        self.base = self.path("base.db")
        self.assertEqual(self.run_tlsrpt("ingest", data=mail(two_domains(0)), db=self.base).returncode, 0)
        os.mkdir(self.path("run"))
        self.db = self.path("run", "t.db")

    def fresh(self, empty=False):
        """A folder with a copy of the database, or with none at all."""
        shutil.rmtree(self.path("run"))
        os.mkdir(self.path("run"))
        if not empty:
            shutil.copy(self.base, self.db)

    def hurt(self, shim, *arguments, data=MAIL, timeout=120, **environment):
        """Runs the program with the library SHIM before it."""
        env = dict(self.env, LD_PRELOAD=os.path.join(os.path.abspath(SHIMS), shim + ".so"),
                   **{name: str(value) for name, value in environment.items()})
        return subprocess.run(self.arguments(*(arguments or ("ingest",))), input=data, capture_output=True,
                              env=env, timeout=timeout)

    @staticmethod
    def look(path):
        """The ids of the whole reports and the number of mails in quarantine; None where there is no
        database, or one without tables. What is damaged or half there raises."""
        if not os.path.exists(path):
            return None
        with contextlib.closing(sqlite3.connect(path)) as database:
            for pragma, good in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
                found = database.execute("PRAGMA " + pragma).fetchall()
                if found != good:
                    raise AssertionError(f"{pragma}: {found}")
            if not database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'report'").fetchall():
                return None
            rows = database.execute(
                "SELECT r.report_id, count(DISTINCT p.id), count(f.id) FROM report r"
                " LEFT JOIN policy p ON p.report = r.id LEFT JOIN failure f ON f.policy = p.id"
                " GROUP BY r.id ORDER BY 1").fetchall()
            for row in rows:
                if row[1:] != (FaultCase.ROWS, FaultCase.ROWS):
                    raise AssertionError(f"a half report: {row}")
            quarantined = database.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        return [row[0] for row in rows], quarantined

    def judge(self, status, said, where, empty=False, good=(0, 75)):
        """After a run that was hurt: what was acknowledged is there, and the next run goes on."""
        before = [] if empty else ["r0"]
        self.assertIn(status, good, f"{where}: {said}")
        found = self.look(self.db)
        if status == 0:
            self.assertIsNotNone(found, f"{where}: acknowledged and lost")
            self.assertEqual(len(found[0]) + found[1], len(before) + 1, f"{where}: acknowledged and lost")
        if found:
            self.assertIn(found[0], (before, before + ["r1"]), where)
        again = self.deliver(self.MAIL)
        self.assertEqual(again.returncode, 0, f"{where}: the next run: {again.stderr}")
        found, quarantined = self.look(self.db)
        if not quarantined:
            self.assertEqual(found, before + ["r1"], where)
        return quarantined


def main():
    if not RELEASE or not os.access(RELEASE, os.X_OK):
        print("skipped: needs the release build (TLSRPT_RELEASE_BINARY), as contrib/test makes it")
        sys.exit(77)
    harness.main()
