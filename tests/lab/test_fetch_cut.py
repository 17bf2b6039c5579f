"""fetch against servers that stop: in silence, by a cut after any byte, or never while memory lasts."""
import contextlib, re, sqlite3, subprocess, threading, time

from attacked import WORKERS, Attacked, around, asks_for_bodies, crlf, each, in_parallel
from fetching import HOST
from harness import RELEASE, mail, main, report
from imap_hostile import Imap, literal, silent
from servers import Listener

MIB = 1 << 20


class Silence(Attacked):
    patience = 1

    def test_a_server_that_stops_answering(self):
        """At every command; the run ends by itself."""
        moments = ["greeting", "CAPABILITY", "AUTHENTICATE", "SELECT", "FETCH", "STORE", "EXPUNGE", "LOGOUT"]
        servers = [self.serve({moment: silent}) for moment in moments]
        for moment, server in zip(moments, servers):
            with self.subTest(moment):
                self.db = self.path(moment + ".db")
                self.use(server)
                start = time.monotonic()
                self.check_run(server, self.ids, timeout=60)
                self.assertLess(time.monotonic() - start, 50)

    def test_a_port_that_takes_connections_and_says_nothing(self):
        class Quiet(Listener):
            def serve(self, client, number):
                self.closing.wait(60)

        server = Quiet()
        self.addCleanup(server.close)
        self.env["TLSRPT_TEST_TIMEOUT"] = str(self.patience)
        for tls in ("implicit", "starttls"):
            self.configure({"tls": tls}, implicit=server.port, starttls=server.port)
            self.fetch(status=69, timeout=60)
            self.assertIn(HOST, self.said)

    def test_a_mail_that_stops_in_the_middle(self):
        """The others are fetched without it."""
        def respond(session, uid, data, items):
            if uid != 2:
                return session.fetched(uid, items)
            session.send(session.fetched(uid, items)[:300])
            silent(session, "", "")
            raise EOFError

        _, said = self.attack({"FETCH": each(respond)}, first=["r1", "r3"])
        self.assertRegex(said, r"\b2\b")


class Cuts(Attacked):
    """Connections that end after each number of bytes."""

    @staticmethod
    def small(number):
        return (b'Content-Type: application/tlsrpt+json\n\n{"organization-name":"a","report-id":"r%d","date-range":'
                b'{"start-datetime":"2026-06-08T00:00:00Z","end-datetime":"2026-06-08T23:59:59Z"},"policies":[]}\n' % number)

    def ids_in(self, command):
        """The report-ids in its database; a report without a policy has no row to export."""
        with contextlib.closing(sqlite3.connect(command[2])) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'v_report'").fetchall():
                return []
            return sorted(row[0] for row in database.execute("SELECT report_id FROM v_report"))

    def length(self):
        """Of all that the server says in a run."""
        server = self.serve(mails=[self.small(1), self.small(2)])
        self.use(server)
        self.assertEqual(self.fetch(), {"messages": 2, "stored": 2})
        return server.sent

    def test_a_connection_is_cut_after_every_number_of_bytes(self):
        """Each of those of a process that stays; whenever it waits for mail two more come."""
        length, context = self.length(), self.good.context()

        def walk(part):
            offsets = range(part, length, WORKERS)
            server = Imap(context)
            total = 0

            def refill():
                nonlocal total
                for _ in range(2):
                    total += 1
                    server.folders["INBOX"][total] = (crlf(self.small(total)), set())

            def idle(session, tag, arguments):
                if session.number <= len(offsets):
                    threading.Timer(0.02, refill).start()
                return False

            refill()
            server.hooks["IDLE"] = idle
            server.cuts = dict(enumerate(offsets, 1))
            command = self.prepare(f"walk{part}", server)
            process = subprocess.Popen([*command, "--watch"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env=self.env)
            try:
                self.wait_for(lambda: server.connections > len(offsets) or process.poll() is not None,
                              lambda: f"{server.connections} connections of {len(offsets)}", 200)
                self.wait_for(lambda: process.poll() is not None or any("IDLE" in line for line in server.commands[-3:]),
                              "no end", 60)
                process.terminate()
                out, said = process.communicate(timeout=30)
                self.check_said(out + said)
                self.assertEqual(process.returncode, 0, said)
                done = subprocess.run(command, capture_output=True, env=self.env, timeout=60)
                self.check_said(done.stdout + done.stderr)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.ids_in(command), sorted(f"r{number + 1}" for number in range(total)))
                self.assertEqual(server.folders["INBOX"], {})
                self.assertGreater(total, 10)
            finally:
                process.kill()
                process.communicate()
                server.close()

        in_parallel(walk, [(part,) for part in range(WORKERS)])

    def runs(self, connections, offsets):
        """Two runs for each offset, the first with these connections cut there."""
        context = self.good.context()

        def both(offset):
            server = Imap(context, [self.small(1), self.small(2)])
            command = self.prepare(f"cut{offset}", server)
            server.cut(offset, connections)
            try:
                for turn in range(2):
                    done = subprocess.run(command, capture_output=True, timeout=100, env=self.env)
                    self.check_said(done.stdout + done.stderr)
                    self.assertIn(done.returncode, (0, 69) if turn == 0 else (0,), (offset, done.stderr))
                    stored = self.ids_in(command)
                    self.assertEqual(len(stored), len(set(stored)))
                    self.assertLessEqual({"r1", "r2"}, {f"r{uid}" for uid in server.folders["INBOX"]} | set(stored))
                    server.cuts = {}
                self.assertEqual((stored, server.folders["INBOX"]), (["r1", "r2"], {}))
            finally:
                server.close()

        in_parallel(both, [(offset,) for offset in offsets])

    def test_the_first_connection_of_a_run_is_cut(self):
        self.runs((1,), range(0, self.length(), 13))

    def test_every_connection_of_a_run_is_cut(self):
        self.runs(range(1, 50), range(5, self.length(), 37))


