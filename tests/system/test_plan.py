"""The dated steps of a move, and the step that a domain is at, by what was observed."""
import json, re, shutil, subprocess, unittest

from harness import main
from test_whatif import IN_TESTING, KEY, NO_POLICY, NOW, OTHER, TESTING, Story, failure, report, with_tlsa

ENFORCE_ALL = ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "mx: mx2.example.com", "mx: mx3.example.com", "max_age: 604800"]
MOVED = {"example.com MX": ["10 mx3.example.com"], "mx3.example.com A": ["192.0.2.3"]}


def reports(policy, last=20, **more):
    return [report(f"2026-06-{day:02}", reporter, policy, **more) for day in range(3, last) for reporter in ("one.example", "two.example")]


class Plan(unittest.TestCase):
    def plan(self, story, *goal):
        plan = json.loads(story.run("plan", story.domain, *goal, "--format", "json"))
        steps, current = plan["steps"], plan["current_step"]
        states = [step["state"] for step in steps]
        self.assertEqual(states.count("now"), 0 if current is None else 1)
        if current is not None:
            self.assertEqual(states[current - 1], "now")
            self.assertNotIn("later", states[:current - 1])
        for step in steps:
            self.assertTrue(step["title"] and step["text"] and step["done_when"], step)
            for file in step["files"]:
                self.assertTrue(file["content"] and file["name"], step)
                self.assertIn(file["kind"], ("policy", "dns", "nginx", "caddy", "command"))
        text = story.run("plan", story.domain, *goal)
        for step in steps:
            self.assertIn(step["title"], text)
        return plan

    def at(self, plan):
        return plan["steps"][plan["current_step"] - 1] if plan["current_step"] else None

    def content(self, step, kind):
        return "\n".join(file["content"] for file in step["files"] if file["kind"] == kind)

    # ---- enforce

    def test_from_nothing_to_testing(self):
        plan = self.plan(Story(self, [], NO_POLICY), "enforce")
        step = self.at(plan)
        self.assertEqual(plan["current_step"], 2)
        self.assertEqual(self.content(step, "policy"),
                         "version: STSv1\nmode: testing\nmx: mx1.example.com\nmx: mx2.example.com\nmax_age: 86400\n")
        self.assertRegex(self.content(step, "dns"), r'^_mta-sts\.example\.com\. IN TXT "v=STSv1; id=20260620T120001;"$')
        ids = [self.content(step, "dns") for step in plan["steps"] if "STSv1" in self.content(step, "dns")]
        self.assertEqual((len(ids), len(set(ids))), (3, 3))
        self.assertEqual(plan["steps"][2]["not_before"], "2026-07-04T12:00:00Z")
        self.assertEqual(plan["costs"], [])

    def test_testing_with_failures_waits(self):
        plan = self.plan(Story(self, reports(TESTING, failed=3, failures=[failure()]), IN_TESTING), "enforce")
        self.assertEqual(plan["current_step"], 3)
        self.assertIn("Enforce would have refused", self.at(plan)["text"])

    def test_testing_without_reports_has_a_date(self):
        plan = self.plan(Story(self, [report("2026-06-15", policy=TESTING)], IN_TESTING), "enforce")
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"]), (3, "2026-06-29T00:00:00Z"))
        self.assertEqual(plan["steps"][4]["not_before"], "2026-07-06T00:00:00Z")

    def test_ready(self):
        plan = self.plan(Story(self, reports(TESTING), IN_TESTING), "enforce")
        self.assertEqual(plan["current_step"], 4)
        self.assertIn("mode: enforce", self.content(self.at(plan), "policy"))

    def test_enforcing_is_the_end(self):
        self.assertIsNone(self.plan(Story(self, reports("healthy"), NOW), "enforce")["current_step"])

    def test_an_enforce_that_lacks_a_host_is_not_weakened(self):
        lacking = [{"at": "2026-06-19T12:00:00Z", "policy": {"body_lines": ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "max_age: 604800"]}}]
        for step in self.plan(Story(self, [], lacking), "enforce")["steps"]:
            self.assertNotIn("mode: testing", self.content(step, "policy"))
            self.assertNotIn("max_age: 86400", self.content(step, "policy"))

    # ---- out

    def test_weaker_has_its_cost(self):
        for goal in ("testing", "none"):
            plan = self.plan(Story(self, [], NOW), goal)
            self.assertTrue(any("hiding STARTTLS" in cost for cost in plan["costs"]), goal)
            self.assertIn("2026-06-27T12:00:00Z", [step["not_before"] for step in plan["steps"]])
            self.assertEqual(self.content(self.at(plan), "policy").splitlines()[1], f"mode: {goal}")

    def test_none_waits_for_what_senders_hold(self):
        none = {"policy": {"body_lines": ["version: STSv1", "mode: none", "max_age: 86400"]}}
        history = [{"at": "2026-06-15T12:00:00Z"}, {"at": "2026-06-18T12:00:00Z", **none}]
        plan = self.plan(Story(self, [], history), "none")
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"]), (2, "2026-06-25T12:00:00Z"))
        plan = self.plan(Story(self, [], history, now="2026-06-25T12:00:00Z"), "none")
        self.assertEqual(plan["current_step"], 3)

    # ---- another MX

    def test_a_move_goes_step_by_step(self):
        goal = ("mx", "mx3.example.com")
        plan = self.plan(Story(self, [], NOW), *goal)
        self.assertEqual(plan["current_step"], 1)
        self.assertEqual(self.content(plan["steps"][1], "policy").splitlines(), ENFORCE_ALL)
        # Listed: wait for the old policy, which lives to 2026-06-19 + 7 days.
        both = [{"at": "2026-06-15T12:00:00Z"}, {"at": "2026-06-19T12:00:00Z", "policy": {"body_lines": ENFORCE_ALL}}]
        plan = self.plan(Story(self, [], both), *goal)
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"]), (3, "2026-06-26T12:00:00Z"))
        plan = self.plan(Story(self, [], both, now="2026-06-26T12:00:00Z"), *goal)
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"]), (4, None))
        self.assertIn("example.com. IN MX 10 mx3.example.com.", self.content(self.at(plan), "dns"))
        self.assertIn("; to go back:\nexample.com. IN MX 10 mx1.example.com.\nexample.com. IN MX 20 mx2.example.com.", self.content(self.at(plan), "dns"))
        # Moved: a week, or a week from the last hit.
        moved = both + [{"at": "2026-06-27T12:00:00Z", "like": "before", "records": MOVED}]
        plan = self.plan(Story(self, [], moved, now="2026-06-28T12:00:00Z"), *goal)
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"]), (5, "2026-07-04T12:00:00Z"))
        hit = [report("2026-06-29", policy=ENFORCE_ALL, failed=2, failures=[failure(count=2)])]
        plan = self.plan(Story(self, hit, moved, now="2026-07-01T12:00:00Z"), *goal)
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"][:10]), (5, "2026-07-06"))
        plan = self.plan(Story(self, [], moved, now="2026-07-05T12:00:00Z"), *goal)
        self.assertEqual(plan["current_step"], 6)
        self.assertNotIn("mx1", self.content(self.at(plan), "policy"))
        alone = [line for line in ENFORCE_ALL if "mx1" not in line and "mx2" not in line]
        dropped = moved + [{"at": "2026-07-05T12:00:00Z", "like": "before", "policy": {"body_lines": alone}}]
        self.assertIsNone(self.plan(Story(self, [], dropped, now="2026-07-06T12:00:00Z"), *goal)["current_step"])

    # ---- certificates

    def test_a_renewal(self):
        self.assertIsNone(self.plan(Story(self, [], NOW), "certificate")["current_step"])
        plan = self.plan(Story(self, [], NOW, now="2026-08-01T12:00:00Z"), "certificate")
        self.assertIn("That in use ends 2026-08-23", self.at(plan)["text"])

    def test_a_new_key_under_dane(self):
        old, both = "3 1 1 " + KEY, ["3 1 1 " + KEY, "3 1 1 " + OTHER]
        record = "_25._tcp.mx1.example.com TLSA"
        plan = self.plan(Story(self, [], with_tlsa(old)), "certificate")
        self.assertEqual(plan["current_step"], 1)
        self.assertIn(KEY, self.content(self.at(plan), "dns"))
        beside = with_tlsa(old) + [{"at": "2026-06-20T11:55:00Z", "like": "before", "records": {record: both}}]
        plan = self.plan(Story(self, [], beside), "certificate")
        self.assertEqual((plan["current_step"], self.at(plan)["not_before"]), (2, "2026-06-20T12:05:00Z"))
        self.assertEqual(self.plan(Story(self, [], beside, now="2026-06-20T12:05:00Z"), "certificate")["current_step"], 3)
        after = beside + [{"at": "2026-06-20T13:00:00Z", "like": "before",
                           "smtp": {"mx1.example.com 192.0.2.1": {"certificate": {"spki_sha256": OTHER}}}}]
        plan = self.plan(Story(self, [], after, now="2026-06-20T14:00:00Z"), "certificate")
        self.assertEqual(plan["current_step"], 4)
        self.assertEqual(self.content(self.at(plan), "dns"), "_25._tcp.mx1.example.com. IN TLSA 3 1 1 " + OTHER)

    # ---- the rest

    def test_what_is_no_goal_is_said(self):
        story = Story(self, [], [])
        for goal in ((), ("enforced",), ("mx",), ("enforce", "now"), ("mx", "a b")):
            story.run("plan", "example.com", *goal, status=64)
        plan = json.loads(story.run("plan", "example.com", "enforce", "--format", "json"))
        self.assertEqual((plan["steps"], plan["current_step"]), ([], None))
        self.assertIn("Nothing was observed", plan["notes"][0])

    @unittest.skipUnless(shutil.which("nginx"), "no nginx here")
    def test_nginx_takes_its_lines(self):
        story = Story(self, [], NO_POLICY)
        lines = self.content(self.at(self.plan(story, "enforce")), "nginx")
        lines = re.sub(r"listen .*443 ssl;", f"listen unix:{story.folder}/socket;", re.sub(r"listen \[.*;", "", re.sub(r"ssl_cert.*;", "", lines)))
        config = story.folder / "nginx.conf"
        config.write_text(f"pid {story.folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{ access_log off; {lines} }}\n")
        done = subprocess.run([shutil.which("nginx"), "-t", "-q", "-c", config, "-p", story.folder], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main()
