"""Sessions replayed against a proposed state: what would be refused, between which bounds, and why. The stories are those of
tests/scenarios, so that what holds of all is asked of all of them."""
import json, pathlib, shutil, subprocess, sys, tempfile, unittest

from harness import TLSRPT, main

SCENARIOS = pathlib.Path(__file__).parents[1] / "scenarios"
sys.path.insert(0, str(SCENARIOS))
import run as scenarios  # noqa: E402

ENFORCE = "version: STSv1\nmode: enforce\nmx: mx1.example.com\nmx: mx2.example.com\nmax_age: 604800\n"
KEY, OTHER = scenarios.short_form.sha256("key of mx1.example.com"), "ab" * 32
COUNTS = ("delivered", "refused", "unknown")


class Story:
    """A database with the reports and observations of a scenario, or of what is given."""

    def __init__(self, case, reports, published, domain="example.com", now="2026-06-20T12:00:00Z"):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tlsrpt-whatif-"))
        case.addCleanup(shutil.rmtree, folder)
        self.case, self.folder, self.now, self.domain = case, folder, now, domain
        self.env = dict(scenarios.environment(folder))
        (folder / "mails").mkdir()
        for number, mail in enumerate(scenarios.short_form.reports(reports, domain)):
            (folder / "mails" / f"{number:03}.eml").write_bytes(mail)
        lines = "".join(json.dumps(o) + "\n" for o in scenarios.short_form.published(published, domain))
        (folder / "observations").write_text(lines)
        self.run("ingest", "-q", str(folder / "mails"))
        if lines:
            self.run("observe", "-q", "--import", str(folder / "observations"))

    def run(self, *words, status=0):
        done = subprocess.run([TLSRPT, "--db", str(self.folder / "t.db"), "--config", "/dev/null", "--now", self.now, *words],
                              capture_output=True, text=True, timeout=60, env=self.env)
        self.case.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def whatif(self, *options):
        answer = json.loads(self.run("whatif", self.domain, "--format", "json", *options))
        self.reconcile(answer)
        return answer

    def counts(self, *options):
        sessions = self.whatif(*options)["sessions"]
        return tuple(sessions[key] for key in COUNTS)

    def analyzed(self):
        return json.loads(self.run("analyze", "--offline", "--format", "json", self.domain))["domains"][0]

    def reconcile(self, answer):
        """Sums are those of their parts, and bounds are bounds."""
        equal = self.case.assertEqual
        rows, total = answer["rows"], answer["sessions"]
        for part in [total] + [reporter["sessions"] for reporter in answer["reporters"]]:
            equal(sum(part[key] for key in COUNTS), part["total"])
            equal(part["delivered_at_most"], part["delivered"] + part["unknown"])
            equal(part["refused_at_most"], part["refused"] + part["unknown"])
        for key in ("total",) + COUNTS:
            equal(sum(reporter["sessions"][key] for reporter in answer["reporters"]), total[key])
        for key, verdict in zip(COUNTS, ("deliver", "refuse", "unknown")):
            equal(sum(row["sessions"] for row in rows if row["verdict"] == verdict), total[key])
        for row in rows:
            equal(row["verdict"] == "unknown" and len(row["possible"]) > 1, bool(row["why"]) and row["verdict"] == "unknown", row)
            if row["verdict"] != "unknown":
                self.case.assertTrue(row["clause"] and row["reference"], row)
        for host in answer["hosts"]:
            self.case.assertTrue(host["answers"])
            self.case.assertLessEqual(host["sessions_at_least"], host["sessions_at_most"])
            self.case.assertLessEqual(host["refused_at_least"], host["refused_at_most"])
            self.case.assertLessEqual(host["refused_at_most"], host["sessions_at_most"])
            self.case.assertLessEqual(host["sessions_at_most"], total["total"])
        known = sum(host["sessions_at_least"] for host in answer["hosts"])
        self.case.assertLessEqual(known, total["total"])


def report(day="2026-06-15", reporter="google.com", policy="healthy", successful=40, failed=0, failures=(), kind="sts"):
    entry = {"type": kind, "successful": successful, "failed": failed, "failures": list(failures)}
    if policy:
        entry["policy"] = policy
    return {"reporter": reporter, "day": day, "policies": [entry]}


def failure(kind="certificate-expired", count=3, mx="mx1.example.com"):
    return {"type": kind, "count": count, "mx": mx, **({"ip": "192.0.2.1"} if mx == "mx1.example.com" else {})}


NOW = [{"at": "2026-06-15T12:00:00Z"}, {"at": "2026-06-19T12:00:00Z", "like": "before"}]
TESTING = ["version: STSv1", "mode: testing", "mx: mx1.example.com", "mx: mx2.example.com", "max_age: 604800"]
IN_TESTING = [{"at": "2026-06-15T12:00:00Z", "policy": {"body_lines": TESTING}}, {"at": "2026-06-19T12:00:00Z", "like": "before"}]
NO_POLICY = [{"at": "2026-06-15T12:00:00Z", "policy": {"status": "no-host"},
              "records": {"_mta-sts.example.com TXT": "nxdomain", "mta-sts.example.com A": "nxdomain"}},
             {"at": "2026-06-19T12:00:00Z", "like": "before"}]


