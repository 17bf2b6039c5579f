#!/usr/bin/env python3
"""The runner itself: what it makes of the short form, and that it sees every kind of difference.
The program is a stand-in that gives an answer written beside it."""
import copy
import email
import gzip
import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict, List

import run
import short_form
import without
from short_form import FormError

STAND_IN = """#!{python}
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
if "ingest" in words:
    count = len(os.listdir(words[words.index("ingest") + 1]))
    print(json.dumps(dict(messages=count, stored=count)))
elif "changes" in words:
    changes = json.load(open(os.path.join(here, "changes.json")))
    print(json.dumps(changes) if "json" in words else " ".join(f["code"] for f in changes["findings"]))
elif "analyze" in words:
    if words[words.index("analyze") + 1] == "--code":
        print("CERT-EXPIRED  about MTA-STS"); print("TLSRPT-MISSING"); sys.exit(0)
    form = words[words.index("--format") + 1] if "--format" in words else "text"
    less = os.environ.get("TLSRPT_WITHOUT_RULE")
    name = "less.json" if less and os.path.exists(here + "/less.json") else "answer.json"
    answer = json.load(open(os.path.join(here, name)))
    found = [f for f in answer["domains"][0]["findings"] if f["code"] != less]
    answer["domains"][0]["findings"] = found
    print(json.dumps(answer) if form == "json" else " ".join(f["id"] for f in found))
"""

FINDING: Dict[str, Any] = {
    "id": "a1b2c3d4", "code": "CERT-EXPIRED", "severity": "critical", "confidence": "confirmed",
    "side": "domain", "impact": "refused", "state": "ongoing", "title": "mx1 shows an old one",
    "mx": "mx1.example.com", "policy_type": "sts", "result_types": ["certificate-expired"],
    "failed_sessions": 2, "share": 1.0, "reporters": ["google.com"],
    "first_seen": "2026-06-08T00:00:00Z", "last_seen": "2026-06-08T23:59:59Z",
    "evidence": [{"source": "smtp", "at": "2026-06-08T12:00:00Z", "text": "not_after 2026-06-07"}],
    "action": "renew it", "done_when": "seen renewed", "reference": "RFC 8461 section 4.2",
    "stopped_by": None, "fix": None}
ANSWER = {"generated_at": "2026-06-12T12:00:00Z", "domains": [
    {"domain": "example.com", "sessions": {"successful": 7, "failed": 2, "explained": 2},
     "mta_sts": {"published_mode": "enforce", "readiness": "enforcing", "blocking_sessions": 0,
                 "reasons": []}, "findings": [FINDING]}]}
CHANGE: Dict[str, Any] = {
    "code": "MIG-RUA-LOST", "severity": "warning", "title": "it is lost", "text": "nobody reads them",
    "action": "publish it", "rollback": [], "until": None, "reference": "RFC 8460 section 3",
    "evidence": [{"source": "dns", "at": "2026-06-08T12:00:00Z", "text": "not there"}]}
REPORT = {"reporter": "google.com", "day": "2026-06-08", "policies": [
    {"type": "sts", "policy": "healthy", "successful": 7, "failed": 2, "failures": [
        {"type": "certificate-expired", "count": 2, "mx": "mx1.example.com", "ip": "192.0.2.1"}]}]}
OBSERVED = {"at": "2026-06-08T12:00:00Z"}
EXPECTED = {"about": "mx1's certificate expired.", "now": "2026-06-12T12:00:00Z",
            "findings": [{"code": "CERT-EXPIRED", "mx": "mx1.example.com", "failed_sessions": 2,
                          "says": ["2026-06-07"]}]}


