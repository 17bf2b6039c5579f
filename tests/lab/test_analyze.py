"""The whole chain: a report comes, what the domain publishes is observed from real servers, and the analysis
says what is wrong; it is mended, and the analysis says that too."""
import lab

lab.enter()

import json, os, subprocess, tempfile, time, unittest

from servers import Https, Lab, Smtp

lab.need("knotd", "keymgr", "kzonesign", "openssl")
TLSRPT = os.path.abspath(os.environ.get("TLSRPT", "build/dev/cli/tlsrpt"))
DOMAIN = "example.test"
NS, MX1, MX2, WEB = "127.0.0.1", "127.0.0.31", "127.0.0.32", "127.0.0.33"


def body(*hosts):
    return "version: STSv1\nmode: enforce\n" + "".join(f"mx: {host}\n" for host in hosts) + "max_age: 604800\n"


def answer(text):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
            f"Connection: close\r\n\r\n{text}").encode()


def zone(tlsa, serial):
    return f"""$TTL 300
. SOA ns.test. hostmaster.test. {serial} 3600 600 86400 60
. NS ns.test.
ns.test. A {NS}
{DOMAIN}. MX 10 mx1.{DOMAIN}.
{DOMAIN}. MX 20 mx2.{DOMAIN}.
{DOMAIN}. TXT "v=spf1 mx -all"
_dmarc.{DOMAIN}. TXT "v=DMARC1; p=none"
_smtp._tls.{DOMAIN}. TXT "v=TLSRPTv1; rua=mailto:tlsrpt@{DOMAIN}"
_mta-sts.{DOMAIN}. TXT "v=STSv1; id={serial};"
mta-sts.{DOMAIN}. A {WEB}
mx1.{DOMAIN}. A {MX1}
mx2.{DOMAIN}. A {MX2}
_25._tcp.mx1.{DOMAIN}. TLSA {tlsa}
"""


