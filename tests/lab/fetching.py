"""What the tests of fetch share: a certificate authority, a database, a configuration, and a look at what
every run may never do."""
import os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "system"))

import json, shutil, sqlite3, subprocess, tempfile, time

from harness import OUTCOMES, Case
from servers import Certificate

HOST = "imap.example.com"
SECRET = 'open "sesame" \\ ümlaut'
LOUD = re.compile(rb"[^\n\t\x20-\x7e\x80-\xff]|\xc2[\x80-\x9f]")


class Fetching(Case):
    """A test with a database and a configuration of its own."""

    @classmethod
    def setUpClass(cls):
        cls.lab = tempfile.mkdtemp(prefix="tlsrpt-lab-")
        cls.addClassCleanup(shutil.rmtree, cls.lab, True)
        cls.root = Certificate(cls.lab, "root", authority=True, end=900, common_name="Lab Root")
        cls.good = Certificate(cls.lab, "imap", issuer=cls.root, names=[HOST])

    def setUp(self):
        super().setUp()
        self.env.update(TLSRPT_CONFIG=self.path("tlsrpt.conf"), TMPDIR=self.path("tmp"))
        os.mkdir(self.path("tmp"))
        self.write("secret", SECRET + "\nsecond line\n")

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def configure(self, *mailboxes, implicit=1, starttls=1, more=""):
        """Writes the configuration. A mailbox is a dict of its keys, `name` among them; what is not given is
        that of a mailbox at HOST that needs a password. HOST is at these ports of loopback."""
        lines = ["[tlsrpt]", f"connect-to = {HOST}:993:127.0.0.1:{implicit}; {HOST}:143:127.0.0.1:{starttls}", more]
        for keys in mailboxes:
            keys = {"host": HOST, "ca_file": self.root.file, "user": "reports", **keys}
            if keys.get("auth", "password") == "password":
                keys.setdefault("password_command", "cat " + self.path("secret"))
            lines.append(f"[mailbox {keys.pop('name', 'reports')}]")
            lines += [key.replace("_", "-") + " = " + str(value).replace("\\", "\\\\") for key, value in keys.items()]
        self.write("tlsrpt.conf", "\n".join(lines) + "\n")

    def check_said(self, said):
        """No run ends in a fault of the program, lets a server write to the terminal, or tells the secret."""
        for word in (b"Sanitizer", b"runtime error", b"fault of the program", b"AddressSanitizer"):
            self.assertNotIn(word, said)
        self.assertIsNone(LOUD.search(said), said)
        self.assertNotIn(SECRET.encode(), said)

    def run_fetch(self, *arguments, status=0, timeout=60, env=None, binary=None):
        """Stdout and stderr, as text."""
        command = self.arguments("fetch", *arguments)
        if binary:
            command[0] = binary
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              env={**self.env, **(env or {})})
        self.check_said(done.stdout + done.stderr)
        allowed = status if isinstance(status, tuple) else (status,)
        self.assertIn(done.returncode, allowed, done.stderr.decode())
        self.status = done.returncode
        return done.stdout.decode(), done.stderr.decode()

    def fetch(self, *arguments, **more):
        """The outcomes that are not 0, as a dict; what was said on stderr is in self.said."""
        out, self.said = self.run_fetch("--format", "json", *arguments, **more)
        if not out:
            self.assertNotEqual(self.status, 0)
            return {}
        counts = json.loads(out)
        self.assertEqual(list(counts), ["messages", *OUTCOMES])
        return {name: count for name, count in counts.items() if count}

    def stored(self):
        """The report-ids in the database, sorted."""
        return self.report_ids() if os.path.exists(self.db) else []

    def wait_for(self, true, what, seconds=30):
        end = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), end, what() if callable(what) else what)
            time.sleep(0.1)

    def stored_while_running(self):
        """As stored(), beside a process that writes."""
        try:
            with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as database:
                return sorted(row[0] for row in database.execute("SELECT report_id FROM v_report"))
        except sqlite3.OperationalError:
            return []
