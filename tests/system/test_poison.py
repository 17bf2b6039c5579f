"""Whoever knows a reporting address can send reports: the totals of configured domains and the calls stay right."""
import concurrent.futures, contextlib, csv, io, json, os, re, sqlite3, unittest

import harness
from harness import NOW, SPAM, mail, report
from test_check import published

MOST = (1 << 63) - 1
SIGNED = "Authentication-Results: mx.example.net; dkim=pass header.d={}\n"


def named(document, reporter="reporter.example", signed=False, **more):
    """The mail of DOCUMENT as REPORTER sends it."""
    data = mail(document, **more).replace(b"Submitter: reporter.example\n", f"Submitter: {reporter}\n".encode())
    return (SIGNED.format(reporter).encode() if signed else b"") + data


def counting(number, good, domain="example.com", **changes):
    """A report without failures."""
    document = report(number, domain, failures=0, **changes)
    document["policies"][0]["summary"]["total-successful-session-count"] = good
    return document


def zipped(*documents):
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, document in enumerate(documents):
            archive.writestr(f"{number}.json", json.dumps(document))
    return mail(out.getvalue(), kind="application/zip")


class Poison(harness.Case):
    def configure(self, *lines, domains=("example.com",)):
        with open(self.path("tlsrpt.conf"), "w") as file:
            file.write("\n".join(["[tlsrpt]", *lines, *[f"[domain {domain}]\nowner = IT\nsts-owner = IT" for domain in domains], ""]))
        self.env["TLSRPT_CONFIG"] = self.path("tlsrpt.conf")

    def new(self, name):
        """A database of its own for each row of a table."""
        self.db = self.path(f"{name}.db")

    def json_of(self, *arguments, status=(0,)):
        done = self.run_tlsrpt(*arguments, "--format", "json", "--offline")
        self.assertIn(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def total(self, domain="example.com"):
        """The successful sessions of DOMAIN as analyze has them."""
        found = [each for each in self.json_of("analyze")["domains"] if each["domain"] == domain]
        return found[0]["sessions"]["successful"] if found else 0

    def observe(self, *observations):
        with open(self.path("o.json"), "w") as file:
            json.dump(list(observations), file)
        done = self.run_tlsrpt("observe", "--import", self.path("o.json"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def deliver_all(self, *mails):
        return [self.ingest("-", data=data) for data in mails]

    def counters(self):
        with contextlib.closing(sqlite3.connect(self.db)) as database:
            return database.execute("SELECT count(*), sum(reports) FROM quota").fetchone()


class Identity(Poison):
    def test_a_replay_changes_nothing(self):
        self.configure("authserv-id = mx.example.net")
        real = report(1)
        first = named(real, signed=True)
        self.ingest("-", data=first)
        before = self.rows()
        again = [first, named(real), named(real, "stranger.example"), named(real, date="Wed, 10 Jun 2026 09:00:00 +0000"),
                 mail(real, kind="application/tlsrpt+json"), zipped(real, real), json.dumps(real).encode(),
                 b"Content-Type: message/rfc822\n\n" + first]
        for data in again:
            self.assertEqual(set(self.ingest("-", data=data)), {"messages", "duplicate"})
        self.assertEqual(self.rows(), before)

    def test_a_guessed_report_id_takes_nobodys_place(self):
        """(who signed the real one, the forger, signed, dated) in both orders: the real one counts."""
        self.configure("authserv-id = mx.example.net")
        early, late = "Tue, 09 Jun 2026 01:00:00 +0000", "Fri, 01 Jan 2038 00:00:00 +0000"
        rows = [(forger, signed, date, first) for forger in ("reporter.example", "stranger.example") for signed in (False, True)
                for date in (early, late) for first in (False, True) if not signed or forger != "reporter.example"]
        for forger, signed, date, first in rows:
            if signed and first:
                continue  # of two that are signed the first stays: see below
            with self.subTest(forger=forger, signed=signed, date=date, first=first):
                self.new(f"{forger}-{signed}-{date[-13]}-{date[9:11]}-{first}")
                real, forged = named(counting(1, 100), signed=True), named(counting(1, MOST), forger, signed, date=date)
                self.deliver_all(*((forged, real) if first else (real, forged)))
                self.assertEqual(self.total(), 100)
                self.assertEqual(len(self.rows("--since-id", "0")), 1)

    def test_without_signatures_another_name_takes_nobodys_place(self):
        self.configure()
        self.deliver_all(named(counting(1, 100)), named(counting(1, MOST), "stranger.example", date="Fri, 01 Jan 2038 00:00:00 +0000"))
        self.assertEqual(self.total(), 100)

    def test_of_two_that_are_signed_by_others_the_first_stays(self):
        self.configure("authserv-id = mx.example.net")
        self.deliver_all(named(counting(1, 100), signed=True), named(counting(1, 5), "stranger.example", True,
                                                                   date="Fri, 01 Jan 2038 00:00:00 +0000"))
        self.assertEqual(self.total(), 100)

    def test_a_signature_that_only_the_stranger_claims_counts_for_nothing(self):
        self.configure("authserv-id = mx.example.net")
        self.ingest("-", data=named(counting(1, 100), signed=True))
        forged = [
            b"Authentication-Results: evil.example; dkim=pass header.d=reporter.example\n" + named(counting(1, 5)),
            b"Authentication-Results: mx.example.net; none\n" + SIGNED.format("reporter.example").encode() + named(counting(1, 6)),
            SIGNED.format("stranger.example").encode() + named(counting(1, 7)),
            b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + named(counting(1, 8), signed=True),
        ]
        for data in forged:
            data = data.replace(b"Date: Tue, 09", b"Date: Wed, 10")
            self.assertEqual(self.ingest("-", data=data), {"messages": 1, "superseded": 1})
        self.assertEqual(self.total(), 100)

    def test_a_thousand_forged_versions_stand_beside_the_real_one(self):
        self.configure("authserv-id = mx.example.net")
        self.ingest("-", data=named(counting(1, 100), signed=True))
        box = self.maildir([named(counting(1, number)) for number in range(1000, 2000)])
        self.assertEqual(self.ingest(box), {"messages": 1000, "superseded": 1000})
        self.assertEqual(self.total(), 100)
        self.check_integrity()


class Calls(Poison):
    def failing(self, number, reporter, failures, signed=False, **changes):
        document = report(number, failures=failures, **{"contact-info": f"tls@{reporter}", "organization-name": reporter, **changes})
        document["policies"][0]["failure-details"][0]["result-type"] = "validation-failure"
        return named(document, reporter, signed)

    def check(self, status):
        done = self.run_tlsrpt("check", "--offline", "--format", "json")
        self.assertEqual(done.returncode, status, done.stdout)
        return [line["code"] for line in json.loads(done.stdout)["escalations"]]

    def test_any_number_of_forged_failures_calls_nobody(self):
        self.configure("authserv-id = mx.example.net")
        self.observe(published())
        box = [self.failing(number, f"s{number}.example", 1 + number * 1000) for number in range(60)]
        box += [self.failing(99, "absurd.example", MOST), self.failing(98, "absurd2.example", 1 << 70)]
        self.ingest(self.maildir(box))
        self.assertEqual(self.check(1), [])
        # One that is signed does.
        self.ingest("-", data=self.failing(1000, "signed.example", 40, signed=True))
        self.assertEqual(len(self.check(2)), 1)

    def test_a_signed_one_is_heard_however_loud_the_forged_are(self):
        """A stranger's counts make the share of real failures look small; that hides nothing."""
        self.configure("authserv-id = mx.example.net")
        self.observe(published())
        good = [named(counting(f"g{number}", MOST), f"s{number}.example") for number in range(20)]
        self.ingest(self.maildir(good))
        self.ingest("-", data=self.failing(1, "signed.example", 40, signed=True))
        self.assertEqual(len(self.check(2)), 1)

    def test_forged_successes_do_not_end_what_others_suffer(self):
        self.configure("authserv-id = mx.example.net")
        self.observe(published())
        self.ingest("-", data=self.failing(1, "signed.example", 40, signed=True))
        before = self.check(2)
        for day in ("2026-06-09", "2026-06-10"):
            dates = {"date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"}}
            for reporter in ("s1.example", "s2.example", "signed.example"):
                self.ingest("-", data=named(counting(f"{day}{reporter}", 9, **dates), reporter))
        self.assertEqual(self.check(2), before)
        # Those of the reporter itself do.
        for day in ("2026-06-09", "2026-06-10"):
            dates = {"date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T12:59:59Z"}}
            self.ingest("-", data=named(counting(f"{day}real", 9, **dates), "signed.example", True))
        self.assertEqual(self.check(0), [])

    def test_forged_failures_keep_no_call_open(self):
        """It is mended and its reporter says so: what only strangers go on to tell calls nobody."""
        self.configure("authserv-id = mx.example.net")
        self.observe(published())
        self.ingest("-", data=self.failing(1, "signed.example", 40, signed=True))
        self.check(2)
        for day in ("2026-06-09", "2026-06-10"):
            dates = {"date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T12:59:59Z"}}
            self.ingest("-", data=named(counting(f"{day}real", 9, **dates), "signed.example", True))
            self.ingest("-", data=self.failing(f"{day}f", "stranger.example", 40, **dates))
            self.ingest("-", data=self.failing(f"{day}g", "signed.example", 40, **dates))
        self.assertEqual(self.check(1), [])

    def test_what_was_delivered_is_not_refused_because_a_stranger_quotes_enforce(self):
        self.configure("authserv-id = mx.example.net")
        observation = published()
        observation["policy"]["body"] = observation["policy"]["body"].replace("enforce", "testing")
        self.observe(observation)
        document = report(1, failures=40, **{"contact-info": "tls@signed.example", "organization-name": "signed.example"})
        document["policies"][0]["policy"]["policy-string"][1] = "mode: testing"
        document["policies"][0]["failure-details"][0]["result-type"] = "validation-failure"
        self.ingest("-", data=named(document, "signed.example", True))
        self.check(1)
        self.ingest("-", data=self.failing(2, "stranger.example", 40))
        self.assertEqual(self.check(1), [])

    def test_failures_forged_elsewhere_do_not_make_it_the_senders_fault(self):
        """In the name of the one that fails, at hosts of others where all else succeeds."""
        domains = [f"d{number}.example" for number in range(5)]
        self.configure("authserv-id = mx.example.net", domains=("example.com", *domains))
        self.observe(published())
        self.ingest("-", data=self.failing(1, "signed.example", 40, signed=True))
        before = self.check(2)
        for domain in domains:
            document = report(f"f{domain}", domain, failures=40, **{"contact-info": "tls@signed.example"})
            self.ingest("-", data=named(document, "signed.example", domain=domain))
            self.ingest("-", data=named(counting(f"g{domain}", 9, domain), "other.example", domain=domain))
        self.ingest("-", data=named(counting("g", 9), "other.example"))
        self.assertEqual([code for code in self.check(2) if code in before], before)

    def test_kinds_of_failures_without_end_hide_no_real_one(self):
        """Strangers use up the room for kinds of failures of a domain; what is signed has its own."""
        self.configure("authserv-id = mx.example.net")
        self.observe(published(mx="mx1.example.com"))
        box = []
        for number in range(10):
            document = report(f"k{number}", failures=500)
            details = document["policies"][0]["failure-details"]
            details[:] = [dict(details[0], **{"receiving-mx-hostname": f"h{n}.s{number}.example", "failed-session-count": 1}) for n in range(500)]
            box.append(named(document, f"s{number}.example"))
        self.ingest(self.maildir(box))
        self.ingest("-", data=self.failing(1, "signed.example", 40, signed=True))
        found = [finding for finding in self.json_of("analyze")["domains"][0]["findings"] if "signed.example" in finding["reporters"]]
        self.assertEqual([finding["mx"] for finding in found], ["mx.example.com"])
        self.assertEqual(len(self.check(2)), len(found))

    def test_one_absurd_count_and_what_it_does_to_readiness(self):
        """Forged failures can hold a domain back from enforce, which harms nobody's mail and is shown with its
        reporter; forged successes cannot make it ready by their number."""
        self.configure("authserv-id = mx.example.net")
        observation = published()
        observation["policy"]["body"] = observation["policy"]["body"].replace("enforce", "testing")
        self.observe(observation)
        self.ingest("-", data=named(counting("g", MOST), "stranger.example"))
        ready = self.json_of("analyze")["domains"][0]["mta_sts"]
        self.assertEqual(ready["readiness"], "insufficient-data")
        document = report("f", failures=MOST, **{"contact-info": "tls@stranger.example"})
        document["policies"][0]["policy"]["policy-string"][1] = "mode: testing"
        self.ingest("-", data=named(document, "stranger.example"))
        ready = self.json_of("analyze")["domains"][0]["mta_sts"]
        self.assertEqual((ready["readiness"], ready["blocking_sessions"]), ("not-ready", MOST))
        self.assertEqual(self.check(1), [])