class Comparison(unittest.TestCase):
    def setUp(self) -> None:
        self.tmp = tempfile.TemporaryDirectory()
        top = Path(self.tmp.name)
        self.binary = top / "tlsrpt"
        self.binary.write_text(STAND_IN.replace("{python}", sys.executable))
        self.binary.chmod(0o755)
        self.folder = top / "family" / "story"
        self.folder.mkdir(parents=True)
        self.answer, self.expected = copy.deepcopy(ANSWER), copy.deepcopy(EXPECTED)
        self.domain: Any = self.answer["domains"][0]

    def tearDown(self) -> None:
        self.tmp.cleanup()

    def check(self, reports: Any = (REPORT,), published: Any = (OBSERVED,)) -> List[str]:
        for name, value in (("reports", reports), ("published", published),
                            ("expected", self.expected)):
            (self.folder / f"{name}.json").write_text(json.dumps(value))
        (self.binary.parent / "answer.json").write_text(json.dumps(self.answer))
        return run.check(str(self.binary), self.folder)

    def changed(self, expected: Any, findings: Any = None) -> str:
        """What is told where `changes` finds FINDINGS and EXPECTED is expected."""
        self.expected["changes"] = expected
        found = [CHANGE] if findings is None else findings
        (self.binary.parent / "changes.json").write_text(json.dumps(
            {"findings": found, "notes": ["Too few."]}))
        return "\n".join(self.check())

    def test_what_changes_finds_is_compared(self) -> None:
        good = {"code": "MIG-RUA-LOST", "severity": "warning", "says": ["reads"], "until": None}
        self.assertEqual(self.changed([good]), "")
        self.assertIn("expected none, got MIG-RUA-LOST", self.changed([]))
        self.assertIn("expected MIG-RUA-LOST, got none", self.changed([good], []))
        self.assertIn("severity: expected", self.changed([dict(good, severity="ok")]))
        self.assertIn("does not say 'x'", self.changed([dict(good, says=["x"])]))
        self.assertIn("says 'nobody'", self.changed([dict(good, silent_on=["nobody"])]))
        self.assertIn("rollback: expected", self.changed([dict(good, rollback=["a line"])]))
        self.assertIn("the text does not have", self.changed([good], [dict(CHANGE, rollback=["x"])]))
        self.assertIn("says nothing under action", self.changed([good], [dict(CHANGE, action="")]))
        self.assertIn("until", self.changed([good], [dict(CHANGE, until="soon")]))
        other = dict(CHANGE, code="MIG-MAXAGE-TAIL")
        both = [good, {"code": "MIG-MAXAGE-TAIL"}]
        self.assertEqual(self.changed(both, [CHANGE, other]), "")
        self.assertIn("got MIG-MAXAGE-TAIL MIG-RUA-LOST", self.changed(both, [other, CHANGE]))

    def test_notes_of_changes_are_compared(self) -> None:
        self.expected["changes_notes"] = ["Too few"]
        self.assertEqual(self.changed([{"code": "MIG-RUA-LOST"}]), "")
        self.expected["changes_notes"] = ["Too many"]
        self.assertIn("no note says", self.changed([{"code": "MIG-RUA-LOST"}]))

    def test_a_story_of_changes_may_leave_findings_open(self) -> None:
        del self.expected["findings"]
        self.assertEqual(self.changed([{"code": "MIG-RUA-LOST"}]), "")
        self.domain["sessions"]["failed"] = 3
        self.assertIn("the domain 3", self.changed([{"code": "MIG-RUA-LOST"}]))

    def another(self, **changes: Any) -> Dict[str, Any]:
        finding = dict(copy.deepcopy(FINDING), id="00000002", failed_sessions=0, share=0.0)
        finding.update(changes)
        self.domain["findings"].append(finding)
        return finding

    def test_what_is_expected_passes(self) -> None:
        self.assertEqual(self.check(), [])

    def test_a_wrong_value_is_told(self) -> None:
        self.expected["findings"][0]["confidence"] = "likely"
        self.assertIn('confidence: expected "likely", got "confirmed"', "\n".join(self.check()))

    def test_words_that_are_not_said_are_told(self) -> None:
        self.expected["findings"][0]["says"] = ["2026-06-09"]
        self.assertIn("does not say", "\n".join(self.check()))

    def test_words_that_should_not_be_said_are_told(self) -> None:
        self.expected["findings"][0]["silent_on"] = ["renew"]
        self.assertIn('says "renew"', "\n".join(self.check()))

    def test_a_missing_finding_is_told(self) -> None:
        self.expected["findings"].append({"code": "CERT-NAME"})
        self.assertIn("missing: CERT-NAME", "\n".join(self.check()))

    def test_one_finding_too_many_is_told(self) -> None:
        self.another(code="CERT-NAME")
        self.assertIn("not expected: CERT-NAME", "\n".join(self.check()))

    def test_a_code_of_also_may_be_there(self) -> None:
        self.another(code="CERT-NAME")
        self.expected["also"] = ["CERT-NAME"]
        self.assertEqual(self.check(), [])

    def test_two_of_one_code_are_told_apart_by_their_mx(self) -> None:
        self.another(mx="mx2.example.com")
        self.expected["findings"].append({"code": "CERT-EXPIRED", "mx": "mx2.example.com",
                                          "failed_sessions": 0})
        self.assertEqual(self.check(), [])
        self.expected["findings"].reverse()
        self.assertEqual(self.check(), [])
        self.expected["ordered"] = True
        self.assertIn("another order", "\n".join(self.check()))

    def test_sums_that_do_not_reconcile_are_told(self) -> None:
        self.domain["sessions"]["failed"] = 3
        self.assertIn("the domain 3", "\n".join(self.check()))
        self.domain["sessions"].update(failed=2, explained=0)
        self.assertIn("2 sessions are explained, the domain says 0", "\n".join(self.check()))
        self.domain["sessions"]["explained"] = 2
        self.domain["findings"][0]["share"] = 0.5
        self.assertIn("share 0.5", "\n".join(self.check()))

    def test_what_is_unexplained_does_not_count_as_explained(self) -> None:
        self.another(code="UNEXPLAINED", failed_sessions=2, share=0.5)
        self.domain["findings"][0]["share"] = 0.5
        self.domain["sessions"]["failed"] = 4
        self.expected["findings"].append({"code": "UNEXPLAINED"})
        self.assertEqual(self.check(), [])

    def test_an_id_used_twice_is_told(self) -> None:
        self.another(code="CERT-NAME", id=FINDING["id"])
        self.assertIn("ids are not unique", "\n".join(self.check()))

    def test_words_that_spec_does_not_have_are_told(self) -> None:
        for key, value in (("severity", "fatal"), ("state", "open"), ("side", None), ("id", "X"),
                           ("first_seen", "yesterday"), ("failed_sessions", "2"), ("action", ""),
                           ("result_types", ["expired"])):
            self.domain["findings"][0] = dict(FINDING, **{key: value})
            self.assertNotEqual(self.check(), [], key)
        self.domain["findings"][0] = {k: v for k, v in FINDING.items() if k != "reference"}
        self.assertIn("no key reference", "\n".join(self.check()))

    def test_sessions_and_readiness_are_compared(self) -> None:
        self.expected.update(sessions={"successful": 8}, mta_sts={"readiness": "ready"})
        wrong = "\n".join(self.check())
        self.assertIn("sessions.successful: expected 8, got 7", wrong)
        self.assertIn("mta_sts.readiness", wrong)

    def test_text_and_html_that_name_other_findings_are_told(self) -> None:
        source = self.binary.read_text()
        self.binary.write_text(source.replace('" ".join(f["id"] for f in found)', '"0badc0de"'))
        wrong = "\n".join(self.check())
        self.assertIn("the text does not name finding a1b2c3d4", wrong)
        self.assertIn("the HTML does not name finding a1b2c3d4", wrong)
        self.assertIn("the text names a finding 0badc0de", wrong)

    def test_a_program_that_fails_is_told(self) -> None:
        self.binary.write_text(f"#!{sys.executable}\nraise SystemExit(70)\n")
        self.assertIn("exit status 70", "\n".join(self.check()))

    def test_a_misspelt_key_is_told(self) -> None:
        self.assertIn("unknown key 'dya'", "\n".join(self.check(({"dya": 1},))))
        self.assertIn("unknown key 'polcy'",
                      "\n".join(self.check(published=({"at": "x", "polcy": 1},))))
        self.expected["findings"][0]["severty"] = "ok"
        self.assertIn("unknown key 'severty'", "\n".join(self.check()))

    def test_a_rule_that_nothing_protects_is_told(self) -> None:
        self.check()
        binary, passes = str(self.binary), {}
        self.assertIsNone(without.fault_of(binary, "CERT-EXPIRED", [self.folder], passes))
        (self.binary.parent / "less.json").write_text(json.dumps(dict(
            self.answer, domains=[dict(self.domain, findings=[FINDING])])))
        self.assertIn("no scenario fails",
                      str(without.fault_of(binary, "CERT-NAME", [self.folder], passes)))
        self.assertEqual(without.known_codes(binary, None), ["CERT-EXPIRED"])


