"""What the system tests share: mails to send, a database to send them to."""
import base64, contextlib, gzip, json, os, shutil, sqlite3, subprocess, sys, tempfile, unittest

TLSRPT = os.path.abspath(os.environ.get("TLSRPT", "build/dev/cli/tlsrpt"))
RELEASE = os.environ.get("TLSRPT_RELEASE", "")
NOW = "2026-06-10T12:00:00Z"
OUTCOMES = ("stored", "duplicate", "superseded", "quarantined", "ignored")


def report(number=1, domain="example.com", failures=2, **changes):
    """A report as its sender would write it; its report-id is its number."""
    document = {
        "organization-name": "Reporter One",
        "date-range": {"start-datetime": "2026-06-08T00:00:00Z", "end-datetime": "2026-06-08T23:59:59Z"},
        "contact-info": "tls@reporter.example",
        "report-id": f"r{number}",
        "policies": [{
            "policy": {"policy-type": "sts", "policy-domain": domain,
                       "policy-string": ["version: STSv1", "mode: enforce", f"mx: mx.{domain}", "max_age: 86400"],
                       "mx-host": [f"mx.{domain}"]},
            "summary": {"total-successful-session-count": 7, "total-failure-session-count": failures},
            "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "198.51.100.1",
                                 "receiving-mx-hostname": f"mx.{domain}", "receiving-ip": "203.0.113.9",
                                 "failed-session-count": failures}] if failures else [],
        }],
    }
    document.update(changes)
    return document


def mail(document, date="Tue, 09 Jun 2026 02:00:00 +0000", kind="application/tlsrpt+gzip", domain="example.com"):
    """A mail that carries it; DOCUMENT may be bytes, KIND decides whether they are packed."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    if kind.endswith("gzip"):
        data = gzip.compress(data, mtime=0)
    return (f"From: tls@reporter.example\nTo: rua@{domain}\nDate: {date}\nMIME-Version: 1.0\n"
            f"Subject: Report Domain: {domain} Submitter: reporter.example\n"
            f"TLS-Report-Domain: {domain}\nTLS-Report-Submitter: reporter.example\n"
            'Content-Type: multipart/report; report-type="tlsrpt"; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nA report.\n"
            f'--b\nContent-Type: {kind}; name="reporter.example!{domain}!1780876800!1780963199.json.gz"\n'
            "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data).decode() + "\n--b--\n").encode()


SPAM = b"From: a@b.example\nSubject: hello\n\nhello\n"
BROKEN = mail(b'{"policies": [')


class Case(unittest.TestCase):
    """A test with a folder and a database of its own."""

    binary = TLSRPT

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tlsrpt-")
        self.db = os.path.join(self.folder, "t.db")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.env = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder,
                        XDG_STATE_HOME=self.folder)
        for name in ("TLSRPT_DB", "TLSRPT_CONFIG"):
            self.env.pop(name, None)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def arguments(self, *arguments, db=None):
        return [self.binary, "--db", db or self.db, "--now", NOW, *arguments]

    def start(self, *arguments, data=b"", **more):
        """A process that runs with DATA on its way to its stdin."""
        with tempfile.TemporaryFile() as source:
            source.write(data)
            source.seek(0)
            return subprocess.Popen(self.arguments(*arguments), stdin=source, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, env=self.env, **more)

    def run_tlsrpt(self, *arguments, data=b"", db=None, timeout=120, **more):
        return subprocess.run(self.arguments(*arguments, db=db), input=data, capture_output=True,
                              env=self.env, timeout=timeout, **more)

    def deliver(self, data, *arguments, **more):
        return self.run_tlsrpt("ingest", *arguments, data=data, **more)

    def open_to_all(self):
        """Lets somebody else run the program and reach the folder, wherever the project lies."""
        os.chmod(self.folder, 0o777)
        copy = self.path("tlsrpt")
        shutil.copy(self.binary, copy)
        os.chmod(copy, 0o755)
        self.binary = copy

    def ingest(self, *arguments, data=b"", status=0, **more):
        """The outcomes that are not 0, as a dict."""
        done = self.run_tlsrpt("ingest", "--format", "json", *arguments, data=data, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        counts = json.loads(done.stdout)
        self.assertEqual(list(counts), ["messages", *OUTCOMES])
        return {name: count for name, count in counts.items() if count}

    def rows(self, *arguments):
        done = self.run_tlsrpt("export", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def report_ids(self):
        return sorted(row["report"]["report_id"] for row in self.rows() if row["kind"] == "policy")

    def quarantine(self):
        done = self.run_tlsrpt("quarantine", "list", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check_integrity(self):
        with contextlib.closing(sqlite3.connect(self.db)) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])

    def maildir(self, mails, name="Maildir"):
        """A Maildir with MAILS in new/; returns its path."""
        path = self.path(name)
        for part in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        for number, data in enumerate(mails):
            with open(os.path.join(path, "new", f"{1780970000 + number}.M{number}.mx"), "wb") as file:
                file.write(data)
        return path


def main():
    if not os.access(TLSRPT, os.X_OK):
        print(f"skipped: no program at {TLSRPT}")
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")
