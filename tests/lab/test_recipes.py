"""The recipes of contrib/imap with the real programs: a Maildir that ingest reads, an untouched mailbox."""
import os, shutil, subprocess

from fetching import Fetching
from harness import BROKEN, SPAM, mail, main, report
from imap import Dovecot
from servers import Certificate

RECIPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "contrib", "imap")
PASSWORD = "open sesame"


class Recipes(Fetching):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        named = Certificate(cls.lab, "localhost", issuer=cls.root, names=["localhost"])
        cls.server = Dovecot(os.path.join(cls.lab, "dovecot"), named)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def recipe(self, name, *changes):
        """The recipe with what belongs to an installation replaced by what is here. Its first folder is ours."""
        with open(os.path.join(RECIPES, name), encoding="utf-8") as file:
            text = file.read()
        for old, new in (("reports@example.com", self.account.name), ("/etc/tlsrpt/imap-password", self.path("secret")),
                         ("/etc/ssl/certs/ca-certificates.crt", self.root.file), ("/var/lib/tlsrpt", self.folder),
                         *changes):
            self.assertIn(old, text)
            text = text.replace(old, new)
        os.chmod(self.write(name, text), 0o600)
        return self.path(name)

    def check(self, name, command, box, host):
        """COMMAND of a recipe twice, and once with a server whose certificate has another name."""
        if not shutil.which(command[0]):
            self.skipTest(f"no {command[0]} here")
        self.account = self.server.user(name + "@example.com", PASSWORD)
        self.account.deliver([mail(report(1)), SPAM, BROKEN, mail(report(2))])
        self.configure()
        self.write("secret", PASSWORD + "\n")
        os.makedirs(self.path("mail"))
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(box, part))
        os.chmod(self.lab, 0o755)
        # getmail does not deliver as root.
        drop = ["setpriv", *self.server.drop] if self.server.drop else []

        def run(address):
            self.recipe(name, (host, host.replace("imap.example.com", address) + self.port(name)))
            self.server.give(self.folder)
            return subprocess.run([*drop, *command], capture_output=True, text=True, timeout=60, env=self.env, cwd=self.folder,
                                  stdin=subprocess.DEVNULL)

        other = run("127.0.0.1")
        self.assertTrue(other.returncode or "ertificate" in other.stderr + other.stdout, other)
        self.assertEqual(os.listdir(box + "/new"), [])
        done = run("localhost")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(self.ingest(box), {"messages": 4, "stored": 2, "quarantined": 1, "ignored": 1})
        self.assertEqual([row["report"]["received_at"] for row in self.rows()], ["2026-06-09T02:00:00Z"] * 4)
        self.account.deliver([mail(report(3))])
        self.assertEqual(run("localhost").returncode, 0)
        self.assertEqual(self.ingest(box), {"messages": 1, "stored": 1})
        self.assertEqual(self.account.mails(), dict.fromkeys(range(1, 6), ""))

    def port(self, name):
        return f"\nPort {self.server.implicit}" if name == "mbsyncrc" else f"\nport = {self.server.implicit}"

    def test_mbsync(self):
        self.check("mbsyncrc", ["mbsync", "-q", "-c", "mbsyncrc", "reports"], self.path("mail", "INBOX"),
                   "Host imap.example.com")

    def test_getmail(self):
        self.check("getmailrc", ["getmail", "-q", "--getmaildir", self.folder, "--rcfile", "getmailrc"],
                   self.path("mail"), "server = imap.example.com")


if __name__ == "__main__":
    main()
