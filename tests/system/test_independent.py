"""MX matching and readiness, worked out a second time from the RFC and the definition alone, and compared with what
the program says of several hundred domains made at random."""
import datetime, json, random, unittest

import harness
from harness import mail

NOW = datetime.datetime(2026, 6, 10, 12, tzinfo=datetime.timezone.utc)


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def covers(pattern, host):
    """RFC 8461 section 4.1: a name, or "*." and then a name, where the star is one whole label."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if not pattern.startswith("*."):
        return pattern == host
    labels, wanted = host.split("."), pattern[2:].split(".")
    return len(labels) == len(wanted) + 1 and labels[1:] == wanted


def observation(domain, hosts, patterns, mode="enforce", age=1, txt=True, probes=None):
    records = [{"name": domain, "type": "MX", "ttl": 300, "value": f"10 {host}", "dnssec": "insecure"} for host in hosts]
    records += [{"name": host, "type": "A", "ttl": 300, "value": f"192.0.2.{number + 1}", "dnssec": "insecure"}
                for number, host in enumerate(hosts)]
    lookups = []
    if txt:
        records.append({"name": f"_mta-sts.{domain}", "type": "TXT", "ttl": 300, "value": "v=STSv1; id=1;", "dnssec": "insecure"})
    else:
        lookups.append({"name": f"_mta-sts.{domain}", "type": "TXT", "status": "nxdomain", "dnssec": "insecure"})
    policy = None
    if mode:
        lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in patterns), "max_age: 604800"]
        policy = {"url": f"https://mta-sts.{domain}/.well-known/mta-sts.txt", "status": "ok", "http_status": 200,
                  "content_type": "text/plain", "body": "\n".join(lines) + "\n", "certificate_not_after": None, "detail": None}
    smtp = []
    for number, host in enumerate(hosts):
        kind = (probes or {}).get(host, "good")
        if kind == "not probed":
            continue
        good = kind == "good"
        certificate = {"names": [host if kind != "name" else "other.example"], "issuer": "CN=CA", "not_before": "2026-05-01T00:00:00Z",
                       "not_after": "2026-09-01T00:00:00Z", "trust": {"expired": "expired", "untrusted": "untrusted"}.get(kind, "trusted"),
                       "matches_mx": kind != "name", "spki_sha256": "aa" * 32, "cert_sha256": "bb" * 32}
        smtp.append({"mx": host, "address": f"192.0.2.{number + 1}", "status": "ok", "starttls": kind != "bare", "dane": "none",
                     "certificate": certificate if kind != "bare" else None, "certificate_without_sni": None, "detail": None})
        assert good or kind in ("name", "expired", "untrusted", "bare")
    return {"domain": domain, "taken_at": text(NOW - datetime.timedelta(days=age)), "records": records, "lookups": lookups,
            "authorities": [], "policy": policy, "smtp": smtp}


def report(number, domain, reporter, days_ago, failed, mode):
    day = (NOW - datetime.timedelta(days=days_ago)).strftime("%Y-%m-%d")
    failures = [{"result-type": random.choice(["starttls-not-supported", "certificate-expired", "validation-failure"]),
                 "failed-session-count": failed, "receiving-mx-hostname": f"mx1.{domain}"}] if failed else []
    return {"organization-name": reporter, "report-id": f"{number}-{domain}", "contact-info": f"tls@{reporter}",
            "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
            "policies": [{"policy": {"policy-type": "sts", "policy-domain": domain,
                                     "policy-string": ["version: STSv1", f"mode: {mode}", f"mx: mx1.{domain}", "max_age: 604800"]},
                          "summary": {"total-successful-session-count": 50, "total-failure-session-count": failed},
                          "failure-details": failures}]}


class Independent(harness.Case):
    def analyze(self, observations, reports=()):
        path = self.path("observations.json")
        with open(path, "w") as file:
            json.dump(observations, file)
        self.assertEqual(self.run_tlsrpt("observe", "--import", path).returncode, 0)
        if reports:
            box = self.maildir([mail(document).replace(b"reporter.example\n", document["organization-name"].encode() + b"\n")
                                .replace(b"TLS-Report-Domain: example.com", b"TLS-Report-Domain: " + domain.encode())
                                for domain, document in reports])
            self.assertEqual(self.ingest(box)["stored"], len(reports))
        done = self.run_tlsrpt("analyze", "--format", "json", *(each["domain"] for each in observations))
        self.assertEqual(done.returncode, 0, done.stderr)
        return {domain["domain"]: domain for domain in json.loads(done.stdout)["domains"]}

    def test_patterns_cover_what_the_rfc_says(self):
        chance = random.Random(8461)
        labels = ["mx", "mx1", "a", "b", "mail", "x"]
        zones = ["example.com", "h.example.com", "example.net", "mx.example.com"]
        expected, observations = {}, []
        for number in range(300):
            def name():
                return ".".join([*(chance.choice(labels) for _ in range(chance.randrange(0, 3))), chance.choice(zones)])
            hosts = sorted({name() for _ in range(chance.randrange(1, 4))})
            patterns = [chance.choice(["", "*."]) + name() for _ in range(chance.randrange(1, 3))]
            for host in hosts:
                if chance.random() < 0.6:
                    patterns.append(chance.choice([host, "*." + host.split(".", 1)[1], "*." + host]))
            if chance.random() < 0.2:
                patterns[0] = patterns[0].upper()
            domain = f"d{number}.example"
            observations.append(observation(domain, hosts, patterns))
            expected[domain] = sorted(host for host in hosts if not any(covers(pattern, host) for pattern in patterns))
        found = {domain: sorted(finding["mx"] for finding in answer["findings"] if finding["code"] == "STS-MX-NOT-LISTED")
                 for domain, answer in self.analyze(observations).items()}
        self.assertEqual(found, expected)
        self.assertGreater(sum(bool(hosts) for hosts in expected.values()), 50)
        self.assertGreater(sum(not hosts for hosts in expected.values()), 20)

    def test_readiness_is_as_it_is_defined(self):
        chance = random.Random(14)
        random.seed(14)
        expected, observations, reports = {}, [], []
        for number in range(400):
            domain = f"r{number}.example"
            hosts = [f"mx1.{domain}", f"mx2.{domain}"]
            mode = chance.choices(["testing", "enforce", "none", None], [12, 1, 1, 1])[0]
            txt = chance.random() > 0.08 and mode is not None
            listed = hosts if chance.random() > 0.1 else hosts[:1]
            probes = {host: chance.choices(["good", "not probed", "bare", "expired", "untrusted", "name"], [40, 2, 1, 1, 1, 1])[0]
                      for host in hosts}
            age = chance.choice([1, 1, 6, 7, 8])
            observations.append(observation(domain, hosts, listed, mode, age, txt, probes))
            reporters = chance.choice([["one.example"], ["one.example", "two.example"], ["one.example", "two.example"]])
            span = chance.choice([13, 14, 14, 20])
            failure = chance.choice([None, None, None, None, (3, 7), (20, 7), (13, 4), (14, 4), (15, 4)])
            blocking = 0
            for reporter in reporters:
                for days_ago in (1, 1 + span):
                    reports.append((domain, report(len(reports), domain, reporter, days_ago, 0, mode or "testing")))
            if failure:
                days_ago, failed = failure
                reports.append((domain, report(len(reports), domain, reporters[0], days_ago, failed, mode or "testing")))
                # The last 14 days begin at noon; a report of that day reaches into them.
                blocking = failed if days_ago <= 14 else 0
                span = max(span, days_ago - 1)
            expected[domain] = self.readiness(mode, txt, hosts, listed, probes, age, reporters, span, blocking)
        found = {domain: (answer["mta_sts"]["readiness"], answer["mta_sts"]["blocking_sessions"])
                 for domain, answer in self.analyze(observations, reports).items()}
        self.assertEqual({domain: found[domain][0] for domain in expected}, {domain: expected[domain][0] for domain in expected})
        self.assertEqual({domain: found[domain] for domain in expected if expected[domain][0] in ("ready", "not-ready", "insufficient-data")},
                         {domain: expected[domain] for domain in expected if expected[domain][0] in ("ready", "not-ready", "insufficient-data")})
        self.assertEqual({readiness for readiness, _ in expected.values()},
                         {"ready", "not-ready", "insufficient-data", "enforcing", "none"})

    @staticmethod
    def readiness(mode, txt, hosts, listed, probes, age, reporters, span, blocking):
        if mode == "enforce":
            return "enforcing", blocking
        if mode in (None, "none"):
            return "none", blocking
        if blocking or not txt or listed != hosts or any(probe not in ("good", "not probed") for probe in probes.values()):
            return "not-ready", blocking
        if len(reporters) < 2 or span < 14 or age > 7 or "not probed" in probes.values():
            return "insufficient-data", 0
        return "ready", 0


if __name__ == "__main__":
    harness.main()
