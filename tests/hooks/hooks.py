"""What the tests of the delivery hooks share. Each test uses the very recipe of contrib/hooks, with only its
paths and names replaced, and the real mail system; and it asks the same of all of them: after any trouble each
mail is still there, none has bounced, and when the trouble is over each report is stored exactly once."""
import concurrent.futures, contextlib, glob, os, pwd, shutil, smtplib, socket, sqlite3, subprocess, sys, threading, time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECIPES = os.path.join(os.path.dirname(TESTS), "contrib", "hooks")
sys.path[:0] = [os.path.join(TESTS, "system"), os.path.join(TESTS, "lab")]

import lab  # noqa: E402

# Who is not root stays as they are: root of a namespace alone could not become the users of a mail server.
if os.geteuid() == 0:
    lab.enter(required=False)

from harness import BROKEN, Case, mail, main, report  # noqa: F401  (for the tests)
from lab import need, skip, wait_until  # noqa: F401

PROGRAM, STATE, ADDRESS = "/usr/bin/tlsrpt", "/var/lib/tlsrpt", "tlsrpt@example.com"
# As mails are: bytes of no character set, lines longer than RFC 5322 allows, dots, and what looks like a postmark.
ODD = (b"\xff\xfe\x80 caf\xe9\n" + b"long " * 400 + b"\n.\n..\nFrom here on\n\n.dot\n\n" + b"\xc3\x28 end\n")
NUL = b"a\0b\0\0c\n"


def other(number, body=b"hello\n"):
    """A mail that is no report."""
    return b"From: a@b.example\nTo: someone@example.com\nSubject: other %d\n\n" % number + body


def with_text(document, text):
    """A report's mail, with TEXT in the part for people."""
    return mail(document).replace(b"A report.\n", text)