class Absurd(Poison):
    """Counts at and beyond 2^63: each total stops there and none is negative."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.observe(published())
        absurd = report(1, failures=MOST, **{"contact-info": "tls@one.example"})
        details = absurd["policies"][0]["failure-details"]
        details.append(dict(details[0], **{"result-type": "starttls-not-supported", "failed-session-count": 1 << 64}))
        absurd["policies"][0]["summary"]["total-successful-session-count"] = MOST
        absurd["policies"].append(json.loads(json.dumps(absurd["policies"][0])))
        absurd["policies"][1]["policy"]["policy-type"] = "tlsa"
        absurd["policies"].append(json.loads(json.dumps(absurd["policies"][0])))
        self.deliver_all(named(absurd, "one.example"), named(absurd | {"report-id": "r2"}, "two.example"), mail(report(3)))

    def numbers(self, value):
        """All numbers in a JSON value."""
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [number for each in value for number in self.numbers(each)]
        return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []

    def sane(self, value):
        for number in self.numbers(value):
            self.assertTrue(0 <= number <= MOST, number)

    def test_in_json(self):
        for arguments in (("analyze",), ("summary",), ("audit",), ("check",), ("summary", "--period", "30d")):
            with self.subTest(arguments):
                self.sane(self.json_of(*arguments, status=(0, 1, 2)))
        answer = self.json_of("analyze")["domains"][0]
        self.assertEqual(answer["sessions"]["failed"], MOST)
        # A total stops at 2^63-1, all of which failed here: what is left is that of the third report.
        self.assertEqual(answer["sessions"]["successful"], 7)
        self.assertEqual(sum(finding["failed_sessions"] for finding in answer["findings"]), MOST)
        for finding in answer["findings"]:
            self.assertTrue(0 <= finding["share"] <= 1, finding)
        self.assertAlmostEqual(max(finding["share"] for finding in answer["findings"]), 1, 3)
        for finding in answer["findings"]:
            done = self.run_tlsrpt("show", finding["id"])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.sane_text(done.stdout)

    def sane_text(self, out):
        text = out.decode()
        self.assertNotRegex(text, r"(?<![\w.:/-])-\d|\bnan\b|\binf\b")
        for number in re.findall(r"(?<![\w.:/-])\d{15,}(?![\w.-])", text):
            self.assertLessEqual(int(number), MOST)
        for percent in re.findall(r"([\d.]+) ?%", text):
            self.assertLessEqual(float(percent), 100, percent)
        return text

    def test_in_text_and_pages(self):
        for arguments in (("analyze",), ("analyze", "--format", "html"), ("summary",), ("summary", "--format", "html"),
                          ("audit",), ("audit", "--format", "csv"), ("audit", "--format", "html"), ("check",)):
            with self.subTest(arguments):
                done = self.run_tlsrpt(*arguments, "--offline")
                self.assertIn(done.returncode, (0, 1, 2), done.stderr)
                text = done.stdout
                if b"<html" in text:
                    text = re.sub(rb"<(style|svg)\b.*?</\1>|<[^>]*>", b" ", text, flags=re.S)
                self.sane_text(text)

    def test_in_the_drawings_of_pages(self):
        for command in ("analyze", "summary"):
            out = self.run_tlsrpt(command, "--format", "html", "--offline").stdout.decode()
            for drawing in re.findall(r"<svg.*?</svg>", out, re.S):
                for number in re.findall(r'="(-?[\d.]+(?:e[+-]?\d+)?|-?nan|-?inf)"', drawing):
                    self.assertTrue(0 <= float(number) < 1e5, number)

    def test_in_exports(self):
        for row in self.rows():
            self.sane([value for key, value in row.items() if key.endswith("sessions") or key.endswith("failures")])
        for rows in ("failure", "policy"):
            out = self.run_tlsrpt("export", "--format", "csv", "--rows", rows).stdout.decode()
            for row in csv.DictReader(io.StringIO(out)):
                for key in ("successful_sessions", "failed_sessions", "unitemised_failures"):
                    if key in row:
                        self.assertTrue(0 <= int(row[key]) <= MOST)
        out = self.run_tlsrpt("export", "--format", "openmetrics").stdout.decode()
        values = [int(line.split()[-1]) for line in out.splitlines() if not line.startswith("#")]
        self.assertTrue(values)
        self.assertTrue(all(0 <= value <= MOST for value in values))
        self.assertIn(f'tlsrpt_sessions{{domain="example.com",result="failed"}} {MOST}', out)

    def test_in_sql(self):
        with contextlib.closing(sqlite3.connect(self.db)) as database:
            sessions = database.execute("SELECT successful_sessions, failed_sessions FROM v_sessions").fetchall()
        self.assertEqual(len(sessions), 3)
        self.assertEqual(sorted(sessions), [(0, MOST), (0, MOST), (7, 2)])

    def test_in_a_call(self):
        out = self.path("told")
        done = self.run_tlsrpt("check", "--offline", "--notify", f"cat > {out}")
        self.assertIn(done.returncode, (1, 2))
        if os.path.exists(out):
            with open(out, "rb") as file:
                self.sane_text(file.read().split(b"\n\n", 1)[1])


class OnlyConfigured(Poison):
    def test_it_needs_a_configured_domain(self):
        self.configure(domains=())
        done = self.run_tlsrpt("ingest", "--only-configured", self.maildir([mail(report(1))]))
        self.assertEqual(done.returncode, 78)
        self.assertIn(b"[domain NAME]", done.stderr)
        self.assertEqual(self.deliver(mail(report(1)), "--only-configured").returncode, 75)

    def test_a_flood_for_other_domains_leaves_nothing(self):
        self.configure()
        self.ingest("--only-configured", "-", data=mail(report(1)))
        total, size = self.total(), os.path.getsize(self.db)
        box = self.maildir([named(report(f"f{number}", f"d{number}.example", **{"organization-name": f"o{number}"}), f"r{number}.example",
                                  domain=f"d{number}.example") for number in range(1500)], "flood")
        self.assertEqual(self.ingest("--only-configured", box), {"messages": 1500, "ignored": 1500})
        # They are known as read: 30 bytes each.
        self.assertLess(os.path.getsize(self.db) - size, 1500 * 60)
        self.assertEqual(self.ingest("--only-configured", box), {})
        with contextlib.closing(sqlite3.connect(self.db)) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM text WHERE text GLOB '[dor][0-9]*'").fetchone(), (0,))
        self.assertEqual(self.total(), total)
        self.assertEqual([domain["domain"] for domain in self.json_of("analyze")["domains"]], ["example.com"])

    def test_of_a_report_of_several_domains_the_configured_are_kept(self):
        self.configure(domains=("b.example",))
        document = report(1, "a.example")
        for domain in ("b.example", "c.example"):
            document["policies"] += report(1, domain)["policies"]
        self.assertEqual(self.ingest("--only-configured", "-", data=mail(document)), {"messages": 1, "stored": 1})
        self.assertEqual([(row["kind"], row["domain"], row["index"]) for row in self.rows()],
                         [("policy", "b.example", 1), ("failure", "b.example", 1)])
        self.assertEqual(self.ingest("-", data=mail(document)), {"messages": 1, "duplicate": 1})

    def test_a_mail_with_reports_of_several_domains(self):
        self.configure()
        data = zipped(report(1), report(2, "other.example"))
        self.assertEqual(self.ingest("--only-configured", "-", data=data), {"messages": 1, "stored": 1, "ignored": 1})
        for outcome, document, status in (("ignored", report(3, "other.example"), 65), ("stored", report(4), 0)):
            self.assertEqual(self.ingest("--only-configured", "--unrecognized=reject", "-", data=mail(document), status=status),
                             {"messages": 1, outcome: 1})
        # Part of it is taken, so that it is not sent back.
        data = zipped(report(5), report(6, "other.example"))
        self.ingest("--only-configured", "--unrecognized=reject", "-", data=data, status=0)

    def test_an_mx_host_belongs_to_the_domain_that_the_mail_names_or_that_was_observed(self):
        self.configure()
        document = report(1, "mx.host.example")
        document["policies"][0]["policy"]["policy-type"] = "tlsa"
        self.assertEqual(self.ingest("--only-configured", "-", data=mail(document)), {"messages": 1, "stored": 1})
        bare = json.dumps(document | {"report-id": "bare"}).encode()
        self.assertEqual(self.ingest("--only-configured", "-", data=bare), {"messages": 1, "ignored": 1})
        self.observe(published(mx="mx.host.example"))
        self.assertEqual(self.ingest("--only-configured", "-", data=bare), {"messages": 1, "stored": 1})
        self.assertEqual({row["domain"] for row in self.rows()}, {"example.com"})

    def test_a_mail_that_is_left_out_is_not_touched(self):
        self.configure()
        box = self.maildir([mail(report(1)), mail(report(2, "other.example")), SPAM])
        self.assertEqual(self.ingest("--only-configured", "--delete", box), {"messages": 3, "stored": 1, "ignored": 2})
        self.assertEqual(len(os.listdir(os.path.join(box, "new"))), 2)
        # Whoever configures the domain later names the files.
        self.configure(domains=("example.com", "other.example"))
        files = sorted(os.path.join(box, "new", name) for name in os.listdir(os.path.join(box, "new")))
        self.assertEqual(self.ingest("--only-configured", *files), {"messages": 2, "stored": 1, "ignored": 1})

    def test_what_is_in_quarantine(self):
        small = "max-report-size = 100"
        self.configure(small)
        for document in (report(1), report(2, "other.example")):
            self.assertEqual(self.ingest("-", data=mail(document)), {"messages": 1, "quarantined": 1})
        self.configure()
        retry = lambda *more: json.loads(self.run_tlsrpt("quarantine", "retry", "--format", "json", *more).stdout)
        counts = retry("--only-configured")
        self.assertEqual((counts["stored"], counts["ignored"], counts["quarantined"]), (1, 1, 0))
        self.assertEqual(len(self.quarantine()), 1)
        self.assertEqual(retry()["stored"], 1)
        self.assertEqual(self.quarantine(), [])

    def test_what_is_broken_is_kept(self):
        self.configure()
        self.assertEqual(self.ingest("--only-configured", "-", data=harness.BROKEN), {"messages": 1, "quarantined": 1})


class Quotas(Poison):
    def test_a_report_beyond_it_waits_in_quarantine_for_another_day(self):
        self.configure("max-reports-a-day = 2")
        mails = [mail(counting(number, 1 << number)) for number in range(4)]
        outcomes = [sorted(counts)[-1] for counts in self.deliver_all(*mails)]
        self.assertEqual(outcomes, ["stored", "stored", "quarantined", "quarantined"])
        self.assertEqual(self.total(), 3)
        for entry in self.quarantine():
            self.assertIn("max-reports-a-day", entry["reason"])
            self.assertIn("2026-06-10", entry["reason"])
        # A replay is a duplicate: of what is stored, and of what waits.
        self.assertEqual(self.deliver_all(*mails), [{"messages": 1, "duplicate": 1}] * 4)
        retry = lambda *more: json.loads(self.run_tlsrpt("quarantine", "retry", "--format", "json", *more).stdout)
        self.assertEqual((retry()["stored"], len(self.quarantine())), (0, 2))
        self.assertEqual(retry("--now", "2026-06-11T00:00:00Z")["stored"], 2)
        self.assertEqual(self.quarantine(), [])
        self.assertEqual(self.total(), 15)

    def test_raising_it_lets_in_what_waits(self):
        self.configure("max-reports-a-day = 1")
        self.deliver_all(*[mail(report(number)) for number in range(5)])
        self.configure("max-reports-a-day = 3")
        self.run_tlsrpt("quarantine", "retry")
        self.assertEqual((len(self.report_ids()), len(self.quarantine())), (3, 2))
        self.configure()
        self.run_tlsrpt("quarantine", "retry")
        self.assertEqual((len(self.report_ids()), len(self.quarantine())), (5, 0))

    def test_a_stranger_uses_up_nothing_of_what_is_signed(self):
        self.configure("authserv-id = mx.example.net", "max-reports-a-day = 3")
        forged = [named(counting(f"f{number}", 1000)) for number in range(50)]
        counts = self.ingest(self.maildir(forged))
        self.assertEqual(counts, {"messages": 50, "stored": 3, "quarantined": 47})
        real = [named(counting(number, 1), signed=True) for number in range(3)]
        self.assertEqual(self.deliver_all(*real), [{"messages": 1, "stored": 1}] * 3)
        self.assertEqual(self.ingest("-", data=named(counting(9, 1), signed=True)), {"messages": 1, "quarantined": 1})

    def test_names_made_up_for_each_report_share_one_quota(self):
        self.configure("authserv-id = mx.example.net", "max-unauthenticated-a-day = 5")
        flood = [named(counting(f"f{number}", 1000), f"r{number}.example") for number in range(200)]
        self.assertEqual(self.ingest(self.maildir(flood)), {"messages": 200, "stored": 5, "quarantined": 195})
        self.assertEqual(self.counters(), (1, 5))
        self.assertEqual(self.ingest("-", data=named(counting(1, 1), signed=True)), {"messages": 1, "stored": 1})

    def test_a_flood_cannot_fill_the_disk(self):
        """Once the quarantine is full, a mail costs a line in its list; in a Maildir it waits there."""
        self.configure("max-reports-a-day = 1", "quarantine-max = 20K")
        received = b"Received: from a by mx.example.net; Wed, 10 Jun 2026 03:00:00 +0000\n"
        self.ingest("-", data=mail(report(0)))
        size = os.path.getsize(self.db)
        padded = [received + mail(report(number)) + b"\nx" * 20000 for number in range(1, 201)]
        box = self.maildir(padded)
        self.assertEqual(self.ingest("--delete", box), {"messages": 200, "quarantined": 200})
        grown = os.path.getsize(self.db) - size
        print(f"a mail beyond the quota and the quarantine: {grown // 200} bytes in the database", flush=True)
        self.assertLess(grown, 200 * 700 + 20 * 1024)
        self.assertIn("quarantine is full", self.quarantine()[-1]["reason"])
        self.assertEqual(len(os.listdir(os.path.join(box, "new"))), 200)
        # None of it is lost.
        self.assertEqual(self.ingest(box), {"messages": 200, "duplicate": 200})
        self.configure()
        self.assertEqual(self.ingest(box), {"messages": 200, "stored": 200})

    def test_a_backlog_counts_for_the_days_on_which_it_arrived(self):
        self.configure("max-reports-a-day = 2")
        def received(number, day):
            return f"Received: from a by mx.example.net; {day} Jun 2026 03:00:00 +0000\n".encode() + mail(report(number))
        box = self.maildir([received(10 * day + number, day) for day in range(1, 10) for number in range(3)])
        self.assertEqual(self.ingest(box), {"messages": 27, "stored": 18, "quarantined": 9})
        # On stdin a mail arrives now, whatever it says; and no day to come has a quota of its own.
        for day in (11, 12, 13):
            self.ingest("-", data=received(100 + day, day))
        self.assertEqual(len(self.report_ids()), 20)
        self.assertEqual(self.ingest(self.maildir([received(200, 25)], "future")), {"messages": 1, "quarantined": 1})

    def test_a_mail_of_several_reports_is_read_as_far_as_it_goes(self):
        self.configure("max-reports-a-day = 3")
        data = zipped(*[report(number) for number in range(5)])
        self.assertEqual(self.ingest("-", data=data), {"messages": 1, "stored": 3, "quarantined": 2})
        self.assertEqual(self.ingest("-", data=data), {"messages": 1, "duplicate": 5})
        self.assertEqual(len(self.quarantine()), 1)
        retry = json.loads(self.run_tlsrpt("quarantine", "retry", "--format", "json").stdout)
        self.assertEqual((retry["duplicate"], retry["quarantined"], len(self.quarantine())), (3, 2, 1))
        self.run_tlsrpt("quarantine", "retry", "--now", "2026-06-11T00:00:00Z")
        self.assertEqual((len(self.report_ids()), self.quarantine()), (5, []))

    def test_what_is_left_out_uses_up_nothing(self):
        self.configure("max-reports-a-day = 1")
        for number in range(5):
            self.ingest("--only-configured", "-", data=mail(report(number, "other.example")))
        self.assertEqual(self.ingest("--only-configured", "-", data=mail(report(9))), {"messages": 1, "stored": 1})

    def test_it_is_exact_however_many_deliver_at_once(self):
        self.configure("max-reports-a-day = 7")
        self.ingest("-", data=SPAM)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda number: self.deliver(mail(report(number))), range(24)))
        self.assertEqual({each.returncode for each in done}, {0})
        self.assertEqual((len(self.report_ids()), len(self.quarantine())), (7, 17))
        self.assertEqual(self.counters(), (1, 7))
        self.check_integrity()

    def test_without_the_keys_nothing_is_counted(self):
        self.configure()
        self.deliver_all(*[mail(report(number)) for number in range(5)])
        self.assertEqual(self.counters(), (0, None))

    def test_explain_has_no_quota(self):
        self.configure("max-reports-a-day = 1")
        box = self.maildir([mail(report(number)) for number in range(3)])
        done = self.run_tlsrpt("explain", "--offline", "--format", "json", box)
        self.assertEqual(json.loads(done.stdout)["domains"][0]["sessions"]["failed"], 6)


if __name__ == "__main__":
    harness.main()