class ShortForm(unittest.TestCase):
    def test_a_report_is_a_mail_with_a_gzip_attachment(self) -> None:
        made = email.message_from_bytes(short_form.reports([dict(REPORT, authenticated="pass")])[0])
        self.assertEqual(made["TLS-Report-Submitter"], "google.com")
        self.assertEqual(made["TLS-Report-Domain"], "example.com")
        self.assertIn("dkim=pass", made["Authentication-Results"])
        self.assertEqual(made["Date"], "Tue, 09 Jun 2026 06:00:00 +0000")
        part = made.get_payload()[1]
        document = json.loads(gzip.decompress(part.get_payload(decode=True)))
        self.assertEqual(document["policies"][0]["policy"]["policy-string"][1], "mode: enforce")
        self.assertEqual(document["policies"][0]["failure-details"][0]["failed-session-count"], 2)
        self.assertEqual(document["date-range"]["end-datetime"], "2026-06-08T23:59:59Z")

    def test_ids_of_reports_differ(self) -> None:
        made = [short_form.report(REPORT, n)[0]["report-id"] for n in range(2)]
        self.assertNotEqual(*made)

    def test_times_of_24_00_and_offsets_are_read(self) -> None:
        self.assertEqual(short_form.moment("2026-06-08T24:00:00Z"),
                         short_form.moment("2026-06-09T02:00:00+02:00"))
        self.assertRaises(FormError, short_form.moment, "2026-06-08")

    def published(self, *given: Dict[str, Any]) -> List[Dict[str, Any]]:
        return short_form.published([dict({"at": f"2026-06-0{n + 1}T12:00:00Z"}, **g)
                                     for n, g in enumerate(given)])

    def test_records_become_lookups_and_nothing(self) -> None:
        made = self.published({"records": {"mx1.example.com A": "servfail",
                                           "mx2.example.com A": None,
                                           "mx3.example.com A": ["192.0.2.3"]}})[0]
        answers = {(r["name"], r["type"]): r for r in made["records"] + made["lookups"]}
        self.assertEqual(answers["mx1.example.com", "A"]["status"], "servfail")
        self.assertNotIn(("mx2.example.com", "A"), answers)
        self.assertEqual(answers["mx3.example.com", "A"]["dnssec"], "insecure")
        self.assertEqual(answers["example.com", "MX"]["dnssec"], "secure")

    def test_before_goes_on_and_healthy_begins_anew(self) -> None:
        first, second, third = self.published(
            {"policy": {"status": "http-error"}},
            {"like": "before", "dnssec": {"example.com MX": "bogus"}}, {})
        self.assertEqual((first["policy"]["http_status"], first["policy"]["body"]), (404, None))
        self.assertEqual(second["policy"]["status"], "http-error")
        self.assertEqual(third["policy"]["status"], "ok")

    def test_a_changed_body_is_served_at_every_address(self) -> None:
        made = self.published({"policy": {"body_lines": ["version: STSv1"]}})[0]["policy"]
        self.assertEqual(made["body"], "version: STSv1\n")
        self.assertEqual(made["addresses"][0]["body_sha256"], short_form.sha256("version: STSv1\n"))

    def test_what_a_probe_cannot_see_is_null(self) -> None:
        made = self.published({"smtp": {"mx1.example.com 192.0.2.1": {"starttls": False},
                                        "mx2.example.com 192.0.2.2": {"status": "refused"}}},
                              {"like": "before", "smtp": {"mx1.example.com 192.0.2.1": {}}})
        probes = {p["mx"]: p for p in made[0]["smtp"]}
        self.assertIsNone(probes["mx1.example.com"]["certificate"])
        self.assertEqual(probes["mx1.example.com"]["dane"], "not-checked")
        self.assertIsNone(probes["mx2.example.com"]["starttls"])
        again = {p["mx"]: p for p in made[1]["smtp"]}
        self.assertEqual(again["mx1.example.com"]["certificate"]["names"], ["mx1.example.com"])

    def test_one_address_may_answer_twice(self) -> None:
        made = self.published({"smtp": {"mx1.example.com 192.0.2.1": [
            {}, {"certificate": {"trust": "expired"}}]}})[0]
        trusts = [p["certificate"]["trust"] for p in made["smtp"] if p["mx"] == "mx1.example.com"]
        self.assertEqual(trusts, ["trusted", "expired"])

    def test_other_domains_have_hosts_of_their_own_or_share(self) -> None:
        own, shared = self.published({"domain": "other.example"},
                                     {"domain": "third.example", "like": "shared"})
        self.assertEqual({p["mx"] for p in own["smtp"]}, {"mx1.other.example", "mx2.other.example"})
        self.assertEqual({p["mx"] for p in shared["smtp"]}, {"mx1.example.com", "mx2.example.com"})
        self.assertIn("third.example", shared["policy"]["url"])

    def test_nothing_is_an_observation_of_nothing(self) -> None:
        made = self.published({"like": "nothing"})[0]
        self.assertEqual((made["records"], made["lookups"], made["smtp"]), ([], [], []))
        self.assertNotIn("policy", made)


if __name__ == "__main__":
    unittest.main()
