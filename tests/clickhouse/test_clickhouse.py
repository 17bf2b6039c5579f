"""What contrib/clickhouse loads from two ingest hosts into two shards counts as one database with all their mails would."""
import contextlib, json, os, pathlib, re, signal, sqlite3, subprocess, sys, time, unittest

TESTS = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "system"))

import servers  # noqa: E402
from harness import NOW, TLSRPT, Case, mail, main, report  # noqa: E402, F401

FOLDER = servers.SOURCE / "contrib/clickhouse"
DAILY = "SELECT domain, toString(day), successful, failed FROM tlsrpt.daily FINAL WHERE reports > 0 ORDER BY domain, day"
CAUSES = "SELECT domain, result_type, cause, sum(failed) FROM tlsrpt.v_failure GROUP BY domain, result_type, cause ORDER BY domain, result_type, cause"
LATER = "Tue, 09 Jun 2026 08:00:00 +0000"
SIGNED = b"Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example\n"


def policy(domain, successful, failed=0, kind="sts", result="certificate-expired"):
    """An element of policies."""
    return {"policy": {"policy-type": kind, "policy-domain": domain},
            "summary": {"total-successful-session-count": successful, "total-failure-session-count": failed},
            "failure-details": [{"result-type": result, "failed-session-count": failed}] if failed else []}


def queries():
    return re.findall(r"(?m)^-- (.*)\n((?:(?!--).*\n)*?.*;)$", (FOLDER / "queries.sql").read_text())


