"""What is coming: each kind of entry with its date and how it is known, and a near miss of each."""
import json, re, unittest

from harness import main
from test_whatif import NOW, TESTING, Story, failure, report

MX1 = "mx1.example.com 192.0.2.1"
TLSA = "_25._tcp.mx1.example.com TLSA"
POLICY = ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "mx: mx2.example.com", "max_age: 604800"]
VENDOR = "[tlsrpt]\nformer-vendors = oldvendor.example\n"


class Configured(Story):
    """A story under a configuration."""

    def __init__(self, *arguments, config="", **more):
        self.config = config
        super().__init__(*arguments, **more)

    def run(self, *words, status=0):
        path = self.folder / "tlsrpt.conf"
        path.write_text(self.config)
        return super().run("--config", str(path), *words, status=status)


def certificate(name, start, end, key=None):
    return {"certificate": {"cert_sha256": (name * 64)[:64], "spki_sha256": key or (name * 64)[:64],
                            "not_before": f"{start}T00:00:00Z", "not_after": f"{end}T00:00:00Z"}}


def seen(at, smtp=None, **more):
    return {"at": f"{at}T12:00:00Z", **({"smtp": {MX1: smtp}} if smtp else {}), **more}


# 90 days each, renewed 30 days before the end, a new key each time.
THREE = [certificate("a", "2026-01-25", "2026-04-25"), certificate("b", "2026-03-26", "2026-06-24"), certificate("c", "2026-05-25", "2026-08-23")]
RENEWED = [seen("2026-03-20", THREE[0]), seen("2026-03-27", THREE[1]), seen("2026-05-20", THREE[1]),
           seen("2026-05-26", THREE[2]), seen("2026-06-19", THREE[2])]


