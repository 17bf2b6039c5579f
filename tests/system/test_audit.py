"""The audit, row by row of what an agency looks at: the mistakes, the checks, the findings, the stages, the
ownership models, and what comes first."""
import json, unittest

import harness
from harness import mail, report
from test_check import Check, published, record


def without(observation, *names):
    """OBSERVATION in which NAMES (name, type) are looked up and not there."""
    observation["records"] = [each for each in observation["records"] if (each["name"], each["type"]) not in names]
    for name, kind in names:
        observation["lookups"].append({"name": name, "type": kind, "status": "nxdomain", "dnssec": "insecure"})
    return observation


def failing(observation, name, status="servfail"):
    observation = without(observation, (name, "TXT"))
    observation["lookups"][-1]["status"] = status
    return observation


def with_record(text, *more):
    """The TLS-RPT record says TEXT."""
    observation = without(published(), ("_smtp._tls.example.com", "TXT"))
    observation["lookups"].pop()
    for each in (text, *more):
        observation["records"].append(record("_smtp._tls.example.com", "TXT", each))
    return observation


GOOD = "v=TLSRPTv1; rua=mailto:tlsrpt@example.com"
OWNED = "[domain example.com]\nowner = IT\nsts-owner = IT\n"
LOCATION, VERSION, ADDRESS, MAILBOX, RELATION, PRIORITY = (
    "dns-location", "version", "reporting-address", "mailbox-ownership", "mta-sts-relationship", "client-priority")

# name: (observation, configuration, status, codes that must be there, checks and what they must say)
CASES = {
    # common mistakes
    "present and owned": (published(), OWNED, "present", {"TLSRPT-PRESENT"}, {LOCATION: True, VERSION: True, ADDRESS: True, RELATION: True, PRIORITY: True}),
    "missing record": (published(tlsrpt=False), OWNED, "missing", {"TLSRPT-MISSING"}, {LOCATION: False, VERSION: None, ADDRESS: None}),
    "wrong hostname": (published(tlsrpt=False, more=[record("_tls.example.com", "TXT", GOOD)]), OWNED, "review", {"TLSRPT-WRONG-NAME"}, {LOCATION: False}),
    "doubled name": (published(tlsrpt=False, more=[record("_smtp._tls.example.com.example.com", "TXT", GOOD)]), OWNED, "review", {"TLSRPT-WRONG-NAME"}, {LOCATION: False}),
    "invalid version": (with_record("v=TLSRPT1; rua=mailto:tlsrpt@example.com"), OWNED, "review", {"TLSRPT-VERSION"}, {VERSION: False}),
    "a DMARC record there": (with_record("v=DMARC1; p=none"), OWNED, "review", {"TLSRPT-VERSION"}, {VERSION: False}),
    "bad rua syntax": (with_record("v=TLSRPTv1; rua=tlsrpt@example.com"), OWNED, "review", {"TLSRPT-RUA-SYNTAX"}, {ADDRESS: False}),
    "no rua": (with_record("v=TLSRPTv1;"), OWNED, "review", {"TLSRPT-RUA-MISSING"}, {ADDRESS: False}),
    "two records": (with_record(GOOD, "v=TLSRPTv1; rua=mailto:x@example.com"), OWNED, "review", {"TLSRPT-MULTIPLE"}, {VERSION: False}),
    "near miss: another TXT beside it": (with_record(GOOD, "some-verification=1"), OWNED, "present", {"TLSRPT-PRESENT"}, {VERSION: True}),
    "old vendor address": (published(rua="mailto:r@oldvendor.example"), "[tlsrpt]\nformer-vendors = oldvendor.example\n" + OWNED, "review", {"TLSRPT-FORMER-VENDOR"}, {ADDRESS: False, MAILBOX: False}),
    "near miss: a vendor of like name": (published(rua="mailto:r@notoldvendor.example"), "[tlsrpt]\nformer-vendors = oldvendor.example\n" + OWNED, "present", {"TLSRPT-PRESENT"}, {ADDRESS: True}),
    "nobody is named": (published(), "", "review", {"TLSRPT-NO-OWNER", "TLSRPT-OWNER-SPLIT"}, {MAILBOX: False, RELATION: False}),
    "owners differ": (published(), "[domain example.com]\nowner = IT\nsts-owner = Agency\n", "present", {"TLSRPT-OWNER-SPLIT"}, {RELATION: False}),
    "near miss: no MTA-STS to own": (published(sts=False), "[domain example.com]\nowner = IT\n", "present", {"TLSRPT-PRESENT"}, {RELATION: True}),
    "another rua than configured": (published(), OWNED + "rua = mailto:other@example.com\n", "present", {"TLSRPT-RUA-UNEXPECTED"}, {ADDRESS: False}),
    "a personal mailbox": (published(rua="mailto:me@gmail.com"), OWNED, "present", {"TLSRPT-RUA-PERSONAL"}, {ADDRESS: False}),
    # ownership models
    "client owned, elsewhere": (published(rua="mailto:r@agency.example"), OWNED + "model = client\n", "present", {"TLSRPT-RUA-PERSONAL"}, {ADDRESS: False}),
    "near miss: agency owned, at the agency": (published(rua="mailto:r@agency.example"), OWNED + "model = agency\n", "present", {"TLSRPT-PRESENT"}, {ADDRESS: True}),
    "platform, but at home": (published(), OWNED + "model = platform\n", "present", {"TLSRPT-RUA-PERSONAL"}, {ADDRESS: False}),
    # unknown is not missing
    "look-up fails": (failing(published(), "_smtp._tls.example.com"), OWNED, "review", {"TLSRPT-LOOKUP-FAILED"}, {LOCATION: None}),
    # what comes first
    "basic gaps come first": (without(published(tlsrpt=False, sts=False), ("example.com", "TXT"), ("_dmarc.example.com", "TXT")), "", "not-prioritized", {"TLSRPT-MISSING"}, {PRIORITY: False}),
    "near miss: gaps, but MTA-STS": (without(published(tlsrpt=False), ("example.com", "TXT")), "", "missing", {"TLSRPT-MISSING"}, {PRIORITY: True}),
}