class Memory(Attacked):
    """Of the program that talks to the server, in the release build: below 32 MiB whatever it is sent."""

    def setUp(self):
        super().setUp()
        if not RELEASE:
            self.skipTest("no release build (TLSRPT_RELEASE)")
        self.env.pop("TLSRPT_NET", None)

    def peak(self, server, timeout=120):
        """KiB of tlsrpt-net at its largest, seen from outside, and the exit status."""
        command = self.arguments("fetch")
        command[0] = RELEASE
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.env)
        most, end = 0, time.monotonic() + timeout
        while process.poll() is None and time.monotonic() < end:
            for child in children(process.pid):
                try:
                    with open(f"/proc/{child}/comm") as name, open(f"/proc/{child}/status") as status:
                        if name.read().startswith("tlsrpt-net"):
                            found = re.search(r"VmHWM:\s+(\d+)", status.read())
                            most = max(most, int(found[1]) if found else 0)
                except OSError:
                    pass
            time.sleep(0.005)
        if process.poll() is None:
            process.kill()
        self.said = process.communicate()[1].decode()
        return most, process.returncode

    def test_it_stays_small(self):
        def endless(session, tag, arguments):
            session.send(b"* OK ")
            for _ in range(1600):
                session.send(b"a" * 65536)
            return True

        def huge(session, uid, data, items):
            return session.fetched(uid, items, literal(b"x" * (100 * MIB)) if uid == 2 else None)

        def many(session, tag, arguments):
            if asks_for_bodies(arguments):
                return False
            for block in range(1, 1000001, 10000):
                session.send(b"".join(b"* %d FETCH (UID %d RFC822.SIZE 100)\r\n" % (uid, uid)
                                      for uid in range(block, block + 10000)))
            session.send(f"{tag} OK done\r\n")
            return True

        cases = {"an endless line": {"FETCH": endless}, "a mail of 100 MiB": {"FETCH": each(huge)},
                 "a million mails listed": {"FETCH": many},
                 "brackets": {"FETCH": around(b"* 1 FETCH (UID 1 X " + b"(" * 4000000 + b")\r\n")}}
        for name, hooks in cases.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")
                server = self.serve(hooks)
                self.use(server, after="leave", after_failed="leave")
                most, status = self.peak(server)
                self.assertIn(status, (0, 69), self.said)
                self.assertGreater(most, 0)
                self.assertLess(most, 32 * 1024, self.said)

    def test_many_real_mails(self):
        server = self.serve(mails=[mail(report(number)) + b"x" * 20000 for number in range(3000)])
        self.use(server)
        most, status = self.peak(server)
        self.assertEqual(status, 0, self.said)
        self.assertEqual(len(self.stored()), 3000)
        self.assertLess(most, 32 * 1024)


def children(pid):
    """All below PID."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            for child in map(int, file.read().split()):
                found += [child, *children(child)]
    except OSError:
        pass
    return found


if __name__ == "__main__":
    main()