class Analyze(Lab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.leaf("one", ["mx1.example.test"])
        cls.other = cls.leaf("other", ["mx1.example.test"])
        cls.two = cls.leaf("two", ["mx2.example.test"])
        cls.web = cls.leaf("web", ["mta-sts.example.test"])

    def setUp(self):
        self.db = os.path.join(self.folder, self.id() + ".db")
        self.knot = None
        self.start(Smtp(self.one.context(), banner=b"220 mx1.example.test ESMTP\r\n", address=MX1, port=25))
        self.start(Smtp(self.two.context(), banner=b"220 mx2.example.test ESMTP\r\n", address=MX2, port=25))

    def publish(self, certificate, serial, more=""):
        if self.knot:
            self.knot.stop()
        folder = tempfile.mkdtemp(dir=self.folder)
        signed, anchor = lab.sign(os.path.join(folder, "key"), ".", zone("3 1 1 " + certificate.spki_sha256(), serial) + more)
        self.knot = lab.Knot(os.path.join(folder, "knot"), [NS], {".": signed})
        self.knot.start()
        self.addCleanup(self.knot.stop)
        with open(os.path.join(folder, "anchor"), "w") as file:
            file.write(anchor + "\n")
        self.config = os.path.join(folder, "tlsrpt.conf")
        with open(self.config, "w") as file:
            file.write(f"[tlsrpt]\nresolver = {NS}\ntrust-anchor = {folder}/anchor\npolicy-ca = {self.root.file}\n"
                       f"allow-private-addresses = yes\n[domain {DOMAIN}]\nowner = IT\nsts-owner = IT\n")

    def tlsrpt(self, *arguments, status=0, data=b""):
        done = subprocess.run([TLSRPT, "--db", self.db, "--config", self.config, *arguments], capture_output=True,
                              timeout=120, input=data, env=dict(os.environ, HOME=self.folder))
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout.decode()

    def report(self, number, policy_type, result, mx, strings):
        today = time.strftime("%Y-%m-%d", time.gmtime())
        document = {
            "organization-name": f"Reporter {number}", "report-id": f"r{number}",
            "contact-info": f"tls@reporter{number}.example",
            "date-range": {"start-datetime": f"{today}T00:00:00Z", "end-datetime": f"{today}T23:59:59Z"},
            "policies": [{"policy": {"policy-type": policy_type, "policy-domain": DOMAIN, "policy-string": strings},
                          "summary": {"total-successful-session-count": 3, "total-failure-session-count": 40},
                          "failure-details": [{"result-type": result, "receiving-mx-hostname": mx,
                                               "sending-mta-ip": f"198.51.100.{number}",
                                               "failed-session-count": 40}]}]}
        self.tlsrpt("ingest", "-", data=json.dumps(document).encode())

    def findings(self, *arguments):
        answer = json.loads(self.tlsrpt("analyze", "--format", "json", *arguments, DOMAIN))
        return {finding["code"]: finding for finding in answer["domains"][0]["findings"]}

    def test_hundreds_of_domains_of_a_file_are_audited(self):
        names = [f"d{number}.test" for number in range(500)]
        records = "".join(
            f"{name}. TXT \"v=spf1 -all\"\n_dmarc.{name}. TXT \"v=DMARC1; p=reject\"\n" +
            (f"_smtp._tls.{name}. TXT \"v=TLSRPTv1; rua=mailto:r@{name}\"\n" if number % 2 else "")
            for number, name in enumerate(names))
        self.publish(self.one, 3, records)
        path = os.path.join(self.folder, "domains")
        with open(path, "w") as file:
            file.write("# all of them\n" + "\n".join(names) + "\n")
        domains = json.loads(self.tlsrpt("audit", "--domains", path, "--format", "json"))["domains"]
        self.assertEqual([domain["domain"] for domain in domains], sorted(names))
        self.assertEqual({(int(domain["domain"][1:-5]) % 2, domain["status"]) for domain in domains},
                         {(0, "missing"), (1, "review")})
        self.assertEqual(self.tlsrpt("audit", "--domains", path, "--format", "csv").count("\n"), 501)

    def test_what_is_wrong_is_found_and_what_is_mended_too(self):
        self.publish(self.other, 1)
        web = self.start(Https(self.web.context(), answer(body("mx1.example.test")), address=WEB, port=443))
        self.report(1, "sts", "validation-failure", "mx2.example.test", body("mx1.example.test").split("\n")[:-1])
        self.report(2, "tlsa", "tlsa-invalid", "mx1.example.test", ["3 1 1 " + self.other.spki_sha256()])
        found = self.findings("--fresh")
        listed, mismatch = found["STS-MX-NOT-LISTED"], found["DANE-MISMATCH"]
        self.assertEqual([listed[key] for key in ("mx", "failed_sessions", "confidence", "severity", "state")],
                         ["mx2.example.test", 40, "confirmed", "critical", "ongoing"])
        self.assertIn("mx: mx2.example.test", listed["action"])
        self.assertEqual([mismatch[key] for key in ("mx", "failed_sessions", "confidence", "state")],
                         ["mx1.example.test", 40, "confirmed", "ongoing"])
        self.assertIn(f"_25._tcp.mx1.example.test. IN TLSA 3 1 1 {self.one.spki_sha256()}", mismatch["action"])
        # Two independent reporters are not at one fault: what the observation shows calls somebody all the same.
        self.tlsrpt("check", DOMAIN, status=2)
        self.assertEqual(json.loads(self.tlsrpt("audit", "--format", "json", DOMAIN))["domains"][0]["status"], "present")

        web.close()
        time.sleep(1.1)
        self.publish(self.one, 2)
        self.start(Https(self.web.context(), answer(body("mx1.example.test", "mx2.example.test")), address=WEB,
                         port=443))
        # Before somebody is called, it is looked at again: it is mended, so nobody is.
        told = os.path.join(self.folder, "told")
        self.tlsrpt("check", "--notify", f"cat > {told}", DOMAIN, status=1)
        self.assertFalse(os.path.exists(told))
        found = self.findings("--fresh")
        self.assertEqual({code: found[code]["state"] for code in ("STS-MX-NOT-LISTED",)},
                         {"STS-MX-NOT-LISTED": "stopped"})
        self.assertNotIn("ongoing", [finding["state"] for finding in found.values() if finding["severity"] == "critical"])


if __name__ == "__main__":
    unittest.main()
