"""What ingest and its workers ask the system for, seen from outside: no network, no other program, and no
file written outside the database's folder."""
import os, re, shutil, subprocess, sys

from harness import BROKEN, SPAM, Case, mail, main, report

CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
NETWORK = {"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
           "recvfrom", "recvmsg", "recvmmsg", "io_uring_setup"}
OPENS = {"open", "openat", "creat", "openat2"}
CHANGES = {"mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "symlink",
           "symlinkat", "chmod", "fchmodat", "truncate", "rmdir", "mknod", "mknodat"}


class Sandbox(Case):
    def setUp(self):
        super().setUp()
        self.folder = os.path.realpath(self.folder)
        os.mkdir(self.path("database"))
        self.db = self.path("database", "t.db")
        # LeakSanitizer and strace exclude each other.
        self.env["ASAN_OPTIONS"] = "detect_leaks=0"

    def calls(self, *arguments, data=b""):
        """The name and the rest of every call, from the first that is the program's own."""
        log = self.path("calls")
        done = subprocess.run(["strace", "-f", "-qq", "-s", "300", "-o", log, *self.arguments(*arguments)],
                              input=data, capture_output=True, env=self.env, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log, errors="replace") as file:
            found = [match.groups() for match in map(CALL.match, file) if match]
        self.assertEqual(found[0][0], "execve")
        self.assertGreater(len(found), 100)
        return found[1:]

    @staticmethod
    def writes(name, rest):
        return name in OPENS and re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", rest.split('"', 2)[2])

    def expect(self, *arguments, data=b"", may_change=(), strangers=r"^0, "):
        """STRANGERS: the first call by which bytes of a mail may come in."""
        places = [self.path("database"), *may_change]
        shut_in = False
        for name, rest in self.calls(*arguments, data=data):
            where = f"{name}({rest.strip()}"
            shut_in = shut_in or (name == "prctl" and rest.startswith("PR_SET_SECCOMP"))
            if name in ("read", *OPENS) and "O_PATH" not in rest and re.search(strangers, rest):
                self.assertTrue(shut_in, where)
            self.assertNotIn(name, NETWORK, where)
            self.assertNotIn(name, ("execve", "execveat", "vfork", "ptrace"), where)
            if self.writes(name, rest) or name in CHANGES:
                for path in re.findall(r'"([^"]*)"', rest):
                    self.assertTrue(path == "/dev/null" or any(path == place or path.startswith(place + "/")
                                                               for place in places), where)

    def test_a_delivery(self):
        for data in (mail(report(1)), BROKEN, SPAM):
            self.expect("ingest", data=data)
        self.assertEqual(self.report_ids(), ["r1"])

    def test_a_maildir(self):
        box = self.maildir([mail(report(number)) for number in range(20)] + [SPAM, BROKEN])
        self.expect("ingest", box, strangers=r'^(AT_FDCWD, )?"[^"]*(/Maildir|t\.db)')
        self.assertEqual(len(self.report_ids()), 20)
        self.expect("ingest", "--mark-seen", box, may_change=[box])
        self.assertEqual(len(os.listdir(os.path.join(box, "new"))), 1)

    def test_what_is_asked_for_is_still_done(self):
        """Each way to change a mailbox, through links and into folders that have to be made."""
        for number, (option, target) in enumerate((
                (["--delete"], None), (["--move-to", "Done"], "M1/.Done"), (["--move-to", "{}/other"], "other"),
                (["--move-to", "{}/other/"], "other"))):
            box = self.maildir([mail(report(number))], f"M{number}")
            os.symlink(box, box + ".link")
            done = self.run_tlsrpt("ingest", *[word.format(self.folder) for word in option], box + ".link")
            self.assertEqual((done.returncode, done.stderr), (0, b""), option)
            self.assertEqual(os.listdir(os.path.join(box, "new")), [])
            if target:
                self.assertTrue(os.listdir(self.path(target, "cur")))

    def test_a_database_behind_a_link(self):
        os.mkdir(self.path("links"))
        self.ingest(data=mail(report(1)))
        os.symlink(self.db, self.path("links", "t.db"))
        self.db = self.path("links", "t.db")
        self.ingest(data=mail(report(2)))
        os.symlink(self.path("database"), self.path("folder"))
        self.db = self.path("folder", "t.db")
        self.assertEqual(self.ingest(data=mail(report(3))), {"messages": 1, "stored": 1})
        self.assertEqual(self.report_ids(), ["r1", "r2", "r3"])

    def test_quarantine_retry(self):
        self.ingest(data=BROKEN)
        self.expect("quarantine", "retry", strangers=r'^(AT_FDCWD, )?"[^"]*t\.db')
        self.assertEqual(len(self.quarantine()), 1)


if __name__ == "__main__":
    if not shutil.which("strace") or subprocess.run(["strace", "-o", "/dev/null", "true"],
                                                    capture_output=True).returncode:
        print("skipped: no strace here, or no right to trace")
        sys.exit(77)
    main()
