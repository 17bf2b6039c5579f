"""The whole chain: tlsrpt runs tlsrpt-net against a signed zone, a policy host and MX hosts of one domain;
what is printed is right in every field, what is stored is the same, and a migration shows as changes."""
import lab

lab.enter()

import hashlib, json, os, subprocess, tempfile, time, unittest

from servers import Https, Lab, Smtp

lab.need("knotd", "keymgr", "kzonesign", "openssl")
TLSRPT = os.path.abspath(os.environ.get("TLSRPT", "build/dev/cli/tlsrpt"))
DOMAIN = "example.test"
BODY = "version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\n"
NS, MX1, MX2, WEB = "127.0.0.1", "127.0.0.31", "127.0.0.32", "127.0.0.33"


def answer(body):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}").encode()


def zone(mx, tlsa, serial):
    return f"""$TTL 300
. SOA ns.test. hostmaster.test. {serial} 3600 600 86400 60
. NS ns.test.
ns.test. A {NS}
{DOMAIN}. MX {mx}
{DOMAIN}. TXT "v=spf1 mx -all"
_dmarc.{DOMAIN}. TXT "v=DMARC1; p=none"
_smtp._tls.{DOMAIN}. TXT "v=TLSRPTv1; rua=mailto:tlsrpt@{DOMAIN}"
_mta-sts.{DOMAIN}. TXT "v=STSv1; id={serial};"
mta-sts.{DOMAIN}. A {WEB}
mx1.{DOMAIN}. A {MX1}
mx2.{DOMAIN}. A {MX2}
_25._tcp.mx1.{DOMAIN}. TLSA {tlsa}
"""


