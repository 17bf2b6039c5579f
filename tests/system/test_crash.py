"""Many deliveries at once, and deliveries that are killed: what was acknowledged is there once."""
import contextlib, os, random, signal, sqlite3, subprocess, time

from harness import BROKEN, SPAM, Case, mail, main, report

# How many deliveries are killed; contrib/soak asks for more.
KILLS = int(os.environ.get("TLSRPT_KILLS", 120))


class Crash(Case):
    def test_twenty_deliveries_at_once_all_succeed(self):
        for round_number in range(3):
            numbers = range(round_number * 20, round_number * 20 + 20)
            running = [self.start("ingest", data=mail(report(number))) for number in numbers]
            for process in running:
                _, said = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 0, said)
        self.check_integrity()
        self.assertEqual(len(self.report_ids()), 60)

    def test_the_same_report_twenty_times_at_once_counts_once(self):
        running = [self.start("ingest", "--format", "json", data=mail(report(1))) for _ in range(20)]
        said = [process.communicate(timeout=60)[0] for process in running]
        self.assertEqual(sum(b'"stored":1' in line for line in said), 1)
        self.assertEqual(sum(b'"duplicate":1' in line for line in said), 19)
        self.assertEqual(self.report_ids(), ["r1"])

    def test_two_bulk_runs_and_a_reader_at_once(self):
        paths = [self.maildir([mail(report(1000 * box + number)) for number in range(300)], f"M{box}")
                 for box in (1, 2)]
        self.ingest(data=mail(report(1)))
        running = [self.start("ingest", path) for path in paths]
        while any(process.poll() is None for process in running):
            self.assertGreaterEqual(len(self.report_ids()), 1)
        for process in running:
            self.assertEqual(process.wait(), 0, process.stderr.read())
        self.assertEqual(len(self.report_ids()), 601)

    def test_a_delivery_gets_its_turn_while_a_long_run_goes_on(self):
        """Between two batches of 4,000 mails, or of two seconds."""
        path = self.maildir([mail(report(number)) for number in range(20000)])
        bulk = self.start("ingest", path)
        while not os.path.exists(self.db) or not self.report_count():
            time.sleep(0.01)
        self.ingest(data=mail(report(20000)))
        self.assertIsNone(bulk.poll(), "the delivery waited until the run was over")
        self.assertEqual(bulk.wait(), 0, bulk.stderr.read())
        self.assertEqual(self.report_count(), 20001)

    def report_count(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=30)) as database:
            try:
                return database.execute("SELECT count(*) FROM report").fetchone()[0]
            except sqlite3.OperationalError:  # it is being made
                return 0

    def test_killed_deliveries_lose_and_corrupt_nothing(self):
        """SIGKILL at a random moment of each; a mail system sends again what was not acknowledged."""
        self.ingest(data=mail(report(0)))
        chance = random.Random(1)
        start = time.monotonic()
        self.ingest(data=mail(report(0)))
        usual = time.monotonic() - start
        acknowledged, waiting = {0}, list(range(1, KILLS // 2 + 1))
        kills = 0
        while waiting:
            number = waiting.pop(0)
            process = self.start("ingest", data=mail(report(number)))
            if kills < KILLS:
                time.sleep(chance.uniform(0, usual * 1.2))
                process.kill()
                kills += 1
            process.communicate(timeout=60)
            if process.returncode == 0:
                acknowledged.add(number)
            else:
                self.assertEqual(process.returncode, -signal.SIGKILL)
                waiting.append(number)
            if number % 10 == 0:
                self.check_integrity()
        self.check_integrity()
        self.assertEqual(self.report_ids(), sorted(f"r{number}" for number in acknowledged))
        self.assertEqual(len(acknowledged), KILLS // 2 + 1)
        print(f"{kills} kills over {KILLS // 2} mails", flush=True)

    def test_a_killed_bulk_run_goes_on_where_it_was(self):
        mails = [mail(report(number)) for number in range(2500)] + [SPAM, BROKEN]
        path = self.maildir(mails)
        chance = random.Random(2)
        for _ in range(6):
            process = self.start("ingest", "--mark-seen", path)
            time.sleep(chance.uniform(0.05, 1.0))
            process.kill()
            process.communicate()
            if os.path.exists(self.db):
                self.check_integrity()
        self.ingest("--mark-seen", path)
        self.check_integrity()
        self.assertEqual(len(self.report_ids()), 2500)
        self.assertEqual(len(self.quarantine()), 1)
        self.assertEqual(len(os.listdir(path + "/new")), 1)

    def test_a_slow_reader_of_an_export_holds_up_nobody(self):
        """More rows than any pipe holds, and nobody reads them."""
        document = report(1)
        document["policies"][0]["failure-details"] *= 4000
        self.ingest(data=mail(document))
        reader = subprocess.Popen(self.arguments("export"), stdout=subprocess.PIPE, env=self.env)
        first = reader.stdout.readline()
        start = time.monotonic()
        self.ingest(data=mail(report(2)))
        self.assertLess(time.monotonic() - start, 5)
        rest = reader.stdout.read()
        self.assertEqual(reader.wait(), 0)
        rows = (first + rest).splitlines()
        self.assertEqual(len(rows), len(set(rows)))
        self.assertEqual(sum(b'"report_id":"r1"' in row for row in rows), 4001)

    def test_no_worker_outlives_its_parent(self):
        path = self.maildir([mail(report(number)) for number in range(2000)])
        process = self.start("ingest", path)
        time.sleep(0.5)
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True,
                                  text=True).stdout.split()
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and any(os.path.exists(f"/proc/{pid}") for pid in children):
            time.sleep(0.05)
        self.assertEqual([pid for pid in children if os.path.exists(f"/proc/{pid}")], [])


if __name__ == "__main__":
    main()