def find_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Hook(Case):
    """A recipe and the mail system that calls it; the test of one derives from it and from Troubles."""

    # Whether what cannot be stored lands in the mailbox, for a sweep, and not in the queue.
    falls_back = False
    # The user who runs the program; nobody stands for tlsrpt.
    user = None
    # How many mails are sent at once.
    senders = 24

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        self.state, self.inbox_path = self.path("state"), self.path("inbox")
        self.db = os.path.join(self.state, "tlsrpt.db")
        os.mkdir(self.path("bin"))
        shutil.copy(self.binary, self.path("bin", "real"))
        self.program = self.path("bin", "tlsrpt")
        self.swept = 0
        self.program_is()
        os.mkdir(self.state)
        os.mkdir(self.path("home"))
        for part in ("", "new", "cur", "tmp"):
            os.mkdir(os.path.join(self.inbox_path, part))
        self.own(self.state, self.path("home"), self.inbox_path, *glob.glob(self.inbox_path + "/*"))

    def arguments(self, *arguments, db=None):
        """Without the clock of the other tests: what comes through a mail server is of today."""
        return [self.binary, "--db", db or self.db, *arguments]

    def own(self, *paths):
        if self.user:
            for path in paths:
                shutil.chown(path, self.user)

    def recipe(self, name, replace={}):
        """contrib/hooks/NAME with the test's program and database in place of the installed ones, and what REPLACE
        maps, which must be there."""
        with open(os.path.join(RECIPES, name)) as file:
            text = file.read()
        for installed, here in replace.items():
            self.assertIn(installed, text, name)
            text = text.replace(installed, here)
        return text.replace(PROGRAM, self.program).replace(STATE, self.state)

    def write_recipe(self, target, *arguments, mode=0o600):
        with open(target, "w") as file:
            file.write(self.recipe(*arguments))
        os.chmod(target, mode)
        self.own(target)

    def program_is(self, script='exec "$real" "$@"'):
        """What the hook finds under the program's name: a shell script, or nothing."""
        if script is None:
            os.remove(self.program)
            return
        with open(self.program + ".new", "w") as file:
            file.write(f"#!/bin/sh\nreal={self.path('bin', 'real')}\n{script}\n")
        os.chmod(self.program + ".new", 0o755)
        os.rename(self.program + ".new", self.program)

    # What each mail system does in its own way.

    def send(self, data, report=True):
        """Hands a mail over: to the hook's address, or to where other mail goes."""
        raise NotImplementedError

    def settle(self):
        """Waits until every mail has been tried."""

    def queued(self):
        """How many mails wait in the queue."""
        raise NotImplementedError

    def bounced(self):
        """What bounced, if anything."""
        raise NotImplementedError

    def requeue(self):
        """Has the queue tried again."""
        raise NotImplementedError

    # What follows from it.

    def inbox(self):
        """The mails in the mailbox."""
        mails = []
        for path in sorted(glob.glob(self.inbox_path + "/new/*")):
            with open(path, "rb") as file:
                mails.append(file.read())
        return mails

    def retry(self):
        """The trouble is over: the queue is tried again, the mailbox is swept, twice."""
        self.requeue()
        if self.falls_back:
            for _ in range(2):
                self.ingest(self.inbox_path)
            self.swept = len(self.inbox())

    def expect_kept(self, numbers, stored=()):
        """Each of NUMBERS is still there as a mail; in the database are STORED only."""
        self.settle()
        self.assertEqual(self.bounced(), [])
        waiting = [data for data in self.inbox() if b"TLS-Report-Domain" in data]
        self.assertEqual(len(waiting) + self.queued() - self.swept, len(numbers))
        if os.path.exists(self.db) and os.path.getsize(self.db):
            self.assertEqual(self.report_ids(), sorted(f"r{number}" for number in stored))

    def expect_stored(self, numbers):
        """Each of NUMBERS is stored exactly once; nothing waits, and nothing has bounced."""
        self.settle()
        self.assertEqual(self.bounced(), [])
        self.assertEqual(self.queued(), 0)
        self.assertEqual(self.report_ids(), sorted(f"r{number}" for number in numbers))
        self.check_integrity()

    @contextlib.contextmanager
    def busy_database(self):
        holder = sqlite3.connect(self.db, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            holder.execute("COMMIT")
            holder.close()

    def small_disk(self):
        """Gives the database a file system of its own, where that is allowed."""
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "none", self.state],
                              capture_output=True)
        self.disk_is_small = done.returncode == 0
        if self.disk_is_small:
            self.addCleanup(subprocess.run, ["umount", "-l", self.state])

    @contextlib.contextmanager
    def full_disk(self):
        """The small disk has no byte left, or, where there is none, files may not grow."""
        filler = os.path.join(self.state, "filler")
        if self.disk_is_small:
            with contextlib.suppress(OSError), open(filler, "wb", 0) as file:
                while file.write(b"x" * 4096):
                    pass
        else:
            self.program_is('ulimit -f 1; exec "$real" "$@"')
        yield
        if self.disk_is_small:
            os.remove(filler)
        self.program_is()