class Observe(Lab):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls.leaf("good", ["mx1.example.test"])
        cls.bad = cls.leaf("bad", ["www.example.test"])
        cls.web = cls.leaf("web", ["mta-sts.example.test"])

    def setUp(self):
        self.tlsa = "3 1 1 " + self.good.spki_sha256()
        self.db = os.path.join(self.folder, self.id() + ".db")
        self.knot = None
        self.publish("10 mx1." + DOMAIN + ".", 1)
        self.start(Https(self.web.context(), answer(BODY), address=WEB, port=443))
        self.mx1 = self.start(Smtp(self.good.context(), banner=b"220 mx1.example.test ESMTP\r\n", address=MX1, port=25))
        self.start(Smtp(self.bad.context(), banner=b"220 mx2.example.test ESMTP\r\n", address=MX2, port=25))

    def publish(self, mx, serial):
        if self.knot:
            self.knot.stop()
        folder = tempfile.mkdtemp(dir=self.folder)
        signed, anchor = lab.sign(os.path.join(folder, "key"), ".", zone(mx, self.tlsa, serial))
        self.knot = lab.Knot(os.path.join(folder, "knot"), [NS], {".": signed})
        self.knot.start()
        self.addCleanup(self.knot.stop)
        with open(os.path.join(folder, "anchor"), "w") as file:
            file.write(anchor + "\n")
        self.config = os.path.join(folder, "tlsrpt.conf")
        with open(self.config, "w") as file:
            file.write(f"[tlsrpt]\nresolver = {NS}\ntrust-anchor = {folder}/anchor\npolicy-ca = {self.root.file}\n"
                       f"allow-private-addresses = yes\n[domain {DOMAIN}]\ndkim-selectors = s1\n")

    def tlsrpt(self, *arguments, status=0):
        done = subprocess.run([TLSRPT, "--db", self.db, "--config", self.config, *arguments], capture_output=True,
                              timeout=120, env=dict(os.environ, HOME=self.folder))
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()

    def observe(self, *arguments):
        return json.loads(self.tlsrpt("observe", *arguments, DOMAIN))

    def test_a_printed_observation_is_right_in_every_field(self):
        begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        seen = self.observe("--print")
        self.assertEqual(list(seen), ["domain", "taken_at", "records", "lookups", "authorities", "policy", "smtp"])
        self.assertEqual(seen["domain"], DOMAIN)
        self.assertTrue(begin <= seen["taken_at"] <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        records = {(record["name"], record["type"], record["value"]) for record in seen["records"]}
        self.assertLessEqual({
            (DOMAIN, "MX", "10 mx1.example.test"), (DOMAIN, "TXT", "v=spf1 mx -all"),
            ("_dmarc." + DOMAIN, "TXT", "v=DMARC1; p=none"), ("_mta-sts." + DOMAIN, "TXT", "v=STSv1; id=1;"),
            ("_smtp._tls." + DOMAIN, "TXT", "v=TLSRPTv1; rua=mailto:tlsrpt@example.test"),
            ("mta-sts." + DOMAIN, "A", WEB), ("mx1." + DOMAIN, "A", MX1),
            ("_25._tcp.mx1." + DOMAIN, "TLSA", self.tlsa)}, records)
        self.assertEqual({record["dnssec"] for record in seen["records"]}, {"secure"})
        self.assertEqual({record["ttl"] for record in seen["records"]}, {300})
        absent = {(lookup["name"], lookup["type"]): (lookup["status"], lookup["dnssec"]) for lookup in seen["lookups"]}
        self.assertEqual(absent["mx1." + DOMAIN, "AAAA"], ("nodata", "secure"))
        self.assertEqual(absent["s1._domainkey." + DOMAIN, "TXT"], ("nxdomain", "secure"))
        self.assertEqual(absent["default._bimi." + DOMAIN, "TXT"], ("nxdomain", "secure"))
        self.assertEqual(seen["authorities"], [])
        sha256 = hashlib.sha256(BODY.encode()).hexdigest()
        self.assertEqual(seen["policy"], {
            "url": "https://mta-sts.example.test/.well-known/mta-sts.txt", "status": "ok", "http_status": 200,
            "content_type": "text/plain", "body": BODY, "certificate_not_after": self.web.end(), "detail": None,
            "addresses": [{"address": WEB, "status": "ok", "http_status": 200, "body_sha256": sha256}]})
        self.assertEqual(len(seen["smtp"]), 1)
        probe = seen["smtp"][0]
        begin = probe["certificate"].pop("not_before")
        self.assertLess(begin, seen["taken_at"])
        self.assertEqual(probe, {
            "mx": "mx1.example.test", "address": MX1, "status": "ok", "starttls": True,
            "banner": "220 mx1.example.test ESMTP", "starttls_reply": "220 go ahead", "tls_version": "TLSv1.3",
            "helo": "mx.example.com",
            "certificate": {"names": ["mx1.example.test"], "issuer": "CN = Lab Intermediate",
                            "not_after": self.good.end(), "trust": "trusted", "matches_mx": True,
                            "spki_sha256": self.good.spki_sha256(), "cert_sha256": self.good.cert_sha256()},
            "chain": [{"subject": "CN = Lab Intermediate", "spki_sha256": self.middle.spki_sha256(),
                       "cert_sha256": self.middle.cert_sha256()}],
            "certificate_without_sni": None, "dane": "match", "detail": None})

    def test_a_printed_one_imports_to_the_rows_of_a_stored_one(self):
        printed = self.tlsrpt("observe", "--print", DOMAIN)
        path = os.path.join(self.folder, "printed.json")
        with open(path, "w") as file:
            file.write(printed)
        for new in (1, 0):
            self.assertEqual(json.loads(self.tlsrpt("observe", "--import", path, "--format", "json")),
                             {"observations": 1, "new": new})
        time.sleep(1.1)
        self.observe("--format", "json")
        self.assertEqual(json.loads(self.tlsrpt("changes", DOMAIN, "--format", "json"))["changes"], [])

    def test_a_migration_shows_as_changes(self):
        self.observe("--format", "json")
        time.sleep(1.1)
        self.publish("10 mx2." + DOMAIN + ".", 2)
        after = self.observe("--format", "json")
        self.assertEqual([(probe["mx"], probe["certificate"]["matches_mx"], probe["dane"]) for probe in after["smtp"]],
                         [("mx2.example.test", False, "none")])
        changes = json.loads(self.tlsrpt("changes", DOMAIN, "--format", "json"))["changes"]
        kinds = {(change["kind"], change["name"]): change for change in changes}
        self.assertEqual(kinds["mx", DOMAIN]["before"], ["10 mx1.example.test"])
        self.assertEqual(kinds["mx", DOMAIN]["after"], ["10 mx2.example.test"])
        self.assertEqual(kinds["mta-sts", "_mta-sts." + DOMAIN]["after"], ["v=STSv1; id=2;"])
        self.assertNotIn("spf", {kind for kind, _ in kinds})
        self.assertNotIn("policy", {kind for kind, _ in kinds})

    def test_text_for_people_says_what_is_there(self):
        said = self.tlsrpt("observe", DOMAIN)
        for word in (DOMAIN, "mx1.example.test", "enforce", "STARTTLS", "mailto:tlsrpt@example.test"):
            self.assertIn(word, said)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