def with_tlsa(value, name="mx1.example.com"):
    record = f"_25._tcp.{name} TLSA"
    return [{"at": "2026-06-15T12:00:00Z", "records": {record: [value]}, "dnssec": {record: "secure"},
             "smtp": {"mx1.example.com 192.0.2.1": {"dane": "match"}}}, {"at": "2026-06-19T12:00:00Z", "like": "before"}]


class WhatIf(unittest.TestCase):
    def test_nothing_proposed_and_nothing_wrong(self):
        self.assertEqual(Story(self, [report()], NOW).counts(), (40, 0, 0))

    def test_enforce_refuses_what_testing_reports(self):
        story = Story(self, [report(policy=TESTING, failed=3, failures=[failure()])], IN_TESTING)
        self.assertEqual(story.counts(), (43, 0, 0))
        self.assertEqual(story.counts("--mode", "enforce"), (40, 3, 0))
        self.assertEqual(story.analyzed()["mta_sts"]["blocking_sessions"], 3)
        self.assertEqual(story.counts("--mode", "none"), (43, 0, 0))
        # The failures name the host that they are of; the successes were of either.
        hosts = {host["mx"]: [host[key] for key in ("refused_at_least", "refused_at_most", "sessions_at_least", "sessions_at_most")]
                 for host in story.whatif("--mode", "enforce")["hosts"]}
        self.assertEqual(hosts, {"mx1.example.com": [3, 3, 3, 43], "mx2.example.com": [0, 0, 0, 40]})

    def test_without_a_policy_the_hosts_decide_who_never_asked_for_a_certificate(self):
        story = Story(self, [report(policy=None, kind="no-policy-found")], NO_POLICY)
        self.assertEqual(story.counts(), (40, 0, 0))
        self.assertEqual(story.counts("--mode", "enforce"), (40, 0, 0))
        expired = [dict(NO_POLICY[0], smtp={"mx2.example.com 192.0.2.2": {"certificate": {"trust": "untrusted"}}}), NO_POLICY[1]]
        story = Story(self, [report(policy=None, kind="no-policy-found")], expired)
        answer = story.whatif("--mode", "enforce")
        self.assertEqual([answer["sessions"][key] for key in COUNTS], [0, 0, 40])
        self.assertIn("counts successes per policy, not per MX", answer["rows"][0]["why"][0])
        self.assertIn("No valid policy is served: one that lists every MX host is assumed.", answer["notes"])

    def test_a_policy_that_lacks_a_host_gives_bounds(self):
        story = Story(self, [report()], NOW)
        story.folder.joinpath("one.txt").write_text(ENFORCE.replace("mx: mx2.example.com\n", ""))
        answer = story.whatif("--policy", str(story.folder / "one.txt"))
        self.assertEqual([answer["sessions"][key] for key in COUNTS], [0, 0, 40])
        hosts = {host["mx"]: host for host in answer["hosts"]}
        self.assertEqual((hosts["mx1.example.com"]["refused_at_most"], hosts["mx2.example.com"]["refused_at_most"]), (0, 40))
        self.assertIn("the policy does not list it (RFC 8461 §4.1)", " ".join(story.run("whatif", "example.com", "--policy", str(story.folder / "one.txt")).split()))

    def test_another_mx_that_the_policy_does_not_list(self):
        story = Story(self, [report()], NOW)
        self.assertEqual(story.counts("--mx", "mx3.example.com"), (0, 40, 0))
        self.assertEqual(story.counts("--mx", "mx1.example.com"), (40, 0, 0))
        self.assertEqual(story.counts("--mx", "mx1.example.com,mx3.example.com"), (0, 0, 40))

    def test_dane(self):
        # The sender is not known to do DANE: with a TLSA it may refuse, or go on by the policy.
        story = Story(self, [report()], NOW)
        self.assertEqual(story.counts("--tlsa", "mx1.example.com 3 1 1 " + OTHER), (0, 0, 40))
        self.assertEqual(story.counts("--tlsa", "mx1.example.com 3 1 1 " + KEY), (40, 0, 0))
        # One that does refuses at that host.
        dane = report(kind="tlsa", policy=None, reporter="one.example")
        dane["policies"][0]["policy"] = ["3 1 1 " + KEY]
        story = Story(self, [dane], with_tlsa("3 1 1 " + KEY))
        self.assertEqual(story.counts(), (40, 0, 0))
        self.assertEqual(story.counts("--mx", "mx1.example.com", "--tlsa", "3 1 1 " + OTHER), (0, 40, 0))
        self.assertEqual(story.counts("--tlsa", "none"), (40, 0, 0))

    def test_a_failure_that_the_newest_observation_shows_no_more(self):
        bad = {"mx1.example.com 192.0.2.1": {"certificate": {"trust": "expired", "not_after": "2026-06-10T00:00:00Z"}}}
        good = {"mx1.example.com 192.0.2.1": {"certificate": {"trust": "trusted", "not_after": "2026-09-10T00:00:00Z"}}}
        published = [{"at": "2026-06-15T12:00:00Z", "smtp": bad}, {"at": "2026-06-19T12:00:00Z", "like": "before", "smtp": good}]
        answer = Story(self, [report(failed=3, failures=[failure()])], published).whatif()
        self.assertEqual((answer["sessions"]["refused"], answer["refused_no_longer_shown"]), (3, 3))

    @unittest.skipUnless(shutil.which("openssl"), "no openssl here")
    def test_a_certificate_out_of_a_file(self):
        bad = {"mx1.example.com 192.0.2.1": {"certificate": {"names": ["other.example.com"], "matches_mx": False}}}
        story = Story(self, [report(failed=3, failures=[failure("certificate-host-mismatch")])],
                      [{"at": "2026-06-15T12:00:00Z", "smtp": bad}, {"at": "2026-06-19T12:00:00Z", "like": "before"}])
        pem = story.folder / "mx.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        "/dev/null", "-out", pem, "-days", "30", "-subj", "/CN=x", "-addext",
                        "subjectAltName=DNS:mx1.example.com,DNS:mx2.example.com"], check=True, capture_output=True)
        answer = story.whatif("--certificate", str(pem))
        self.assertEqual(answer["proposed"]["certificate"]["names"], ["mx1.example.com", "mx2.example.com"])
        self.assertEqual([answer["sessions"][key] for key in COUNTS], [0, 43, 0])
        self.assertIn("its certificate is not trusted", {row["clause"] for row in answer["rows"]})
        # With a TLSA of its key it is what DANE asks for.
        spki = answer["proposed"]["certificate"]["spki_sha256"]
        self.assertEqual({a["verdict"] for h in story.whatif("--certificate", str(pem), "--tlsa", "3 1 1 " + spki)["hosts"]
                          for a in h["answers"]}, {"deliver"})
        self.assertIn("no certificate", story.run("whatif", "example.com", "--certificate", "/dev/null", status=69))

    def test_what_cannot_be_used_is_said(self):
        story = Story(self, [], [])
        bad = story.folder / "bad.txt"
        bad.write_text(ENFORCE.replace("enforce", "enforced"))
        for words, status, text in ((("--policy", str(bad)), 65, "line 2"), (("--mx", "a b"), 64, "no host name"),
                                    (("--tlsa", "3 1"), 64, "--tlsa"), (("--mode", "strict"), 64, "mode"),
                                    (("--policy", "none.txt"), 74, "none.txt"), (("--tlsa", "none", "--tlsa", "3 1 1 " + KEY), 64, "alone")):
            self.assertIn(text, story.run("whatif", "example.com", *words, status=status))
        self.assertIn("Nothing was observed", story.whatif()["notes"][0])

    def test_what_holds_of_every_story(self):
        """Sums and bounds, whatever is proposed, in every fourth scenario; where a state never changed, what is refused now is
        what analyze says was refused."""
        folders = sorted(path.parent for path in SCENARIOS.glob("*/*/expected.json"))
        for folder in folders[::4]:
            scenario = scenarios.Scenario(folder)
            published = scenarios.short_form.load(folder / "published.json")
            story = Story(self, scenarios.short_form.load(folder / "reports.json"), published, scenario.domain, scenario.expected["now"])
            with self.subTest(scenario.name):
                found = story.analyzed()
                whole = found["sessions"]["successful"] + found["sessions"]["failed"]
                for options in ((), ("--mode", "enforce"), ("--mx", "new.example.com"), ("--tlsa", "3 1 1 " + OTHER)):
                    self.assertEqual(story.whatif(*options)["sessions"]["total"], whole, options)
                self.assertEqual(story.counts("--mode", "none", "--tlsa", "none")[1:], (0, 0))

    def test_the_present_state_is_what_analyze_says(self):
        for published, policy in ((NOW, "healthy"), (IN_TESTING, TESTING)):
            for kind in ("certificate-expired", "starttls-not-supported", "validation-failure"):
                for mx in ("mx1.example.com", "mx2.example.com"):
                    story = Story(self, [report(policy=policy, failed=7, failures=[failure(kind, 7, mx)]),
                                         report(reporter="two.example", policy=policy)], published)
                    findings = story.analyzed()["findings"]
                    refused = sum(f["failed_sessions"] for f in findings if f["impact"] == "refused")
                    self.assertEqual(story.counts(), (80 + 7 - refused, refused, 0), (policy, kind, mx))


if __name__ == "__main__":
    main()
