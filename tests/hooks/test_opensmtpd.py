"""OpenSMTPD with its recipe. Its package conflicts with Postfix, so that contrib/packages only unpacks it; and its
paths and users are fixed, so that it runs in a root of its own: the test's folder."""
import contextlib, os, re, shutil, socket, stat, subprocess

from hooks import Mta, Troubles, find_port, main, need, skip, wait_until

if os.geteuid():
    skip("only root can start OpenSMTPD")
need("chroot", "ldd")
UNPACKED = next((root for root in (os.environ.get("OPENSMTPD", ""), "/")
                 if os.access(os.path.join(root, "usr/sbin/smtpd"), os.X_OK)), None)
if not UNPACKED:
    skip("no OpenSMTPD here, neither installed nor unpacked")

USERS = {"root": 0, "opensmtpd": 901, "opensmtpq": 902, "tlsrpt": 65534, "someone": 65534, "nobody": 65534}
CONFIG = """listen on 127.0.0.1 port {port}
smtp max-message-size 35M
bounce warn-interval 4d
action "local" maildir "/inbox"
{recipe}
match from any for domain "example.com" action "local"
"""
# What `smtpctl show queue` has in its columns.
ENVELOPE, TRIES, STATE = 0, 10, 11
DEVICES = {"null": 3, "zero": 5, "urandom": 9}


class OpenSMTPD(Troubles, Mta):
    def setUp(self):
        super().setUp()
        self.port = find_port()
        self.make_root()
        with open(self.path("etc", "smtpd.conf"), "w") as file:
            file.write(CONFIG.format(port=self.port, recipe=self.recipe("opensmtpd/smtpd.conf")))
        log = open(self.path("log"), "w")
        self.addCleanup(log.close)
        server = subprocess.Popen(["chroot", self.folder, "/usr/sbin/smtpd", "-d"], stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.tried = {}
        wait_until(self.listens, "smtpd")

    def make_root(self):
        """The folder becomes a root with the server, a shell and what these need, each at its own place."""
        for name in ("dev", "etc", "tmp", "var/run", "var/spool", "var/lib/opensmtpd/empty", "usr/sbin", "usr/libexec"):
            os.makedirs(self.path(name))
        os.chmod(self.path("tmp"), 0o1777)
        for name, minor in DEVICES.items():
            os.mknod(self.path("dev", name), stat.S_IFCHR | 0o666, os.makedev(1, minor))
            os.chmod(self.path("dev", name), 0o666)
            try:
                open(self.path("dev", name)).close()
            except OSError:
                self.skipTest("no right to make devices here")
        for name in ("usr/sbin/smtpd", "usr/sbin/smtpctl"):
            shutil.copy(os.path.join(UNPACKED, name), self.path(name))
        shutil.copytree(os.path.join(UNPACKED, "usr/libexec/opensmtpd"), self.path("usr/libexec/opensmtpd"))
        # smtpctl insists on it.
        os.chown(self.path("usr/sbin/smtpctl"), 0, USERS["opensmtpq"])
        os.chmod(self.path("usr/sbin/smtpctl"), 0o2755)
        for name in ("sh", "cat"):
            shutil.copy(shutil.which(name), self.path("bin", name))
        for program in ("bin/sh", "bin/cat", "bin/real", "usr/sbin/smtpd", "usr/sbin/smtpctl",
                        "usr/libexec/opensmtpd/mail.maildir"):
            self.add_libraries(self.path(program))
        # A program with a sanitizer looks for leaks in /proc, which is not there, and reads there that it need not.
        os.makedirs(self.path("proc", "self"))
        with open(self.path("proc", "self", "environ"), "wb") as file:
            file.write(b"ASAN_OPTIONS=detect_leaks=0\0")
        # What the test calls by its whole path is found by it inside as well.
        os.makedirs(os.path.dirname(self.folder + self.folder), exist_ok=True)
        os.symlink("/", self.folder + self.folder)
        files = {"passwd": "".join(f"{name}:x:{number}:{number}::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n"
                                   for name, number in USERS.items()),
                 "group": "".join(f"{name}:x:{number}:\n" for name, number in USERS.items()),
                 "hosts": "127.0.0.1 localhost mx.example.com\n", "mailname": "mx.example.com\n", "aliases": ""}
        for name, text in files.items():
            with open(self.path("etc", name), "w") as file:
                file.write(text)

    def add_libraries(self, program):
        done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
        for library in re.findall(r"(/\S+) \(0x", done.stdout):
            target = self.folder + library
            if not os.path.exists(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy(library, target)

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def smtpctl(self, *arguments):
        done = subprocess.run(["chroot", self.folder, "/usr/sbin/smtpctl", *arguments], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return [line.split("|") for line in done.stdout.splitlines()]

    def settle(self):
        def quiet():
            return all(mail[STATE] == "pending" and int(mail[TRIES]) > self.tried.get(mail[ENVELOPE], 0)
                       for mail in self.smtpctl("show", "queue"))
        wait_until(quiet, "a quiet OpenSMTPD", 120)

    def queued(self):
        return len(self.smtpctl("show", "queue"))

    def bounced(self):
        with open(self.path("log")) as file:
            return [line for line in file if "PermFail" in line or "bounce" in line]

    def requeue(self):
        self.tried = {mail[ENVELOPE]: int(mail[TRIES]) for mail in self.smtpctl("show", "queue")}
        self.smtpctl("schedule", "all")


if __name__ == "__main__":
    main()
