"""Who is called, and for what: the escalations, what does not escalate, and that it is told once."""
import datetime, email, json, os, unittest

import harness
from harness import mail, report



def record(name, kind, value):
    return {"name": name, "type": kind, "ttl": 300, "value": value, "dnssec": "insecure"}


def published(at="2026-06-09T12:00:00Z", rua="mailto:tlsrpt@example.com", sts=True, tlsrpt=True, starttls=True, mx="mx.example.com",
              more=(), lookups=()):
    """What example.com publishes: all in order but for what the arguments say."""
    records = [record("example.com", "MX", f"10 {mx}"), record(mx, "A", "203.0.113.9"),
               record("example.com", "TXT", "v=spf1 mx -all"), record("_dmarc.example.com", "TXT", "v=DMARC1; p=none; rua=mailto:d@example.com"),
               record("example.com", "NS", "ns1.example.net"), *more]
    lookups = list(lookups)
    if tlsrpt:
        records.append(record("_smtp._tls.example.com", "TXT", f"v=TLSRPTv1; rua={rua}"))
    else:
        lookups.append({"name": "_smtp._tls.example.com", "type": "TXT", "status": "nxdomain", "dnssec": "insecure"})
    policy = None
    if sts:
        records += [record("_mta-sts.example.com", "TXT", "v=STSv1; id=1;"), record("mta-sts.example.com", "A", "203.0.113.8")]
        policy = {"url": "https://mta-sts.example.com/.well-known/mta-sts.txt", "status": "ok", "http_status": 200,
                  "content_type": "text/plain", "body": f"version: STSv1\nmode: enforce\nmx: {mx}\nmax_age: 604800\n",
                  "certificate_not_after": "2026-09-01T00:00:00Z", "detail": None}
    else:
        lookups.append({"name": "_mta-sts.example.com", "type": "TXT", "status": "nxdomain", "dnssec": "insecure"})
    certificate = {"names": [mx], "issuer": "CN=CA", "not_before": "2026-05-01T00:00:00Z", "not_after": "2026-08-01T00:00:00Z",
                   "trust": "trusted", "matches_mx": True, "spki_sha256": "aa" * 32, "cert_sha256": "bb" * 32}
    smtp = [{"mx": mx, "address": "203.0.113.9", "status": "ok", "starttls": starttls, "helo": mx, "dane": "none",
             "detail": None, "certificate": certificate if starttls else None, "certificate_without_sni": None}]
    return {"domain": "example.com", "taken_at": at, "records": records, "lookups": lookups, "authorities": [],
            "policy": policy, "smtp": smtp}