class Forecast(unittest.TestCase):
    def forecast(self, story):
        answer = json.loads(story.run("summary", "--format", "json", story.domain))
        forecast = answer["domains"][0]["forecast"]
        self.assertEqual([entry["at"] for entry in forecast], sorted(entry["at"] for entry in forecast))
        for entry in forecast:
            self.assertEqual(sorted(entry), ["action", "at", "host", "kind", "overdue", "text", "title"])
            self.assertTrue(entry["title"] and entry["text"] and entry["action"] and entry["host"], entry)
            self.assertLess(entry["at"], "2026-12")
        return forecast

    def only(self, story, kind):
        entries = [entry for entry in self.forecast(story) if entry["kind"] == kind]
        self.assertEqual(len(entries), 1, self.forecast(story))
        return entries[0]

    def kinds(self, story):
        return [entry["kind"] for entry in self.forecast(story)]

    # ---- renewals

    def test_a_renewal_is_expected_by_the_history(self):
        entry = self.only(Story(self, [], RENEWED), "certificate-renewal")
        self.assertEqual((entry["at"], entry["host"], entry["overdue"]), ("2026-07-24T00:00:00Z", "mx1.example.com", False))
        self.assertIn("renewed 2 times, 30 days before the end each time, with a new key; the one in use ends 2026-08-23", entry["text"])

    def test_near_miss_beyond_90_days_and_without_a_history(self):
        self.assertEqual(self.kinds(Story(self, [], NOW)), [])
        long = [seen("2026-05-20", certificate("a", "2025-06-20", "2026-06-20")), seen("2026-05-25", certificate("b", "2026-05-21", "2027-05-21"))]
        self.assertEqual(self.kinds(Story(self, [], long)), [])

    def test_an_overdue_renewal_and_the_end_that_follows(self):
        story = Story(self, [], RENEWED + [seen("2026-08-12", THREE[2])], now="2026-08-12T18:00:00Z")
        renewal, end = self.only(story, "certificate-renewal"), [entry for entry in self.forecast(story) if entry["kind"] == "certificate-end" and entry["host"] == "mx1.example.com"][0]
        self.assertEqual((renewal["at"], renewal["overdue"]), ("2026-07-24T00:00:00Z", True))
        self.assertIn("overdue", renewal["title"])
        self.assertEqual((end["at"], end["overdue"]), ("2026-08-23T00:00:00Z", False))
        self.assertIn("2026-07-24, overdue: ", story.run("summary", story.domain))
        finding = next(f for f in story.analyzed()["findings"] if f["code"] == "CERT-EXPIRES-SOON" and f["mx"] == "mx1.example.com")
        self.assertIn("was to be expected 2026-07-24, and is overdue since then", str(finding["evidence"]))

    def test_near_miss_it_passed_and_nobody_has_looked(self):
        entry = self.only(Story(self, [], RENEWED, now="2026-07-30T12:00:00Z"), "certificate-renewal")
        self.assertFalse(entry["overdue"])
        self.assertIn("Nobody has looked since", entry["text"])

    def test_an_end_without_a_history_is_told_30_days_ahead(self):
        story = Story(self, [], NOW, now="2026-07-24T00:00:00Z")
        self.assertEqual([(entry["kind"], entry["at"], entry["host"]) for entry in self.forecast(story)],
                         [("certificate-end", "2026-08-20T00:00:00Z", "mta-sts.example.com"),
                          ("certificate-end", "2026-08-23T00:00:00Z", "mx1.example.com"), ("certificate-end", "2026-08-23T00:00:00Z", "mx2.example.com")])
        self.assertEqual(self.kinds(Story(self, [], NOW, now="2026-07-20T23:59:59Z")), [])

    def test_who_renewed_after_the_end_may_do_so_again(self):
        late = [seen("2026-05-01", certificate("a", "2026-02-10", "2026-05-11")), seen("2026-05-14", certificate("b", "2026-05-14", "2026-08-12"))]
        entry = self.only(Story(self, [], late), "certificate-end")
        self.assertEqual(entry["at"], "2026-08-12T00:00:00Z")
        self.assertIn("renewed once, 3 days after the end", entry["text"])
        self.assertNotIn("certificate-renewal", self.kinds(Story(self, [], late)))

    def test_the_policy_host(self):
        ends = [{"certificate_not_after": f"2026-{end}T00:00:00Z"} for end in ("06-20", "08-20")]
        story = Story(self, [], [seen("2026-05-20", policy=ends[0]), seen("2026-05-21", policy=ends[1])])
        entry = self.only(story, "certificate-renewal")
        self.assertEqual((entry["at"][:10], entry["host"]), ("2026-07-21", "mta-sts.example.com"))

    def test_addresses_that_renew_apart_are_named(self):
        second = "mx1.example.com 192.0.2.9"
        other = [certificate("d", "2026-02-25", "2026-05-26"), certificate("e", "2026-05-10", "2026-08-08")]
        history = [seen(each["at"][:10], each["smtp"][MX1]) for each in RENEWED]
        for number, each in enumerate(history):
            each["records"] = {"mx1.example.com A": ["192.0.2.1", "192.0.2.9"]}
            each["smtp"][second] = other[number > 1]
        entries = [entry for entry in self.forecast(Story(self, [], history)) if entry["kind"] == "certificate-renewal"]
        self.assertEqual([entry["at"][:10] for entry in entries], ["2026-07-23", "2026-07-24"])
        self.assertIn("mx1.example.com at 192.0.2.9", entries[0]["title"])
        self.assertIn("mx1.example.com at 192.0.2.1", entries[1]["title"])

    # ---- TLSA

    def fragile(self, ttl=300, now="2026-06-20T12:00:00Z", extra=(), keys="abbcc"):
        history = []
        for name, each in zip(keys, RENEWED):
            history.append(dict(each, records={TLSA: ["3 1 1 " + name * 64, *extra]}, dnssec={TLSA: "secure"}, ttl={TLSA: ttl},
                                smtp={MX1: dict(each["smtp"][MX1], dane="match")}))
        return Story(self, [], history, now=now)

    def test_a_renewal_that_breaks_the_tlsa(self):
        story = self.fragile()
        self.assertIn("DANE-FRAGILE", [finding["code"] for finding in story.analyzed()["findings"]])
        entry = self.only(story, "tlsa-breaks")
        self.assertEqual((entry["at"], entry["host"]), ("2026-07-24T00:00:00Z", "mx1.example.com"))
        self.assertIn("Senders with DANE then refuse to deliver there", entry["text"])
        self.assertIn("RFC 7672", entry["text"])
        self.assertIn("2026-07-23 23:50 UTC", entry["action"])
        self.assertNotIn("certificate-renewal", self.kinds(story))
        self.assertNotIn("rollover-too-late", self.kinds(story))
        finding = next(f for f in story.analyzed()["findings"] if f["code"] == "DANE-FRAGILE")
        self.assertIn("2026-07-24", finding["title"])
        self.assertIn("renewed 2 times", str(finding["evidence"]))

    def test_near_miss_the_next_record_is_there(self):
        kinds = self.kinds(self.fragile(extra=("3 1 1 " + "f" * 64,)))
        self.assertNotIn("tlsa-breaks", kinds)
        self.assertIn("certificate-renewal", kinds)

    def test_too_late_for_two_ttls(self):
        story = self.fragile(ttl=86400, now="2026-07-22T12:00:00Z")
        entry = self.only(story, "rollover-too-late")
        self.assertEqual(entry["at"], "2026-07-22T00:00:00Z")
        self.assertIn("86400 seconds", entry["text"])
        self.only(story, "tlsa-breaks")
        self.assertNotIn("rollover-too-late", self.kinds(self.fragile(ttl=86400, now="2026-07-21T12:00:00Z")))
        self.assertNotIn("rollover-too-late", self.kinds(self.fragile(ttl=86400, now="2026-07-22T12:00:00Z", extra=("3 1 1 " + "f" * 64,))))

    def test_the_plan_has_the_date_of_the_next_record(self):
        plan = json.loads(self.fragile(ttl=86400).run("plan", "example.com", "certificate", "--format", "json"))
        step = plan["steps"][0]
        self.assertEqual((step["not_before"], step["not_after"]), (None, "2026-07-22T00:00:00Z"))
        self.assertIn("expected 2026-07-24 (renewed 2 times, 30 days before the end each time)", step["text"])
        self.assertIn(", by 2026-07-22", self.fragile(ttl=86400).run("plan", "example.com", "certificate"))
        late = json.loads(self.fragile(ttl=86400, now="2026-07-23T12:00:00Z").run("plan", "example.com", "certificate", "--format", "json"))
        self.assertIsNone(late["steps"][0]["not_after"])
        self.assertIn("too late", late["steps"][0]["text"])
        renewal = json.loads(Story(self, [], RENEWED, now="2026-08-01T12:00:00Z").run("plan", "example.com", "certificate", "--format", "json"))
        self.assertIn("expected 2026-07-24", renewal["steps"][0]["text"])

    # ---- policies

    def test_the_end_of_an_older_policy(self):
        only = ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "max_age: 2592000"]
        history = [seen("2026-06-15", policy={"body_lines": only}), seen("2026-06-18", policy={"body_lines": POLICY})]
        entry = self.only(Story(self, [], history), "policy-end")
        self.assertEqual((entry["at"], entry["host"]), ("2026-07-18T12:00:00Z", "mta-sts.example.com"))
        self.assertIn("mx2.example.com", entry["action"])

    def test_near_misses_of_an_older_policy(self):
        only = {"body_lines": ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "max_age: 86400"]}
        over = [seen("2026-06-15", policy=only), seen("2026-06-18", policy={"body_lines": POLICY})]
        self.assertNotIn("policy-end", self.kinds(Story(self, [], over)))
        back = [seen("2026-06-15", policy={"body_lines": POLICY}), seen("2026-06-16", policy=only), seen("2026-06-19", policy={"body_lines": POLICY})]
        self.assertNotIn("policy-end", self.kinds(Story(self, [], back)))
        was_testing = [seen("2026-06-15", policy={"body_lines": TESTING}), seen("2026-06-18", policy={"body_lines": POLICY})]
        self.assertNotIn("policy-end", self.kinds(Story(self, [], was_testing)))

    # ---- testing

    def reports(self, first, last, **more):
        return [report(f"2026-06-{day:02}", reporter, TESTING, **more) for day in range(first, last) for reporter in ("one.example", "two.example")]

    def in_testing(self, since, *days):
        return [seen(day, policy={"body_lines": TESTING}) for day in (since, *days, "2026-06-19")]

    def test_testing_that_will_be_forgotten(self):
        story = Story(self, self.reports(3, 20), self.in_testing("2026-06-01"))
        entry = self.only(story, "testing-forgotten")
        self.assertEqual(entry["at"], "2026-07-01T12:00:00Z")
        self.assertNotIn("STS-TESTING-FORGOTTEN", [finding["code"] for finding in story.analyzed()["findings"]])

    def test_testing_that_is_forgotten_since(self):
        story = Story(self, [report(f"2026-05-{day}", "one.example", TESTING) for day in (22, 23)] + self.reports(3, 20), self.in_testing("2026-05-01"))
        entry = self.only(story, "testing-forgotten")
        self.assertLess(entry["at"], "2026-06-20")
        self.assertIn("since then", entry["title"])
        self.assertIn("STS-TESTING-FORGOTTEN", [finding["code"] for finding in story.analyzed()["findings"]])

    def test_near_miss_not_ready_and_in_force(self):
        failing = Story(self, self.reports(3, 20, failed=3, failures=[failure()]), self.in_testing("2026-06-01"))
        self.assertEqual(self.kinds(failing), [])
        self.assertNotIn("testing-forgotten", self.kinds(Story(self, self.reports(3, 20), NOW)))

    def test_testing_that_is_stuck(self):
        reports = self.reports(3, 20, failed=3, failures=[failure()])
        entry = self.only(Story(self, reports, self.in_testing("2026-03-01", "2026-04-15", "2026-05-30")), "testing-stuck")
        self.assertEqual(entry["at"], "2026-05-30T12:00:00Z")
        self.assertIn("In the way: ", entry["text"])
        self.assertNotIn("testing-stuck", self.kinds(Story(self, reports, self.in_testing("2026-04-01"))))

    # ---- a former vendor

    def vendor(self, records, config=VENDOR, **more):
        return Configured(self, [], [seen("2026-06-19", records=records, **more)], config=config)

    def test_a_policy_host_at_a_former_vendor(self):
        story = self.vendor({"mta-sts.example.com CNAME": ["mta-sts.oldvendor.example"]})
        entry = self.only(story, "delegation-at-risk")
        self.assertEqual(entry["at"], "2026-06-19T12:00:00Z")
        self.assertIn("max_age of a year", entry["text"])
        self.assertIn("holds it until 2026-06-26 12:00 UTC", entry["text"])
        self.assertNotIn("delegation-at-risk", self.kinds(self.vendor({"mta-sts.example.com CNAME": ["mta-sts.vendor.example"]})))
        self.assertNotIn("delegation-at-risk", self.kinds(self.vendor({"mta-sts.example.com CNAME": ["mta-sts.oldvendor.example"]}, config="")))

    # ---- how it is shown

    def test_the_nearest_five_and_how_many_more(self):
        hosts = [f"mx{number}.example.com" for number in range(1, 9)]
        history = [{"at": "2026-06-15T12:00:00Z", "records": {"example.com MX": [f"10 {host}" for host in hosts],
                                                              **{f"{host} A": [f"192.0.2.{number}"] for number, host in enumerate(hosts, 1)}},
                    "smtp": {f"{host} 192.0.2.{number}": {} for number, host in enumerate(hosts, 1)}}]
        story = Story(self, [], history, now="2026-08-01T12:00:00Z")
        self.assertEqual(len(self.forecast(story)), 9)
        text, page = story.run("summary", story.domain), story.run("summary", "--format", "html", story.domain)
        self.assertEqual(len(re.findall(r"^    2026-08-2\d: The certificate", text, re.M)), 5)
        self.assertIn("    and 4 more\n", text)
        self.assertEqual(len(re.findall(r"<li><strong>2026-08-2\d:</strong>", page)), 5)
        self.assertIn("What is coming", page)
        self.assertIn("and 4 more", page)
        story.run("dashboard", "-q", "-o", str(story.folder / "site"), story.domain)
        page = (story.folder / "site" / "domain" / "example.com.html").read_text()
        self.assertEqual((page.count("<li><strong>2026-08-2"), page.count("#coming"), page.count("and 4 more")), (5, 1, 1))

    def test_nothing_observed_nothing_coming(self):
        story = Story(self, [report()], [])
        self.assertEqual(self.forecast(story), [])
        self.assertNotIn("What is coming", story.run("summary", story.domain))


if __name__ == "__main__":
    main()
