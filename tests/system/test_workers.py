"""A worker that dies or hangs costs the mail it was reading, never the run."""
import base64, contextlib, gzip, json, os, signal, sqlite3, time, unittest

from harness import RELEASE, Case, mail, main, report


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def memory(pid):
    """The bytes that a process has in memory."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def packed(document):
    data = gzip.compress(json.dumps(document).encode())
    return (b"From: a@b.example\nTLS-Report-Domain: example.com\nTLS-Report-Submitter: reporter.example\n"
            b"MIME-Version: 1.0\nContent-Type: application/tlsrpt+gzip\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(data))


class Workers(Case):
    MAILS = 1500

    def setUp(self):
        super().setUp()
        # The look for leaks at the end of a sanitized program is a child too: who kills it leaves a program that waits for ever.
        self.env["ASAN_OPTIONS"] = self.env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nworker-time = 2s\n")
        self.box = self.maildir([mail(report(number)) for number in range(self.MAILS)])

    def hurt(self, number, most):
        """Ingests while up to MOST workers get the signal NUMBER."""
        process = self.start("ingest", "--config", self.path("c.conf"), self.box)
        hurt = set()
        while process.poll() is None:
            for child in children(process.pid):
                if child not in hurt and len(hurt) < most:
                    time.sleep(0.02)
                    try:
                        os.kill(child, number)
                        hurt.add(child)
                    except ProcessLookupError:
                        pass
            time.sleep(0.01)
        said = process.stderr.read()
        self.assertEqual(process.returncode, 0, said)
        return len(hurt)

    def check(self, hurt, words):
        """At most one mail a hurt worker is in quarantine, every other one is stored."""
        quarantined = self.quarantine()
        self.assertLessEqual(len(quarantined), hurt)
        self.assertEqual(len(self.report_ids()) + len(quarantined), self.MAILS)
        for entry in quarantined:
            self.assertIn(words, entry["reason"])
        self.check_integrity()
        return len(quarantined)

    def test_killed_workers_cost_one_mail_each(self):
        hurt = self.hurt(signal.SIGKILL, 4)
        self.assertGreater(hurt, 0)
        lost = self.check(hurt, "signal 9")
        # They are not tried again by themselves, but on request.
        self.assertEqual(self.ingest(self.box), {})
        self.run_tlsrpt("quarantine", "retry")
        self.assertEqual(self.quarantine(), [])
        self.assertEqual(len(self.report_ids()), self.MAILS, lost)

    def test_hanging_workers_cost_one_mail_each(self):
        start = time.monotonic()
        hurt = self.hurt(signal.SIGSTOP, 2)
        self.assertGreater(hurt, 0)
        self.check(hurt, "longer than 2 seconds")
        self.assertLess(time.monotonic() - start, 60)

    @unittest.skipUnless(RELEASE, "needs the release build: a sanitizer takes more memory than any limit")
    def test_answers_that_wait_for_a_slow_mail_do_not_fill_the_memory(self):
        self.binary = RELEASE
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nworker-time = 10s\n")
        def large(number):
            document = report(f"large{number}")
            document["policies"][0]["failure-details"] *= 100000
            return packed(document)
        box = self.maildir([large(number) for number in range(60)], "large")
        process = self.start("ingest", "--config", self.path("c.conf"), box)
        found = []
        while len(found) < 2:
            found = children(process.pid)
        os.kill(found[0], signal.SIGSTOP)
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            time.sleep(0.01)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        self.assertLess(peak, 160 << 20)
        self.assertEqual(len(self.quarantine()), 1)
        with contextlib.closing(sqlite3.connect(self.db)) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM report").fetchone(), (59,))

    def test_a_worker_killed_over_a_delivery_is_acknowledged_once_kept(self):
        done = []
        for _ in range(20):
            process = self.start("ingest", data=mail(report(9999)))
            for _ in range(200):
                found = children(process.pid)
                if found:
                    break
                time.sleep(0.001)
            for child in found:
                os.kill(child, signal.SIGKILL)
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0)
            done = self.quarantine()
            if done:
                break
        self.assertEqual(len(done), 1)
        self.assertEqual(self.run_tlsrpt("quarantine", "retry").returncode, 0)
        self.assertEqual(self.report_ids(), ["r9999"])

    @unittest.skipUnless(RELEASE, "needs the release build: a sanitizer needs more memory than any limit")
    def test_a_mail_that_needs_too_much_memory_is_quarantined(self):
        self.binary = RELEASE
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nworker-memory = 96M\n")
        greedy = b'{"policies":[' + b"0," * (8 << 20) + b"0]}"
        self.assertEqual(self.ingest("--config", self.path("c.conf"), data=mail(greedy)),
                         {"messages": 1, "quarantined": 1})
        self.assertIn("96 MiB of memory", self.quarantine()[0]["reason"])


if __name__ == "__main__":
    main()