class Check(harness.Case):
    def configure(self, domain="", general=""):
        path = self.path("tlsrpt.conf")
        with open(path, "w") as file:
            file.write(f"[tlsrpt]\n{general}\n[domain example.com]\nowner = IT\nsts-owner = IT\n{domain}\n")
        self.env["TLSRPT_CONFIG"] = path

    def observe(self, *observations):
        path = self.path("observations.json")
        with open(path, "w") as file:
            json.dump(list(observations), file)
        done = self.run_tlsrpt("observe", "--import", path)
        self.assertEqual(done.returncode, 0, done.stderr)

    def failures(self, *reporters, signed="", start="2026-06-08", count=40):
        """Each reporter tells of failures at the MX that no observation explains."""
        for number, reporter in enumerate(reporters):
            document = report(f"{reporter}-{start}", failures=count, **{
                "organization-name": reporter, "contact-info": f"tls@{reporter}",
                "date-range": {"start-datetime": f"{start}T00:00:00Z", "end-datetime": f"{start}T23:59:59Z"}})
            detail = document["policies"][0]["failure-details"][0]
            detail.update({"result-type": "validation-failure", "failed-session-count": count})
            document["policies"][0]["policy"]["policy-string"][2] = "mx: mx.example.com"
            data = mail(document).replace(b"reporter.example\n", reporter.encode() + b"\n")
            if signed:
                data = f"Authentication-Results: {signed}; dkim=pass header.d={reporter}\n".encode() + data
            self.assertEqual(self.ingest("-", data=data), {"messages": 1, "stored": 1})

    def check(self, *arguments, status):
        done = self.run_tlsrpt("check", "--offline", "--format", "json", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def codes(self, answer):
        return sorted(line["code"] for line in answer["escalations"])

    def test_a_healthy_domain_is_ok(self):
        self.configure()
        self.observe(published())
        self.ingest("-", data=mail(report(1, failures=0)))
        self.assertEqual(self.codes(self.check(status=0)), [])

    def test_one_unsigned_reporter_calls_nobody_and_two_do(self):
        self.configure()
        self.observe(published())
        self.failures("one.example")
        answer = self.check(status=1)
        self.assertEqual(self.codes(answer), [])
        self.assertIn("authserv-id", " ".join(answer["notes"]))
        self.failures("two.example")
        answer = self.check(status=2)
        self.assertEqual(self.codes(answer), ["UNEXPLAINED"])
        self.assertIn("authserv-id", " ".join(answer["notes"]))

    def test_with_an_authserv_id_only_signed_reports_call(self):
        for signed, status in (("", 1), ("forged.example", 1), ("mx.example.net", 2)):
            with self.subTest(signed):
                self.db = self.path(f"{signed}.db")
                self.configure(general="authserv-id = mx.example.net")
                self.observe(published())
                self.failures("one.example", "two.example", signed=signed)
                self.check(status=status)

    def test_what_the_newest_observation_shows_needs_no_report(self):
        self.configure()
        self.observe(published(starttls=False))
        self.assertEqual(self.codes(self.check(status=2)), ["TLS-NO-STARTTLS"])

    def test_failures_under_testing_are_a_warning(self):
        self.configure()
        observation = published()
        observation["policy"]["body"] = observation["policy"]["body"].replace("enforce", "testing")
        self.observe(observation)
        for reporter in ("one.example", "two.example"):
            document = report(reporter, failures=40, **{"contact-info": f"tls@{reporter}"})
            document["policies"][0]["policy"]["policy-string"][1] = "mode: testing"
            document["policies"][0]["failure-details"][0]["result-type"] = "validation-failure"
            self.ingest("-", data=mail(document).replace(b"reporter.example\n", reporter.encode() + b"\n"))
        self.assertEqual(self.codes(self.check(status=1)), [])

    def test_reports_that_go_to_a_former_vendor(self):
        for vendor, status in (("oldvendor.example", 2), ("other.example", 0)):
            with self.subTest(vendor):
                self.configure(general=f"former-vendors = {vendor}")
                self.observe(published(rua="mailto:r@in.oldvendor.example"))
                self.check(status=status)

    def test_mta_sts_that_a_former_vendor_has_a_hand_in(self):
        for vendor, status in (("oldvendor.example", 2), ("other.example", 0)):
            with self.subTest(vendor):
                self.configure(general=f"former-vendors = {vendor}")
                self.observe(published(more=[record("_mta-sts.example.com", "CNAME", "r.oldvendor.example")]))
                self.assertEqual(self.codes(self.check(status=status)), ["STS-FORMER-VENDOR"] if status else [])

    def test_a_mailbox_that_cannot_be_reached(self):
        self.configure()
        self.observe(published(rua="mailto:r@gone.example", lookups=[
            {"name": "gone.example", "type": "MX", "status": "nxdomain", "dnssec": "insecure"}]))
        self.assertEqual(self.codes(self.check(status=2)), ["TLSRPT-RUA-UNREACHABLE"])

    def test_a_mailbox_that_went_silent(self):
        for days, status in ((7, 1), (8, 2)):
            with self.subTest(days):
                self.db = self.path(f"silent-{days}.db")
                self.configure()
                self.observe(published())
                for day in range(days):
                    self.ingest("-", data=mail(report(f"s{day}", failures=0, **{"date-range": {
                        "start-datetime": f"2026-05-{10 + day:02}T00:00:00Z", "end-datetime": f"2026-05-{10 + day:02}T23:59:59Z"}})))
                self.check(status=status)

    def heard(self, *days_ago):
        """A report of each of these days, with successes only; now is 2026-06-10T12:00:00Z."""
        self.configure()
        self.observe(published())
        for ago in days_ago:
            day = (datetime.date(2026, 6, 10) - datetime.timedelta(days=ago)).isoformat()
            self.ingest("-", data=mail(report(f"h{ago}", failures=0, **{"date-range": {
                "start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"}})))

    def test_a_domain_with_rare_reports_is_silent_against_its_own_habit(self):
        for last, status in ((12, 0), (17, 1)):
            with self.subTest(last):
                self.db = self.path(f"rare-{last}.db")
                self.heard(*range(last, last + 90, 10))
                self.check(status=status)

    def test_seven_days_are_a_silence_where_few_reports_came(self):
        self.heard(8, 18, 28)
        self.check(status=1)

    def test_one_long_hole_is_no_habit_of_silence(self):
        self.heard(*range(8, 20), *range(42, 60))
        answer = self.check(status=2)
        self.assertEqual(self.codes(answer), ["TLSRPT-SILENT"])

    def test_compliance_without_an_owner(self):
        for compliance, status in (("yes", 2), ("no", 0)):
            with self.subTest(compliance):
                path = self.path("tlsrpt.conf")
                with open(path, "w") as file:
                    file.write(f"[domain example.com]\ncompliance = {compliance}\nsts-owner = IT\n")
                self.env["TLSRPT_CONFIG"] = path
                self.observe(published())
                self.ingest("-", data=mail(report(1, failures=0)))
                self.check(status=status)

    def test_an_mx_record_that_nobody_meant_to_change_until_it_is_acknowledged(self):
        self.configure()
        self.observe(published("2026-06-01T12:00:00Z", sts=False), published("2026-06-09T12:00:00Z", sts=False, mx="mx.other.example"))
        answer = self.check(status=2)
        self.assertEqual(self.codes(answer), ["MAIL-RECORD-CHANGED"])
        changes = json.loads(self.run_tlsrpt("changes", "--format", "json", "example.com").stdout)["changes"]
        known = [change["id"] for change in changes if change["kind"] == "mx"]
        self.assertEqual(self.run_tlsrpt("acknowledge", *known).returncode, 0)
        self.assertEqual(self.codes(self.check(status=0)), [])

    def test_no_tlsrpt_record_on_a_small_domain_is_no_emergency(self):
        path = self.path("tlsrpt.conf")
        with open(path, "w") as file:
            file.write("[domain example.com]\npriority = low\n")
        self.env["TLSRPT_CONFIG"] = path
        self.observe(published(tlsrpt=False, sts=False))
        self.check(status=0)
        audit = json.loads(self.run_tlsrpt("audit", "--offline", "--format", "json", "example.com").stdout)
        self.assertEqual(audit["domains"][0]["status"], "not-prioritized")

    def test_it_is_told_once_and_once_that_it_is_over(self):
        self.configure(general="mail-from = tlsrpt@example.net\nmail-to = it@example.org")
        self.observe(published(starttls=False))
        out = self.path("mail")
        self.check("--notify", f"cat >> {out}", status=2)
        with open(out, "rb") as file:
            message = email.message_from_binary_file(file)
        self.assertEqual([message["From"], message["To"]], ["tlsrpt@example.net", "it@example.org"])
        self.assertIn("example.com", message["Subject"])
        self.assertIn("Enable", message.get_payload(decode=True).decode())
        os.unlink(out)
        self.check("--notify", f"cat >> {out}", status=2)
        self.assertFalse(os.path.exists(out))
        self.observe(published("2026-06-10T11:00:00Z"))
        self.ingest("-", data=mail(report(1, failures=0)))
        self.check("--notify", "exit 1", status=0)
        answer = self.check("--notify", f"cat >> {out}", status=0)
        self.assertEqual([line["state"] for line in answer["escalations"]], ["resolved"])
        with open(out, "rb") as file:
            self.assertIn("over", email.message_from_binary_file(file)["Subject"])
        self.assertEqual(self.check(status=0)["escalations"], [])
        # It returns, and is told again.
        self.observe(published("2026-06-10T11:30:00Z", starttls=False))
        self.check("--notify", f"cat > {out}", status=2)
        with open(out, "rb") as file:
            self.assertIn("CRITICAL", email.message_from_binary_file(file)["Subject"])

    def test_what_was_acknowledged_is_told_when_it_comes_back(self):
        self.configure()
        self.observe(published(starttls=False))
        at = lambda minute: ("--now", f"2026-06-10T12:{minute}:00Z")
        tell = ("--notify", "cat > /dev/null")
        answer = self.check(*tell, *at("00"), status=2)
        acknowledge = ("acknowledge", answer["escalations"][0]["id"])
        self.run_tlsrpt(*acknowledge, *at("05"))
        self.assertEqual(self.check(*at("06"), status=0)["escalations"][0]["state"], "acknowledged")
        self.assertIn(b"1 acknowledged", self.run_tlsrpt("check", *at("06")).stdout)
        self.observe(published("2026-06-10T11:00:00Z"))
        self.check(*tell, *at("10"), status=0)
        self.observe(published("2026-06-10T11:30:00Z", starttls=False))
        self.assertEqual(self.check(*tell, *at("20"), status=2)["escalations"][0]["state"], "new")
        self.assertEqual(self.check(*tell, *at("21"), status=2)["escalations"][0]["state"], "ongoing")
        self.run_tlsrpt(*acknowledge, *at("25"))
        self.assertEqual(self.check(*at("26"), status=0)["escalations"][0]["state"], "acknowledged")

    def test_every_fault_is_unknown(self):
        self.configure(general="silent-after = banana")
        for arguments in ((), ("--bogus",), ("--format", "xml"), ("--notify",), ("--notify", "")):
            done = self.run_tlsrpt("check", *arguments)
            self.assertEqual(done.returncode, 3, arguments)
            self.assertTrue(done.stdout.startswith(b"TLSRPT UNKNOWN - "), done.stdout)

    def test_a_message_has_a_sender(self):
        self.configure()
        self.observe(published(starttls=False))
        out = self.path("mail")
        self.check("--notify", f"cat > {out}", status=2)
        with open(out, "rb") as file:
            self.assertRegex(email.message_from_binary_file(file)["From"], "^tlsrpt@.")

    def test_a_clients_own_command_and_address_go_first(self):
        own = self.path("own")
        self.configure(domain=f"mail-to = client@client.example\nnotify = cat > {own}", general="mail-to = it@example.org")
        self.observe(published(starttls=False))
        self.check("--notify", "exit 1", status=2)
        with open(own, "rb") as file:
            self.assertEqual(email.message_from_binary_file(file)["To"], "client@client.example")

    def test_an_alert_that_goes_to_the_failing_domain_says_so(self):
        self.configure(general="mail-to = it@example.com")
        self.observe(published(starttls=False))
        done = self.run_tlsrpt("check", "--offline", "--notify", "cat > /dev/null")
        self.assertIn(b"another address", done.stderr)

    def test_without_notify_nothing_is_written(self):
        self.configure()
        self.observe(published(starttls=False))
        before = open(self.db, "rb").read()
        self.check(status=2)
        self.assertEqual(open(self.db, "rb").read(), before)


if __name__ == "__main__":
    harness.main()
