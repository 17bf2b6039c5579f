"""What the README promises: its queries run over the bundled reports, its commands and messages are there."""
import contextlib, json, os, pathlib, re, sqlite3, subprocess, sys, tempfile, unittest

SOURCE = pathlib.Path(__file__).parents[2]
README = (SOURCE / "README.md").read_text()
TLSRPT = os.environ["TLSRPT"]
NOW = "2026-04-01T00:00:00Z"
# What the README quotes of messages, and where they are made.
MESSAGES = {
    "0 mails read": '"%" PRIu64 " %s read"',
    "cannot be read (Permission denied)": 'cannot be %s (%s): give this user',
    "cannot be written (Permission denied)": 'mode == STORE_WRITE ? "written" : "read"',
    "no database at": "no database at %s",
    "were not probed": "the MX hosts were not probed",
    "no Landlock here": "no Landlock here",
    "tlsrpt-net, which looks things up in the network, is not at": "tlsrpt-net, which looks things up in the network, is not at",
    "is of an older tlsrpt": "is of an older tlsrpt",
    "was made by a newer tlsrpt": "was made by a newer tlsrpt",
}
VIEWS = {"v_report", "v_policy", "v_failure", "v_sessions"}


def section(title):
    return re.search(rf"(?ms)^## {title}\n(.*?)(?=^## |\Z)", README)[1]


def indented(text):
    return "\n".join(line[4:] for line in re.findall(r"(?m)^    .*|^$", text))


def queries():
    """Name and text of each query of the cookbook."""
    return re.findall(r"(?m)^-- (.*)\n((?:(?!--).*\n?)*?.*;)$", indented(section("SQL cookbook")))


class Cookbook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tlsrpt-readme-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.db = os.path.join(cls.folder.name, "t.db")
        # The quirks of dates, as theirs are reports with warnings.
        cls.tlsrpt("ingest", "-q", SOURCE / "fixtures/maildir", SOURCE / "fixtures/quirks/dates")

    @classmethod
    def tlsrpt(cls, *arguments):
        return subprocess.run([TLSRPT, "--db", cls.db, "--config", "/dev/null", "--now", NOW, *arguments], check=True,
                              capture_output=True, text=True).stdout

    def rows(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query.replace("'now'", f"'{NOW}'"))]

    def query(self, name):
        return self.rows(dict(queries())[name])

    def test_each_query_has_rows(self):
        self.assertGreaterEqual(len(queries()), 9)
        self.assertEqual(len(queries()), section("SQL cookbook").count("    -- "))
        for name, query in queries():
            with self.subTest(name):
                rows = self.rows(query)
                self.assertTrue(rows)
                self.assertFalse([column for column in rows[0] if "(" in column], "a column without a name")

    def test_they_use_the_views_and_nothing_else(self):
        for name, query in queries():
            with self.subTest(name):
                self.assertLessEqual(set(re.findall(r"(?:FROM|JOIN)\s+(\w+)", query)), VIEWS)
                self.assertLessEqual(set(re.findall(r",\s+(\w+)\([^)]*\) AS \w+(?:\s+(?:GROUP|ORDER|WHERE)|;)", query)), {"json_each"})
        self.assertEqual(set(re.findall(r"^\| `(v_\w+)`", section("SQL cookbook"), re.M)), VIEWS)

    def test_sums_are_those_of_the_program(self):
        analysed = {domain["domain"]: domain["sessions"]
                    for domain in json.loads(self.tlsrpt("analyze", "--format", "json", "--since", "30d"))["domains"]}
        rows = {row["domain"]: row for row in self.query("sessions of the last 30 days, the worst domain first")}
        self.assertIn("example.com", analysed)
        for domain, sessions in analysed.items():
            self.assertEqual((rows[domain]["successful"], rows[domain]["failed"]), (sessions["successful"], sessions["failed"]))

    def test_failures_are_those_of_the_export(self):
        rows = [json.loads(line) for line in self.tlsrpt("export", "example.com").splitlines()]
        failed = sum(row["failed_sessions"] for row in rows if row["kind"] == "failure" and row["report"]["begin"])
        self.assertEqual(sum(row["failed"] for row in self.query("failures by day and cause") if row["day"]), failed)
        self.assertTrue(failed)


class Words(unittest.TestCase):
    def test_commands_and_options_are_there(self):
        listed = subprocess.run([TLSRPT, "help"], capture_output=True, text=True).stdout
        names = [line[2:20].strip() for line in listed.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
        help_of = {name: subprocess.run([TLSRPT, "help", *name.split()], capture_output=True, text=True).stdout for name in names}
        pieces = re.findall(r"`([^`]+)`", README) + re.findall(r"(?m)^    (.*)", README)
        tried = 0
        for piece in pieces:
            for call in re.findall(r"(?:^|[\s|] ?)tlsrpt ((?:--\S+ \S+ )*[a-z]+(?: [^|<>#]*)?)", piece):
                words = re.sub(r'"[^"]*"', "X", call).split()
                while words[0].startswith("--"):
                    words = words[2:]
                name = next((one for one in (" ".join(words[:2]), words[0]) if one in help_of), None)
                if words[0] in ("help", "quarantine", "config"):
                    continue
                with self.subTest(call):
                    self.assertIsNotNone(name)
                    for option in re.findall(r"(?<!\S)--[a-z-]+", call):
                        self.assertRegex(help_of[name], rf"(?m){option}(?![a-z-])")
                tried += 1
        self.assertGreater(tried, 40)

    def test_messages_that_are_quoted_are_those_of_the_program(self):
        sources = "\n".join(path.read_text() for room in ("cli", "schema", "ingest") for path in (SOURCE / room).rglob("*.c"))
        sources = re.sub(r'"\s*\n\s*"', "", sources)
        symptoms = "\n".join(re.findall(r"(?m)^\| ([^|]*)\|", section("Troubleshooting"))) + section("Upgrading")
        quoted = {text for text in re.findall(r"`([^`]*)`", symptoms) if " " in text and not text.startswith(("tlsrpt ", "sqlite3 "))}
        self.assertEqual(quoted, set(MESSAGES))
        for text, source in MESSAGES.items():
            self.assertIn(source, sources, text)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