STAGES = {
    "basic": (without(published(), ("_dmarc.example.com", "TXT")), OWNED, False),
    "operational": (published(tlsrpt=False), OWNED, False),
    "reporting": (published(sts=False), OWNED, False),
    "transport": (published(), OWNED, False),
    "ongoing": (published(), OWNED, True),
}


class Audit(Check):
    def audit(self, configuration, observation, name):
        self.db = self.path(name.replace(" ", "-").replace(":", "") + ".db")
        path = self.path("tlsrpt.conf")
        with open(path, "w") as file:
            file.write(configuration)
        self.env["TLSRPT_CONFIG"] = path
        self.observe(observation)
        return self.read()

    def read(self, *arguments):
        done = self.run_tlsrpt("audit", "--offline", "--format", "json", *(arguments or ("example.com",)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["domains"][0]

    def test_each_mistake_has_its_status_its_finding_and_its_check(self):
        for name, (observation, configuration, status, codes, checks) in CASES.items():
            with self.subTest(name):
                audit = self.audit(configuration, json.loads(json.dumps(observation)), name)
                found = {finding["code"] for finding in audit["findings"]}
                self.assertEqual(audit["status"], status, audit)
                self.assertLessEqual(codes, found)
                if "near miss" in name or status != "present":
                    self.assertEqual("TLSRPT-PRESENT" in found, status == "present")
                said = {check["check"]: check["ok"] for check in audit["checks"]}
                self.assertEqual({check: said[check] for check in checks}, checks)
                for check in audit["checks"]:
                    self.assertTrue(check["signal"])
                    self.assertTrue(check["ok"] is not False or check["follow_up"], check)
                for finding in audit["findings"]:
                    self.assertEqual(finding["failed_sessions"], 0)
                    self.assertTrue(finding["action"])

    # name: (records beside the usual ones, lines of the policy, what the finding says, what it does not say; None: no finding)
    VENDORS = {
        "the policy host": ([record("mta-sts.example.com", "CNAME", "sts.oldvendor.example")], None, ("max_age of a year", "2026-06-16 12:00"), ("takes mail",)),
        "by a chain": ([record("mta-sts.example.com", "CNAME", "a.cdn.example"), record("a.cdn.example", "CNAME", "x.oldvendor.example")], None, ("x.oldvendor.example",), ()),
        "the record": ([record("_mta-sts.example.com", "CNAME", "r.oldvendor.example")], None, ("without it new ones see none",), ("max_age of a year",)),
        "an MX in the policy": ([], ["mx: *.oldvendor.example"], ("*.oldvendor.example", "forged"), ("max_age of a year",)),
        "near miss: a vendor of like name": ([record("mta-sts.example.com", "CNAME", "sts.notoldvendor.example")], ["mx: mx.notoldvendor.example"], None, None),
        "near miss: a line that is no host name": ([], ["mx: 10 mx.oldvendor.example"], None, None),
    }

    def test_mta_sts_in_the_hands_of_a_former_vendor(self):
        configuration = "[tlsrpt]\nformer-vendors = oldvendor.example\n" + OWNED
        for name, (records, lines, says, silent) in self.VENDORS.items():
            with self.subTest(name):
                observation = published(more=records)
                if any(each["type"] == "CNAME" and each["name"] == "mta-sts.example.com" for each in records):
                    observation["records"] = [each for each in observation["records"] if (each["name"], each["type"]) != ("mta-sts.example.com", "A")]
                observation["policy"]["body"] += "".join(line + "\n" for line in lines or ())
                audit = self.audit(configuration, observation, "sts " + name)
                findings = [finding for finding in audit["findings"] if finding["code"] == "STS-FORMER-VENDOR"]
                relation = next(check for check in audit["checks"] if check["check"] == RELATION)
                if says is None:
                    self.assertEqual((findings, audit["status"], relation["ok"]), ([], "present", True))
                    continue
                self.assertEqual((len(findings), audit["status"], relation["ok"]), (1, "review", False))
                self.assertEqual([findings[0][key] for key in ("severity", "confidence", "side", "impact")], ["critical", "confirmed", "domain", "unknown"])
                self.assertTrue(audit["next_action"].startswith(findings[0]["action"][:30]), audit["next_action"])
                self.assertTrue(relation["follow_up"])
                for words in says:
                    self.assertIn(words, str(findings[0]))
                for words in silent:
                    self.assertNotIn(words, str(findings[0]))

    def test_a_vendor_that_nobody_lists_and_the_vendor_itself(self):
        observation = published(more=[record("mta-sts.example.com", "CNAME", "sts.oldvendor.example")])
        for name, vendors in (("unlisted", ""), ("itself", "[tlsrpt]\nformer-vendors = example.com; oldvendor.example\n")):
            audit = self.audit(vendors + OWNED, observation, name)
            self.assertNotIn("STS-FORMER-VENDOR", [finding["code"] for finding in audit["findings"]])

    def test_a_name_from_dns_stays_on_its_line(self):
        hostile = "\u001b[31m<i>x\u202e.oldvendor.example"
        self.audit("[tlsrpt]\nformer-vendors = oldvendor.example\n" + OWNED, published(more=[record("mta-sts.example.com", "CNAME", hostile)]), "hostile")
        for words in (("audit", "--offline", "example.com"), ("audit", "--offline", "--format", "html", "example.com"), ("summary", "example.com"),
                      ("summary", "--format", "html", "example.com"), ("check", "--offline", "example.com")):
            out = self.run_tlsrpt(*words).stdout
            self.assertIn(b"oldvendor.example", out, words)
            for mark in (b"\x1b", "\u202e".encode()) + ((b"<i>",) if "html" in words else ()):
                self.assertNotIn(mark, out, words)

    def test_the_corrected_record_is_ready_to_paste(self):
        audit = self.audit(OWNED, with_record("v=TLSRPTv1; rua=tlsrpt@example.com"), "paste")
        action = next(finding["action"] for finding in audit["findings"] if finding["code"] == "TLSRPT-RUA-SYNTAX")
        self.assertIn('_smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:tlsrpt@example.com"', action)

    def test_an_invented_mailbox_is_called_an_example(self):
        for name, configuration, example in (("invented", OWNED, True), ("own", OWNED + "rua = mailto:r@example.com\n", False)):
            audit = self.audit(configuration, published(tlsrpt=False), name)
            action = next(finding["action"] for finding in audit["findings"] if finding["code"] == "TLSRPT-MISSING")
            self.assertEqual("is an example" in action, example)

    def test_each_stage_of_the_ladder(self):
        for stage, (observation, configuration, arrives) in STAGES.items():
            with self.subTest(stage):
                self.audit(configuration, json.loads(json.dumps(observation)), "stage " + stage)
                if arrives:
                    self.ingest("-", data=mail(report(1, failures=0)))
                self.assertEqual(self.read()["stage"], stage)

    def test_a_configured_stage_goes_first(self):
        self.assertEqual(self.audit(OWNED + "stage = ongoing\n", published(tlsrpt=False), "own stage")["stage"], "ongoing")

    def test_a_domain_that_nobody_observed_is_to_review(self):
        self.audit(OWNED, published(), "unseen")
        audit = self.read("unseen.example")
        self.assertEqual([audit["status"], [check["ok"] for check in audit["checks"]][0]], ["review", None])
        self.assertIn("TLSRPT-LOOKUP-FAILED", [finding["code"] for finding in audit["findings"]])

    def test_what_could_not_be_looked_up_is_neither_there_nor_absent(self):
        observation = published(sts=False)
        observation["lookups"] = []
        for name in ("example.com", "_dmarc.example.com", "_mta-sts.example.com", "_smtp._tls.example.com"):
            observation = failing(observation, name, "timeout")
        audit = self.audit(OWNED, observation, "failed")
        self.assertEqual({check["check"]: check["ok"] for check in audit["checks"]},
                         {LOCATION: None, VERSION: None, ADDRESS: None, MAILBOX: None, RELATION: None, PRIORITY: None})
        self.assertEqual([audit["status"], audit["stage"]], ["review", None])
        text = self.run_tlsrpt("audit", "--offline", "example.com").stdout
        self.assertNotIn(b"not published", text)
        self.assertNotIn(b"none was found", text)

    def test_reporting_holds_up_no_mail(self):
        audit = self.audit(OWNED, published(tlsrpt=False), "impact")
        self.assertEqual([finding["impact"] for finding in audit["findings"] if finding["code"] == "TLSRPT-MISSING"], ["delivered"])
        self.assertIn("IN TXT", audit["next_action"])

    def test_the_mailbox_is_proved_by_reports_alone(self):
        audit = self.audit(OWNED, published(), "proof")
        self.assertIsNone(next(check["ok"] for check in audit["checks"] if check["check"] == MAILBOX))
        self.ingest("-", data=mail(report(1, failures=0)))
        audit = self.read()
        self.assertTrue(next(check["ok"] for check in audit["checks"] if check["check"] == MAILBOX))
        self.assertEqual(audit["last_report_at"], "2026-06-08T23:59:59Z")

    def test_a_reporter_that_only_reports_its_own_report_is_no_heartbeat(self):
        self.audit(OWNED, published(), "loop")
        for day in (6, 7, 8):
            document = report(f"l{day}", failures=0, **{"date-range": {
                "start-datetime": f"2026-06-{day:02}T00:00:00Z", "end-datetime": f"2026-06-{day:02}T23:59:59Z"}})
            document["policies"][0]["summary"]["total-successful-session-count"] = 1
            self.ingest("-", data=mail(document))
        self.assertIn("TLSRPT-LOOP", [finding["code"] for finding in self.read()["findings"]])

    def test_unsigned_reports_are_named_where_signatures_can_be_told(self):
        self.audit("[tlsrpt]\nauthserv-id = mx.example.net\n" + OWNED, published(), "signed")
        self.ingest("-", data=b"Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example\n" + mail(report(1, failures=0)))
        self.assertNotIn("TLSRPT-UNAUTHENTICATED", [finding["code"] for finding in self.read()["findings"]])
        self.ingest("-", data=mail(report(2, failures=0)))
        self.assertIn("TLSRPT-UNAUTHENTICATED", [finding["code"] for finding in self.read()["findings"]])

    def test_an_own_mx_with_tlsa_needs_a_record_of_its_own(self):
        tlsa = record("_25._tcp.mx.example.com", "TLSA", "3 1 1 " + "aa" * 32)
        observation = published(more=[dict(tlsa, dnssec="secure")])
        for each in observation["records"]:
            each["dnssec"] = "secure"
        observation["lookups"].append({"name": "_smtp._tls.mx.example.com", "type": "TXT", "status": "nxdomain", "dnssec": "secure"})
        audit = self.audit(OWNED, observation, "host record")
        self.assertIn("TLSRPT-HOST-RECORD-MISSING", [finding["code"] for finding in audit["findings"]])

    def test_what_cannot_be_read_is_told(self):
        self.audit(OWNED, published(), "unreadable")
        self.ingest("-", data=harness.BROKEN)
        self.assertIn("REPORTS-UNREADABLE", [finding["code"] for finding in self.read()["findings"]])

    def test_every_code_of_reporting_is_explained(self):
        done = self.run_tlsrpt("analyze", "--code", "TLSRPT-SILENT")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"TLSRPT-SILENT", done.stdout)


# Those of Check are run in their own file.
for name in [name for name in dir(Check) if name.startswith("test_")]:
    setattr(Audit, name, None)
del Check

if __name__ == "__main__":
    harness.main()
