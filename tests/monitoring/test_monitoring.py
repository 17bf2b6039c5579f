"""The gauges are what Prometheus takes, and rules, dashboard and commands in contrib/monitoring fit them."""
import json, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, time, unittest, urllib.request

SOURCE = pathlib.Path(__file__).parents[2]
MONITORING = SOURCE / "contrib/monitoring"
TLSRPT = os.environ["TLSRPT"]
NOW = "2026-04-01T00:00:00Z"
# Of node_exporter itself: when the file was written.
OTHERS = {"node_textfile_mtime_seconds": {"file"}}


def promtool(*arguments, **more):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60, **more)


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tlsrpt-monitoring-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.db = cls.folder / "t.db"
        cls.tlsrpt("ingest", "-q", SOURCE / "fixtures/maildir")
        cls.tlsrpt("observe", "-q", "--import", SOURCE / "fixtures/observations/march.ndjson")
        cls.gauges = cls.tlsrpt("export", "--format", "openmetrics")

    @classmethod
    def tlsrpt(cls, *arguments, statuses=(0,), db=None):
        done = subprocess.run([TLSRPT, "--db", db or cls.db, "--config", "/dev/null", "--now", NOW, *arguments], capture_output=True,
                              text=True, timeout=60)
        if done.returncode not in statuses:
            raise AssertionError(f"{arguments}: {done.returncode} {done.stderr}")
        return done.stdout

    def known(self):
        """The gauges with the names of their labels and the values of severity and result."""
        known = {name: set(labels) for name, labels in OTHERS.items()}
        values = set()
        for name, labels in re.findall(r"(?m)^(\w+)(?:\{(.*)\})? ", self.gauges):
            pairs = re.findall(r'(\w+)="([^"]*)"', labels)
            known.setdefault(name, set()).update(label for label, _ in pairs)
            values.update(value for label, value in pairs if label != "domain")
        return known, values

    def check_expressions(self, expressions):
        """Each names gauges, labels and values that are there."""
        known, values = self.known()
        for expression in expressions:
            with self.subTest(expression):
                named = re.findall(r"\b(?:tlsrpt|node)_\w+", expression)
                self.assertTrue(named)
                self.assertLessEqual(set(named), set(known))
                for name, labels in re.findall(r"\b((?:tlsrpt|node)_\w+)\{([^}]*)\}", expression):
                    for label, value in re.findall(r'(\w+)=~?"([^"]*)"', labels):
                        self.assertIn(label, known[name])
                        if label in ("severity", "result"):
                            self.assertIn(value, values)
        rules = {"groups": [{"name": "all", "rules": [{"record": "a", "expr": one} for one in expressions]}]}
        file = self.folder / "expressions.json"
        file.write_text(json.dumps(rules))
        done = promtool("check", "rules", "--lint=none", file)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_promtool_takes_the_gauges(self):
        empty = self.folder / "empty.db"
        self.tlsrpt("ingest", "-q", SOURCE / "fixtures/README.md", db=empty)
        for gauges in (self.gauges, self.tlsrpt("export", "--format", "openmetrics", "nowhere.example"),
                       self.tlsrpt("export", "--format", "openmetrics", db=empty)):
            self.assertTrue(gauges.endswith("\n# EOF\n"))
            done = promtool("check", "metrics", input=gauges)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_promtool_takes_the_rules_and_they_fire_when_they_should(self):
        done = promtool("check", "rules", MONITORING / "alerts.yml")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = promtool("test", "rules", MONITORING / "alerts.test.yml", cwd=MONITORING)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_rule_is_tested(self):
        rules = re.findall(r"- alert: (\w+)", (MONITORING / "alerts.yml").read_text())
        tests = (MONITORING / "alerts.test.yml").read_text()
        self.assertGreater(len(rules), 4)
        for rule in rules:
            self.assertRegex(tests, rf"alertname: {rule}\n +exp_alerts", rule)
            self.assertIn(f"alertname: {rule}}}", tests, "when it is silent")

    def test_rules_name_gauges_that_are_there(self):
        text = (MONITORING / "alerts.yml").read_text()
        expressions = [one or more for one, more in re.findall(r"(?m)^ +expr: (?:\|\n((?:          .*\n)+)|(.*))", text)]
        self.assertEqual(len(expressions), text.count("- alert:"))
        self.check_expressions(expressions)

    def test_the_dashboard_names_gauges_that_are_there(self):
        board = json.loads((MONITORING / "dashboard.json").read_text())
        places = [panel["gridPos"] for panel in board["panels"]]
        for one in range(len(places)):
            for other in range(one):
                a, b = places[one], places[other]
                apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
                self.assertTrue(apart, (board["panels"][one]["title"], board["panels"][other]["title"]))
        self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(places))
        variables = {variable["name"] for variable in board["templating"]["list"]}
        self.assertLessEqual(set(re.findall(r"\$\{?(\w+)", json.dumps(board))) - {"__all"}, variables)
        self.check_expressions([target["expr"].replace("$domain", ".*") for panel in board["panels"] for target in panel["targets"]])
        shown = {re.search(r"tlsrpt_\w+", target["expr"])[0] for panel in board["panels"] for target in panel["targets"]}
        self.assertEqual(shown, set(self.known()[0]) - set(OTHERS))

    def test_the_commands_of_monitoring_systems_answer(self):
        nagios = re.search(r"command_line +(/usr/bin/tlsrpt .*)", (MONITORING / "nagios.cfg").read_text())[1]
        icinga = re.search(r"command = \[ (.*) \]", (MONITORING / "icinga2.conf").read_text())[1]
        for command in (nagios.replace("$ARG1$", "").split(), json.loads(f"[{icinga}]")):
            self.assertEqual(command[:2], ["/usr/bin/tlsrpt", "check"])
            self.assertRegex(self.tlsrpt(*command[1:], statuses=(0, 1, 2)), r"^TLSRPT (OK|WARNING|CRITICAL) - .*\|")

    @unittest.skipUnless(shutil.which("prometheus-node-exporter"), "no prometheus-node-exporter here")
    def test_node_exporter_reads_the_file_through_a_link(self):
        run, collected = self.folder / "run", self.folder / "collected"
        run.mkdir()
        collected.mkdir()
        self.tlsrpt("export", "--format", "openmetrics", "--output", run / "tlsrpt.prom")
        (collected / "tlsrpt.prom").symlink_to(run / "tlsrpt.prom")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % free.getsockname()[1]
        exporter = subprocess.Popen(["prometheus-node-exporter", f"--web.listen-address={address}", "--collector.disable-defaults",
                                     "--collector.textfile", f"--collector.textfile.directory={collected}"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.kill)
        end = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
                    collected = answer.read().decode()
                break
            except OSError:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)
        self.assertIn("node_textfile_scrape_error 0", collected)
        self.assertRegex(collected, r'node_textfile_mtime_seconds\{file=".*tlsrpt\.prom"\}')
        samples = sorted(re.sub(r" .*", "", line) for line in self.gauges.splitlines() if line[0] != "#")
        self.assertEqual(samples, sorted(re.sub(r" .*", "", line) for line in collected.splitlines() if line.startswith("tlsrpt_")))


if __name__ == "__main__":
    if not shutil.which("promtool"):
        print("skipped: no promtool here")
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")