class Troubles:
    """The tests; each class of this folder that derives from Hook derives from this as well."""

    def test_a_report_is_stored_and_other_mail_left_alone(self):
        self.send(mail(report(1)))
        self.send(BROKEN)
        for number, body in enumerate((b"hello\n", ODD, b"0123456789abcdef\n" * (200 << 10))):
            self.send(other(number, body), report=False)
        self.expect_stored([1])
        self.assertEqual(len(self.quarantine()), 1)
        found = {data.partition(b"Subject: other ")[2][:1]: data.partition(b"\n\n")[2] for data in self.inbox()}
        self.assertEqual(len(self.inbox()), 3)
        for number, body in enumerate((b"hello\n", ODD, b"0123456789abcdef\n" * (200 << 10))):
            self.assertEqual(found[b"%d" % number].rstrip(b"\n"), body.rstrip(b"\n"))

    def test_large_and_odd_mails_are_stored(self):
        self.send(with_text(report(1), b"A long line of text, again and again, and again.\n" * 240_000))
        self.send(with_text(report(2), ODD))
        self.send(with_text(report(3), NUL))
        self.expect_stored([1, 2, 3])

    def test_many_mails_at_once_are_stored(self):
        numbers = range(1, 25)
        with concurrent.futures.ThreadPoolExecutor(self.senders) as pool:
            list(pool.map(lambda number: self.send(mail(report(number))), numbers))
        self.settle()
        self.retry()
        self.expect_stored(numbers)

    def test_a_busy_database_loses_nothing(self):
        self.send(mail(report(1)))
        self.expect_stored([1])
        with self.busy_database():
            self.send(mail(report(2)))
            self.settle()
        self.expect_kept([2], stored=[1])
        self.retry()
        self.expect_stored([1, 2])

    def test_a_full_disk_loses_nothing(self):
        self.small_disk()
        with self.full_disk():
            self.send(mail(report(1)))
            self.expect_kept([1])
        self.retry()
        self.expect_stored([1])
        with self.full_disk():
            for number in (2, 3):
                self.send(mail(report(number)))
            self.expect_kept([2, 3], stored=[1])
        self.retry()
        self.expect_stored([1, 2, 3])

    def test_a_program_killed_at_work_loses_nothing(self):
        """Killed while it waits for the database, with the whole mail read."""
        self.send(mail(report(1)))
        self.expect_stored([1])
        note = self.path("inbox", "tmp", "pid")
        self.program_is(f'echo $$ >{note}; exec "$real" "$@"')
        with self.busy_database():
            sender = threading.Thread(target=self.send, args=[mail(report(2))])
            sender.start()
            wait_until(lambda: os.path.exists(note) and os.path.getsize(note), "the program")
            time.sleep(1)
            with open(note) as file:
                os.kill(int(file.read()), 9)
            sender.join()
            self.settle()
        self.expect_kept([2], stored=[1])
        self.program_is()
        self.retry()
        self.expect_stored([1, 2])

    def test_a_program_killed_when_all_is_stored_stores_nothing_twice(self):
        self.program_is('"$real" "$@"; kill -9 $$')
        self.send(mail(report(1)))
        self.expect_kept([1], stored=[1])
        self.program_is()
        self.retry()
        self.expect_stored([1])

    def test_whatever_the_program_answers_loses_nothing(self):
        """Statuses that say nothing good, a signal before anything is read, a wrong configuration, no program."""
        with open(self.path("bad.conf"), "w") as file:
            file.write("[tlsrpt]\nquarantine-max = much\n")
        os.chmod(self.path("bad.conf"), 0o644)
        troubles = [f"cat >/dev/null; exit {status}" for status in (1, 64, 65, 70, 74, 75, 77, 126, 127)]
        troubles += ["kill -9 $$", f'exec "$real" --config {self.path("bad.conf")} "$@"', None]
        for number, trouble in enumerate(troubles):
            self.program_is(trouble)
            self.send(mail(report(number)))
            self.settle()
        numbers = range(len(troubles))
        self.expect_kept(numbers)
        self.program_is()
        self.retry()
        self.expect_stored(numbers)


class Lda(Hook):
    """A program that delivers one mail from stdin. The test is the mail server around it: 0 is delivered, 75 stays
    queued, and everything else bounces, as in Postfix."""

    # A user without a shell, as the user of a service has none.
    user = None if os.geteuid() else "nobody"

    def setUp(self):
        super().setUp()
        self.queue, self.bounces = [], []

    def command(self):
        """The program and its arguments."""
        raise NotImplementedError

    def send(self, data, report=True):
        user = pwd.getpwnam(self.user) if self.user else pwd.getpwuid(os.getuid())
        become = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if self.user else {}
        env = dict(self.env, USER=user.pw_name, HOME=self.path("home"))
        env.pop("SHELL", None)
        done = subprocess.run(self.command(), input=data, env=env, capture_output=True, timeout=120, cwd="/", **become)
        if done.returncode == 75:
            self.queue.append(data)
        elif done.returncode:
            self.bounces.append((done.returncode, done.stdout, done.stderr))

    def queued(self):
        return len(self.queue)

    def bounced(self):
        return self.bounces

    def requeue(self):
        again, self.queue = self.queue, []
        for data in again:
            self.send(data)


class Mta(Hook):
    """A mail server that takes mail by SMTP on loopback; mail for anybody but the hook's address goes to the
    mailbox of one user."""

    user = "nobody"
    # OpenSMTPD lets no more than six connections wait.
    senders = 6

    def send(self, data, report=True):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.sendmail("sender@example.com", [ADDRESS if report else "someone@example.com"],
                            data.replace(b"\n", b"\r\n"))
