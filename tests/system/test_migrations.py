"""What changes and plan say of a migration: the same dates, what is in the way, the records to go back to, and nothing that a
stranger wrote reaches the terminal as it is. The stories of each code are in tests/scenarios/migrations."""
import json, re, subprocess, unittest

from harness import TLSRPT, main
from test_output import HOSTILE
from test_whatif import Story, failure, report

ALL = ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "mx: mx2.example.com", "mx: mx3.example.com", "max_age: 1209600"]
MOVED = {"records": {"example.com MX": ["10 mx3.example.com"], "mx3.example.com A": ["192.0.2.3"]}, "smtp": {"mx3.example.com 192.0.2.3": {}}}
BEFORE, AFTER = "2026-06-01T12:00:00Z", "2026-06-05T12:00:00Z"
AHEAD = [{"at": BEFORE, "policy": {"body_lines": ALL}}, {"at": AFTER, "like": "before", **MOVED}]
BEHIND = [{"at": BEFORE}, {"at": AFTER, "like": "before", **MOVED}]
HIT = report("2026-06-10", policy=ALL, failed=2, failures=[failure(count=2)])
NOW = "2026-06-12T12:00:00Z"


class Migrations(unittest.TestCase):
    def changes(self, story, *options):
        return json.loads(story.run("changes", story.domain, "--format", "json", *options))

    def plan(self, story, *goal):
        return json.loads(story.run("plan", story.domain, *goal, "--format", "json"))

    def codes(self, answer):
        return [finding["code"] for finding in answer["findings"]]

    # ---- changes

    def test_reports_are_not_needed(self):
        self.assertEqual(self.codes(self.changes(Story(self, [], BEHIND, now=NOW))), ["MIG-MX-CHANGED-POLICY-NOT", "MIG-ROLLBACK-HINT"])

    def test_one_observation_tells_of_no_change(self):
        answer = self.changes(Story(self, [HIT], BEHIND[:1], now=NOW))
        self.assertEqual((answer["changes"], answer["findings"], answer["notes"]), ([], [], []))

    def test_only_what_lies_between_the_two_counts(self):
        story = Story(self, [], BEHIND + [{"at": "2026-06-08T12:00:00Z", "like": "before", "policy": {"body_lines": ALL},
                                           "records": {"_mta-sts.example.com TXT": ["v=STSv1; id=20260608;"]}}], now=NOW)
        self.assertIn("MIG-MX-CHANGED-POLICY-NOT", self.codes(self.changes(story, "--to", "2026-06-06")))
        self.assertNotIn("MIG-MX-CHANGED-POLICY-NOT", self.codes(self.changes(story)))
        self.assertNotIn("MIG-POLICY-AHEAD-OK", self.codes(self.changes(story, "--from", "2026-06-06")))

    def test_reports_after_the_two_count(self):
        story = Story(self, [HIT], AHEAD, now=NOW)
        self.assertIn("MIG-OLD-MX-STILL-HIT", self.codes(self.changes(story, "--to", "2026-06-06")))
        story.now = "2026-06-09T12:00:00Z"
        self.assertNotIn("MIG-OLD-MX-STILL-HIT", self.codes(self.changes(story)))

    def test_findings_that_analyze_has_are_none_of_these(self):
        """The codes of analyze stay as they are: a migration is told by changes and plan alone."""
        domain = Story(self, [HIT], BEHIND, now=NOW).analyzed()
        self.assertFalse([code for code in self.codes(domain) if code.startswith("MIG-")])

    # ---- plan

    def test_plan_and_changes_name_one_date(self):
        for reports, date in (([], None), ([HIT], "2026-06-24T23:59:59Z")):
            story = Story(self, reports, AHEAD, now=NOW)
            step = self.plan(story, "mx", "mx3.example.com")["steps"][4]
            self.assertIn("14 days have passed without a hit", step["title"])
            until = {finding["code"]: finding["until"] for finding in self.changes(story)["findings"]}
            self.assertEqual(until["MIG-POLICY-AHEAD-OK"], step["not_before"])
            self.assertEqual(until.get("MIG-OLD-MX-STILL-HIT"), date)
            self.assertIn(date, (None, step["not_before"]))

    def test_plan_says_first_what_is_in_the_way(self):
        story = Story(self, [], BEHIND, now=NOW)
        for goal in (("enforce",), ("none",), ("certificate",), ("mx", "mx3.example.com")):
            plan = self.plan(story, *goal)
            self.assertEqual(self.codes(plan), ["MIG-MX-CHANGED-POLICY-NOT", "MIG-ROLLBACK-HINT"])
            text = story.run("plan", story.domain, *goal)
            self.assertLess(text.index("MIG-MX-CHANGED-POLICY-NOT"), text.index(plan["steps"][0]["title"]))

    def test_plan_keeps_to_what_has_to_be_mended(self):
        self.assertEqual(self.codes(self.plan(Story(self, [], AHEAD, now=NOW), "enforce")), [])
        self.assertIn("MIG-POLICY-AHEAD-OK", self.codes(self.changes(Story(self, [], AHEAD, now=NOW))))

    def test_plan_looks_at_the_latest_change_alone(self):
        settled = BEHIND + [{"at": "2026-06-06T12:00:00Z", "like": "before", "policy": {"body_lines": ALL},
                             "records": {"_mta-sts.example.com TXT": ["v=STSv1; id=20260606;"]}}]
        later = settled + [{"at": "2026-06-20T12:00:00Z", "like": "before"},
                           {"at": "2026-06-21T12:00:00Z", "like": "before", "records": {"_smtp._tls.example.com TXT": "nxdomain"}}]
        self.assertEqual(self.codes(self.plan(Story(self, [], later, now="2026-06-22T12:00:00Z"), "enforce")), ["MIG-RUA-LOST"])

    def test_a_former_vendor_of_the_configuration(self):
        story = Story(self, [], [{"at": BEFORE, "records": {"_smtp._tls.example.com TXT": ["v=TLSRPTv1; rua=mailto:tls@vendor.example"]}},
                                 {"at": AFTER, "like": "before", "records": {"example.com NS": ["ns9.example.net"]}}], now=NOW)
        self.assertEqual(self.codes(self.changes(story)), [])
        config = story.folder / "t.conf"
        config.write_text("[tlsrpt]\nformer-vendors = vendor.example\n")
        for command in (("changes", "example.com"), ("plan", "example.com", "enforce")):
            answer = json.loads(story.run(*command, "--format", "json", "--config", str(config)))
            self.assertEqual([(finding["code"], finding["severity"]) for finding in answer["findings"]], [("MIG-RUA-LEFT-BEHIND", "critical")])

    # ---- codes

    def test_every_code_is_explained(self):
        def out(*words):
            return subprocess.run([TLSRPT, "--config", "/dev/null", "analyze", "--code", *words], capture_output=True, text=True, check=True).stdout
        codes = re.findall(r"^(MIG-[A-Z-]+)  ", out("list"), re.M)
        self.assertEqual(len(codes), 18)
        for code in codes:
            text = out(code.lower())
            self.assertTrue(text.startswith(code + ": "), text)
            for label in ("Meaning", "Decided by", "To do", "Severity", "Reference"):
                self.assertIn(f"\n  {label}", text)

    # ---- what strangers write

    def test_nothing_hostile_reaches_the_terminal(self):
        harmful = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
        seen, told = set(), 0
        for number, hostile in enumerate(HOSTILE):
            text = hostile.replace("\0", "").encode("utf-8", "replace").decode()[:200] + f"zq{number}z"
            old = {"at": BEFORE, "policy": {"body_lines": ALL[:4] + [f"mx: {text}", f"x: {text}", "max_age: 604800"]},
                   "records": {"example.com MX": ["10 mx1.example.com", "20 mx2.example.com", f"30 {text}"],
                               "_smtp._tls.example.com TXT": [f"v=TLSRPTv1; rua=mailto:{text}@vendor.example", text],
                               "_25._tcp.mx1.example.com TLSA": [f"3 1 1 {'ab' * 32}"],
                               "_mta-sts.example.com TXT": ["v=STSv1; id=20260601000000;", text]}}
            new = {"at": AFTER, "like": "before", "policy": {"body_lines": ["version: STSv1", "mode: enforce", f"mx: {text}", "mx: mx9.example.com", "max_age: 604800"]},
                   "records": {"example.com MX": ["10 mx3.example.com", f"20 new-{text}"], "_smtp._tls.example.com TXT": "nxdomain",
                               "_25._tcp.mx1.example.com TLSA": "nxdomain", "mta-sts.example.com CNAME": [text]}}
            hit = report("2026-06-10", text, policy=[text, *ALL], failed=4, failures=[failure(count=2), {"type": text, "count": 2, "mx": text, "reason": text}])
            try:
                story = Story(self, [hit], [old, new], now=NOW)
            except AssertionError:
                continue  # an observation that is none
            answer = self.changes(story)
            told += bool(answer["findings"])
            for command in (("changes", "example.com"), ("plan", "example.com", "enforce")):
                out = story.run(*command)
                self.assertIsNone(harmful.search(out), (number, out))
                seen.update(re.findall(r"zq\d+z", out))
            for finding in answer["findings"]:
                for line in finding["rollback"]:
                    self.assertNotIn("\n", line.replace(text, ""))
        self.assertGreater(min(len(seen), told), 40)


if __name__ == "__main__":
    main()
