"""dashboard: the folder it writes is whole at any time, and nobody else's files are touched."""
import fcntl, json, os, pathlib, re, resource, sys, threading

from harness import Case, mail, main, report

SCENARIOS = pathlib.Path(__file__).parents[1] / "scenarios"
sys.path.insert(0, str(SCENARIOS))
import run as scenarios  # noqa: E402


class Site(Case):
    def setUp(self):
        super().setUp()
        self.site = self.path("site")
        for number in range(1, 6):
            self.ingest(data=mail(report(number, f"d{number}.example")))

    def make(self, *arguments, status=0, **more):
        done = self.run_tlsrpt("dashboard", "-o", self.site, *arguments, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def files(self):
        """Name and content of everything in it."""
        found = {}
        for folder, _, names in os.walk(self.site):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.site)] = file.read()
        return found

    def put(self, name, text="of somebody else\n"):
        os.makedirs(os.path.dirname(os.path.join(self.site, name)), exist_ok=True)
        with open(os.path.join(self.site, name), "w") as file:
            file.write(text)

    def test_only_what_changed_is_written(self):
        self.make()
        page, other = (os.path.join(self.site, "domain", f"d{number}.example.html") for number in (1, 2))
        before = [os.stat(path).st_ino for path in (page, other)]
        self.ingest(data=mail(report(9, "d1.example", failures=4)))
        done = self.make()
        self.assertIn(b"/index.html: ", done.stdout)
        self.assertNotEqual(os.stat(page).st_ino, before[0])
        self.assertEqual(os.stat(other).st_ino, before[1])

    def test_a_domain_that_went_takes_its_page_along_and_no_other_file(self):
        self.make()
        for name in ("domain/notes.html", "code/notes.html", "robots.txt"):
            self.put(name)
        self.make("d1.example")
        self.assertEqual(sorted(os.listdir(os.path.join(self.site, "domain"))), ["d1.example.html", "notes.html"])
        self.assertLessEqual({"code/notes.html", "robots.txt"}, set(self.files()))

    def test_a_file_of_somebody_else_stays_and_nothing_changes(self):
        for name in ("index.html", "domain/d3.example.html"):
            with self.subTest(name):
                self.put(name)
                before = self.files()
                self.assertIn(name.encode(), self.make(status=64).stderr)
                self.assertEqual(self.files(), before)
                os.remove(os.path.join(self.site, name))

    def test_a_link_is_not_followed(self):
        self.make()
        os.mkdir(self.path("elsewhere"))
        os.remove(os.path.join(self.site, "index.html"))
        os.symlink(self.path("elsewhere", "x"), os.path.join(self.site, "index.html"))
        self.make(status=64)
        self.assertEqual(os.listdir(self.path("elsewhere")), [])

    def test_a_full_disk_leaves_the_site(self):
        self.make()
        before = self.files()
        self.ingest(data=mail(report(9, "d1.example", failures=4)))
        self.make(status=74, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual(self.files(), before)

    def test_what_a_killed_run_left_is_removed(self):
        self.put(".tlsrpt-new/0")
        self.make()
        self.assertFalse(os.path.exists(os.path.join(self.site, ".tlsrpt-new")))

    def test_two_runs_do_not_mix(self):
        self.make()
        folder = os.open(self.site, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self.make(status=75)
        finally:
            os.close(folder)
        self.make()

    def test_all_may_read_it_whatever_the_umask(self):
        self.make(umask=0o077)
        for path in ("", "domain", "code"):
            self.assertEqual(os.stat(os.path.join(self.site, path)).st_mode & 0o7777, 0o755)
        self.assertEqual(os.stat(os.path.join(self.site, "index.html")).st_mode & 0o7777, 0o644)

    def test_a_reader_never_sees_half_a_page(self):
        self.make()
        page, seen, stop = os.path.join(self.site, "domain", "d1.example.html"), [], threading.Event()

        def read():
            while not stop.is_set():
                with open(page, "rb") as file:
                    seen.append(file.read().endswith(b"</html>\n"))

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(10, 14):
            self.ingest(data=mail(report(number, "d1.example", failures=number)))
            self.make()
        stop.set()
        reader.join()
        self.assertTrue(seen and all(seen))

    def test_a_client_gets_his_domains_in_plain_words(self):
        with open(self.path("t.conf"), "w") as file:
            file.write("[domain d1.example]\nclient = Example Ltd\n[domain d2.example]\nclient = Other\n")
        self.make("--client", "Example Ltd", "--config", self.path("t.conf"))
        self.assertEqual(os.listdir(os.path.join(self.site, "domain")), ["d1.example.html"])
        index = self.files()["index.html"].decode()
        self.assertIn("Encrypted delivery of mail for Example Ltd", index)
        self.assertIn("In short: ", index)
        self.assertNotIn("d2.example", index)

    def test_what_is_in_the_way_of_enforce_is_told_gate_by_gate(self):
        fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures")
        march = ["--now", "2026-04-01T00:00:00Z"]
        self.run_tlsrpt("ingest", os.path.join(fixtures, "maildir"))
        self.run_tlsrpt("observe", "--import", os.path.join(fixtures, "observations", "march.ndjson"), *march)
        self.make("example.net", *march)
        page = self.files()["domain/example.net.html"].decode()
        gates = dict(re.findall(r'<tr><th scope="row">([^<]*)</th><td data-label="Holds"><span[^>]*>([^<]*)</span>', page))
        self.assertEqual(len(gates), 9)
        self.assertEqual([gate for gate, holds in gates.items() if holds == "no"],
                         ["The policy lists every MX host", "Enforce would have refused no session of the last 14 days"])
        self.assertEqual(gates["Every MX host was probed"], "yes")

    def test_a_cause_that_domains_share_stands_once_above_them(self):
        story = scenarios.Scenario(SCENARIOS / "combined" / "host-of-three-domains")
        self.db = self.path("shared.db")
        for data in story.mails():
            self.ingest(data=data)
        with open(self.path("observations"), "w") as file:
            file.writelines(json.dumps(observation) + "\n" for observation in story.observations())
        self.run_tlsrpt("observe", "--import", self.path("observations"))
        self.make("--now", story.expected["now"])
        index = self.files()["index.html"].decode()
        self.assertEqual(index.count("Causes that domains share"), 1)
        shared, table = index.split('id="shared"')[1].split("<table", 1)
        self.assertEqual(len(re.findall("<article", shared)), 1)
        for word in ("mx1.example.com", "example.com", "example.net", "example.org", "CERT-EXPIRED"):
            self.assertIn(word, shared)
        self.assertEqual(table.count("</tr>") - 1, 3)


if __name__ == "__main__":
    main()