class ClickHouse(Case):
    @classmethod
    def setUpClass(cls):
        cls.servers = servers.Servers()
        cls.addClassCleanup(cls.servers.stop)
        cls.servers.wait()

    def setUp(self):
        super().setUp()
        for number in range(2):
            self.servers.query_only("DROP DATABASE IF EXISTS tlsrpt", number)
            self.servers.script(servers.SCHEMA, number)
        # What the hosts read together, in one database.
        self.all = self.path("all.db")

    def host(self, name):
        return self.path(f"{name}.db")

    def deliver(self, name, *mails, config=None):
        """Each of MAILS, bytes or a folder, arrives at the host NAME."""
        options = ["--config", config, "--only-configured"] if config else []
        for one in mails:
            for db in (self.host(name), self.all):
                if isinstance(one, bytes):
                    done = self.run_tlsrpt(*options[:2], "ingest", "-q", *options[2:], data=one, db=db)
                else:
                    done = self.run_tlsrpt("ingest", "-q", one, db=db)
                self.assertEqual(done.returncode, 0, done.stderr)

    def command(self, name, *options, program=TLSRPT):
        return [sys.executable, "-B", FOLDER / "tlsrpt-clickhouse", "--url", self.servers.url(), "--host", name,
                "--db", self.host(name), "--tlsrpt", program, *options]

    def load(self, name, *options, status=0, **more):
        done = subprocess.run(self.command(name, *options, **more), capture_output=True, text=True, timeout=60, env=self.env)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def place(self, name):
        rows = self.servers.query(f"SELECT id FROM tlsrpt.place FINAL WHERE host = '{name}'")
        return rows[0][0] if rows else 0

    def rows(self, query, db=None):
        with contextlib.closing(sqlite3.connect(f"file:{db or self.all}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def expect_equal(self):
        """Sums by domain and day, causes and reporters are those of the one database."""
        days = {}
        for domain, day, successful, failed in self.rows(
                "SELECT domain, coalesce(substr(\"begin\", 1, 10), '1970-01-01'), successful_sessions, failed_sessions FROM v_sessions"):
            day = min(day, "2105-12-31")
            before = days.get((domain or "", day), (0, 0))
            days[domain or "", day] = min(before[0] + successful, 2**63 - 1), min(before[1] + failed, 2**63 - 1)
        # 18.16 writes the day 0 its own way.
        found = [(domain, day.replace("0000-00-00", "1970-01-01"), *counts) for domain, day, *counts in self.servers.query(DAILY)]
        self.assertEqual(found, sorted((*key, *counts) for key, counts in days.items()))
        causes = self.rows("SELECT coalesce(domain, ''), result_type, coalesce(cause, ''), sum(failed_sessions)"
                           " FROM v_failure WHERE failed_sessions < 1 << 60 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
        self.assertEqual(self.servers.query(CAUSES.replace(" GROUP", " WHERE failed < 1152921504606846976 GROUP", 1)), causes)
        reporters = self.rows("SELECT coalesce(reporter, ''), count(*) FROM v_sessions JOIN v_report USING (report) GROUP BY 1 ORDER BY 1")
        self.assertEqual(self.servers.query("SELECT reporter, count() FROM tlsrpt.v_sessions GROUP BY reporter ORDER BY reporter"), reporters)

    def count(self):
        return self.servers.query("SELECT count() FROM tlsrpt.report FINAL")[0][0]

    def fill(self):
        """Two hosts with reports of their own and some in common, and superseded ones on both."""
        self.deliver("one", servers.SOURCE / "fixtures/maildir", servers.SOURCE / "fixtures/quirks")
        domains = [f"d{number}.example" for number in range(12)]
        self.deliver("two", *(mail(report(number, domain=domain, failures=number % 3), domain=domain) for number, domain in enumerate(domains)))
        for name in ("one", "two"):
            self.deliver(name, mail(report(100)), mail(report(101, failures=5)))
        self.deliver("two", mail(report(2, domain="d2.example", failures=1), LATER, domain="d2.example"))

    def test_two_hosts_loaded_twice_count_as_one_database(self):
        self.fill()
        for name in ("one", "two"):
            self.assertRegex(self.load(name), r"^[1-9]\d* rows ")
        self.expect_equal()
        count = self.count()
        for name in ("one", "two"):
            self.assertRegex(self.load(name), r"^0 rows and 0 ")
            self.assertRegex(self.load(name, "--from-start", "--batch", "5"), r"^[1-9]\d* rows ")
        self.expect_equal()
        self.assertEqual(self.count(), count)
        for number in range(2):
            self.servers.query_only("OPTIMIZE TABLE tlsrpt.report_local FINAL", number)
            self.assertGreater(self.servers.query("SELECT count() FROM tlsrpt.report_local", number)[0][0], 3)
        self.expect_equal()

    def test_a_load_that_is_killed_goes_on_where_it_was(self):
        self.fill()
        slow = self.path("slow")
        with open(slow, "w") as file:
            file.write(f'#!/bin/sh\n"{TLSRPT}" "$@" | head -n 40\nsleep 60\n')
        os.chmod(slow, 0o755)
        loader = subprocess.Popen(self.command("one", "--batch", "10", program=slow), env=self.env, start_new_session=True,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 30
            while self.place("one") < 20:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
        finally:
            os.killpg(loader.pid, signal.SIGKILL)
            loader.wait()
        place = self.place("one")
        self.assertLess(place, self.rows("SELECT max(id) FROM v_policy", self.host("one"))[0][0])
        # What was loaded is not added up yet.
        self.assertEqual(self.servers.query("SELECT count() FROM tlsrpt.daily"), [(0,)])
        self.load("one")
        self.load("two")
        self.expect_equal()

    def test_an_export_that_fails_leaves_no_half_report(self):
        self.deliver("one", mail(report(1, policies=[policy("example.com", 3, 1), policy("example.com", 5, 2, "tlsa")])), mail(report(2)))
        broken = self.path("broken")
        for lines in range(1, 6):
            with open(broken, "w") as file:
                file.write(f'#!/bin/sh\n"{TLSRPT}" "$@" | head -n {lines}\nexit 1\n')
            os.chmod(broken, 0o755)
            self.assertIn("exit status 1", self.load("one", "--batch", "1", program=broken, status=75))
            self.assertIn(self.place("one"), (0, 4))
        self.load("one")
        self.expect_equal()

    def test_a_shard_that_is_gone_costs_nothing(self):
        self.fill()
        self.load("one")
        place = self.place("one"), self.place("two")
        self.deliver("one", *(mail(report(number, domain=f"e{number}.example")) for number in range(8)))
        self.servers.kill(1)
        try:
            self.assertTrue(self.load("one", status=75))
        finally:
            self.servers.restart(1)
        self.assertEqual((self.place("one"), self.place("two")), place)
        self.load("one")
        self.load("two")
        self.expect_equal()

    def test_a_superseded_report_counts_no_more(self):
        self.deliver("one", mail(report(1, policies=[policy("example.com", 3, 1), policy("example.com", 5, 2, "tlsa"), policy("b.example", 9)])))
        self.load("one")
        self.expect_equal()
        self.deliver("one", mail(report(1, policies=[policy("b.example", 8), policy("example.com", 4)]), LATER))
        self.assertIn("1 retractions", self.load("one"))
        self.expect_equal()
        self.load("one", "--from-start")
        self.expect_equal()

    def test_what_nothing_replaces_is_retracted(self):
        """A domain that is no longer configured is not stored of the newer report."""
        before, after = self.path("before.conf"), self.path("after.conf")
        pathlib.Path(before).write_text("[domain a.example]\n[domain b.example]\n")
        pathlib.Path(after).write_text("[domain a.example]\n")
        self.deliver("one", mail(report(1, policies=[policy("a.example", 3), policy("b.example", 5, 2)])), config=before)
        self.load("one")
        self.deliver("one", mail(report(1, policies=[policy("a.example", 4), policy("b.example", 6)]), LATER), config=after)
        self.load("one")
        self.expect_equal()
        self.assertEqual([row[0] for row in self.servers.query(DAILY)], ["a.example"])
        for number in range(2):
            self.servers.query_only("OPTIMIZE TABLE tlsrpt.report_local FINAL", number)
        self.expect_equal()

    def test_between_hosts_the_same_report_counts_once(self):
        config = self.path("signed.conf")
        pathlib.Path(config).write_text("[tlsrpt]\nauthserv-id = mx.example.net\n[domain example.com]\n[domain b.example]\n")
        two = [policy("example.com", 3, 1), policy("b.example", 9, 2)]
        # One document at both; a newer one at the second; a later one that is not signed against one that is.
        self.deliver("one", mail(report(1, policies=two)), mail(report(2, policies=two)), SIGNED + mail(report(3, policies=two)), config=config)
        self.deliver("two", mail(report(1, policies=two)), mail(report(2, policies=two[::-1] + [policy("b.example", 1)]), LATER),
                     mail(report(3, policies=two[:1] + [policy("b.example", 100)]), LATER), config=config)
        self.assertEqual(self.rows("SELECT count(*) FROM v_policy", self.host("two")), [(7,)])
        for name in ("two", "one"):
            self.load(name)
        self.expect_equal()

    def test_sums_are_those_of_the_summary(self):
        self.deliver("one", servers.SOURCE / "fixtures/maildir")
        self.deliver("two", *(mail(report(number)) for number in range(3)))
        self.load("one")
        self.load("two")
        done = self.run_tlsrpt("summary", "--format", "json", "--since", "2026-01-01", db=self.all)
        expected = [(domain["domain"], day["day"], day["successful"], day["failed"])
                    for domain in json.loads(done.stdout)["domains"] for day in domain["by_day"] if day["successful"] or day["failed"]]
        self.assertGreater(len(expected), 10)
        name, query = queries()[0]
        self.assertEqual(name, "sessions by domain and day")
        self.assertEqual([row for row in self.servers.query(query.replace("today() - 30", "toDate('2026-01-01')")) if row[2] or row[3]],
                         sorted(expected))

    def test_each_query_has_rows(self):
        self.deliver("one", servers.SOURCE / "fixtures/maildir")
        self.load("one")
        self.assertEqual(len(queries()), (FOLDER / "queries.sql").read_text().count(";"))
        for name, query in queries():
            with self.subTest(name):
                self.assertTrue(self.servers.query(query.replace("today()", "toDate('2026-04-01')").replace("example.com", "example.net")))

    def test_wrong_use_is_told(self):
        self.load("no name", status=64)
        self.load("one", "--batch", "0", status=64)
        self.assertIn("/nowhere: No such file", self.load("one", program="/nowhere", status=75))


if __name__ == "__main__":
    if not servers.SERVER or not servers.CLIENT:
        print("skipped: no clickhouse-server and clickhouse-client here")
        sys.exit(77)
    main()
