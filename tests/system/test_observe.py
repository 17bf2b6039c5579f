"""`tlsrpt observe` and the program that has the sockets, in whose place a script stands here."""
import json, os, sqlite3, stat

from harness import Case, mail, report, main

# Notes what it was told, and answers with what the test wrote beside it.
STAND_IN = """#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$@" > "$here/arguments"
cat > "$here/domains"
cat "$here/answer" 2>/dev/null
exit "$(cat "$here/status" 2>/dev/null || echo 0)"
"""


def observation(domain, **more):
    return dict({"domain": domain, "taken_at": "2026-06-10T11:00:00Z",
                 "records": [{"name": domain, "type": "MX", "ttl": 60, "value": f"10 MX.{domain}."}],
                 "lookups": [{"name": f"_smtp._tls.{domain}", "type": "TXT", "status": "nxdomain"}],
                 "smtp": []}, **more)


class Observe(Case):
    def setUp(self):
        super().setUp()
        self.env["TLSRPT_NET"] = self.write("tlsrpt-net", STAND_IN)
        os.chmod(self.env["TLSRPT_NET"], stat.S_IRWXU)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def answer(self, *observations):
        self.write("answer", "".join(json.dumps(o) + "\n" for o in observations))

    def observe(self, *arguments, status=0):
        done = self.run_tlsrpt("observe", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()

    def rows(self, sql):
        with sqlite3.connect(self.db) as db:
            return db.execute(sql).fetchall()

    def test_each_domain_is_stored_and_shown_in_the_order_of_names(self):
        self.answer(observation("b.example"), observation("a.example"))
        shown = self.observe("b.example", "A.example", "a.example.")
        self.assertEqual(self.read("domains"), "a.example\nb.example\n")
        self.assertLess(shown.index("a.example, observed 2026-06-10T11:00:00Z"), shown.index("b.example, observed"))
        self.assertIn("  MX        10 mx.a.example\n", shown)
        self.assertIn("  TLS-RPT   none\n", shown)
        self.assertIn("  the MX hosts were not probed\n", shown)
        self.assertNotIn("DMARC", shown)
        self.assertEqual(self.rows("SELECT DISTINCT domain FROM v_observation ORDER BY 1"),
                         [("a.example",), ("b.example",)])

    def test_policy_and_probes_are_shown_in_plain_words(self):
        certificate = {"not_after": "2026-07-01T00:00:00Z", "trust": "self-signed", "matches_mx": False}
        self.answer(observation("a.example", policy={"status": "ok", "body": "version: STSv1\nmode: testing\nmx: mx.a.example\nmax_age: 86400\n"}, smtp=[
            {"mx": "mx.a.example", "address": "192.0.2.1", "status": "ok", "starttls": True, "tls_version": "TLSv1.3", "certificate": certificate, "dane": "mismatch"},
            {"mx": "mx.a.example", "address": "192.0.2.2", "status": "timeout", "detail": "no answer\x1b[1m"}]))
        self.assertEqual(self.observe("a.example").split("\n")[1:], [
            "  MX        10 mx.a.example", "  TLS-RPT   none",
            "  policy    served: mode testing, mx mx.a.example, max_age 86400",
            "  mx.a.example [192.0.2.1]: STARTTLS TLSv1.3, certificate self-signed, until 2026-07-01, not for this name, DANE does not match",
            "  mx.a.example [192.0.2.2]: does not answer in time: no answer\\x1b[1m", ""])

    def test_it_is_told_what_the_configuration_says(self):
        config = self.write("tlsrpt.conf", """[tlsrpt]
resolver = 127.0.0.1@5300
trust-anchor = anchor
policy-ca = /ca.pem
connect-to = a.example:443:127.0.0.1:8443; b.example:443:127.0.0.1:8443
smtp-port = 2525
allow-private-addresses = yes
[domain a.example]
dkim-selectors = s1; s2
[domain c.example]
""")
        self.answer(observation("a.example"), observation("c.example"))
        self.observe("--config", config, "--all", "--no-probe")
        self.assertEqual(self.read("domains"), "a.example\ts1;s2\nc.example\n")
        self.assertEqual(self.read("arguments").split("\n"), [
            "observe", "--resolver", "127.0.0.1@5300", "--trust-anchor", self.path("anchor"),
            "--policy-ca", "/ca.pem", "--connect-to", "a.example:443:127.0.0.1:8443",
            "--connect-to", "b.example:443:127.0.0.1:8443", "--smtp-port", "2525",
            "--allow-private-addresses", "--no-probe", ""])

    def test_print_needs_no_database_and_imports_to_the_same(self):
        self.answer(observation("a.example"))
        printed = self.observe("a.example", "--print")
        self.assertFalse(os.path.exists(self.db))
        self.assertEqual(json.loads(printed)["records"][0]["value"], "10 mx.a.example")
        self.observe("a.example")
        self.assertEqual(self.observe("--import", self.write("printed", printed)), "1 observation read, 0 new\n")

    def test_domains_of_recent_reports(self):
        self.run_tlsrpt("ingest", "-", data=mail(report(1, "r.example"), domain="r.example"))
        self.run_tlsrpt("ingest", "-", data=mail(report(2, "no host"), domain="no host"))
        self.answer(observation("a.example"), observation("r.example"))
        self.observe("a.example", "--reported")
        self.assertEqual(self.read("domains"), "a.example\nr.example\n")
        self.observe("--reported", "--now", "2026-09-10T12:00:00Z")

    def test_without_a_domain_it_is_the_configured_ones_and_the_reported(self):
        config = self.write("tlsrpt.conf", "[domain c.example]\n[domain d.example]\n")
        self.run_tlsrpt("ingest", "-", data=mail(report(1, "r.example"), domain="r.example"))
        self.answer(*map(observation, ("c.example", "d.example", "r.example")))
        self.observe("--config", config, "--reported")
        self.assertEqual(self.read("domains"), "c.example\nd.example\nr.example\n")
        self.answer(*map(observation, ("c.example", "d.example")))
        self.observe("--config", config)
        self.assertEqual(self.read("domains"), "c.example\nd.example\n")
        self.answer(observation("c.example"))
        self.observe("--config", config, "c.example")
        self.assertEqual(self.read("domains"), "c.example\n")

    def test_what_was_not_asked_for_is_not_stored(self):
        self.answer(observation("a.example"), observation("evil.example"))
        self.observe("a.example", status=70)
        self.assertEqual(self.rows("SELECT DISTINCT domain FROM v_observation"), [("a.example",)])

    def test_what_is_no_observation_is_not_stored(self):
        self.write("answer", json.dumps(observation("a.example")) + '\nnonsense\n{"domain":"b.example"}\n')
        self.observe("a.example", "b.example", status=70)
        self.assertEqual(self.rows("SELECT DISTINCT domain FROM v_observation"), [("a.example",)])

    def test_a_domain_without_an_answer_is_a_failure(self):
        self.answer(observation("a.example"))
        self.observe("a.example", "b.example", status=69)

    def test_what_came_before_a_failure_is_kept(self):
        self.answer(observation("a.example"))
        self.write("status", "75")
        self.observe("a.example", "b.example", status=69)
        self.assertEqual(self.rows("SELECT DISTINCT domain FROM v_observation"), [("a.example",)])

    def test_a_program_that_is_not_there_is_unavailable(self):
        self.env["TLSRPT_NET"] = self.path("none")
        self.observe("a.example", status=69)

    def test_many_domains(self):
        names = [f"d{i}.example" for i in range(3000)]
        self.answer(*(observation(name) for name in names))
        self.observe("-q", *names)
        self.assertEqual(self.rows("SELECT count(*) FROM observation"), [(3000,)])

    def test_offline_forbids_it(self):
        self.observe("a.example", "--offline", status=64)
        self.assertFalse(os.path.exists(self.path("arguments")))


if __name__ == "__main__":
    main()
