"""What tlsrpt-net observes in DNS, field by field, with Knot as everybody's name server: a signed and an
unsigned zone, some that are broken, secondaries that were left behind, dead ones, and silence."""
import json, os, shutil, socket, subprocess, tempfile, time, unittest

import lab

DIGEST = "ab" * 32
ADDRESS = {1: "127.0.0.1", 2: "127.0.0.2", "refuses": "127.0.0.3", "root": "127.0.0.4", "fake": "127.0.0.5", "silent": "127.0.0.8", "dead": "127.0.0.9"}
BULK = 300
MX = 15


def zone(name, body, servers=("ns1",)):
    """A zone file. The servers' names are in the zone itself."""
    where = {"ns1": ADDRESS[1], "ns2": ADDRESS[2], "ns3": ADDRESS["dead"], "ns4": ADDRESS["refuses"]}
    lines = [f"$ORIGIN {name}.", "$TTL 300", "@ SOA ns1 hostmaster 1 3600 600 86400 60"]
    lines += [f"@ NS {server}\n{server} A {where[server]}" for server in servers]
    return "\n".join(lines) + "\n" + body + "\n"


GOOD = zone("good.example", f"""
@ MX 10 mx1
@ MX 20 mx2
@ TXT "v=spf1 mx -all"
@ TXT "verification=1"
mx1 A 127.0.0.21
mx1 AAAA ::1
mx2 CNAME host
host A 127.0.0.22
_25._tcp.mx1 TLSA 3 1 1 {DIGEST}
_25._tcp.host TLSA 3 1 1 {DIGEST}
_smtp._tls TXT "v=TLSRPTv1;" " rua=mailto:tls@reports.example" ",mailto:tls@nowhere.example"
_smtp._tls.mx1 TXT "v=TLSRPTv1; rua=mailto:dane@good.example"
_mta-sts CNAME _mta-sts.plain.example.
_dmarc TXT "v=DMARC1; p=none"
s1._domainkey CNAME s1.keys.plain.example.
_tlsrpt TXT "v=TLSRPTv1; rua=mailto:old@good.example"
""", ("ns1", "ns2", "ns3", "ns4"))

PLAIN = zone("plain.example", """
@ A 127.0.0.23
_mta-sts TXT "v=STSv1; id=1"
s1.keys TXT "v=DKIM1; p=AAAA"
mta-sts A 127.0.0.24
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@gone.example"
_25._tcp TLSA 3 1 1 """ + DIGEST)

NULL_MX = zone("null.example", "@ MX 0 .")
REPORTS = zone("reports.example", "@ MX 5 in\nin A 127.0.0.25")
BIG = zone("big.example", "\n".join(f'_smtp._tls TXT "{n:03} {"x" * 200}"' for n in range(20)), ("ns1", "ns2"))
BROKEN = zone("broken.example", '@ MX 10 mx\nmx A 127.0.0.21\n_smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@broken.example"')
EXPIRED = zone("expired.example", "@ MX 10 mx\nmx A 127.0.0.21")
LOOP = zone("loop.example", "_smtp._tls CNAME _mta-sts\n_mta-sts CNAME _smtp._tls\n@ MX 10 mx\nmx A 127.0.0.21")
ALIAS = zone("alias.example", "_smtp._tls CNAME gone.reports.example.\n@ MX 10 nowhere.alias.example.")
MANY = zone("bulk.example", "\n".join(f"d{n:03} MX 10 mx" for n in range(BULK)) + "\nmx A 127.0.0.26")
OWN_MX = zone("own.example", "\n".join(f"d{n:02} MX 10 mx.d{n:02}\nmx.d{n:02} A 127.0.1.{n}" for n in range(40)))
CHILDREN = {"own.example": OWN_MX, "plain.example": PLAIN, "null.example": NULL_MX, "reports.example": REPORTS, "big.example": BIG,
            "loop.example": LOOP, "alias.example": ALIAS, "bulk.example": MANY}
ROOT = """$TTL 300
. SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 60
. NS ns.example.test.
ns.example.test. A 127.0.0.4
example.test. MX 10 mx.example.test.
mx.example.test. A 127.0.0.21
"""


def delegation(name, record=""):
    return f"{name}. NS ns1.{name}.\nns1.{name}. A {ADDRESS[1]}\n{record}\n"


class Dns(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tlsrpt-lab-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        good, good_ds = lab.sign(cls.path("good"), "good.example", GOOD)
        broken, broken_ds = lab.sign(cls.path("broken"), "broken.example", BROKEN)
        broken = broken.replace("mx.broken.example.\n", "mx.evil.example.\n", 1)
        expired, expired_ds = lab.sign(cls.path("expired"), "expired.example", EXPIRED, 1577836800)
        parent = zone("example", "".join([delegation(name) for name in CHILDREN] + [
            delegation("good.example", good_ds), delegation("broken.example", broken_ds),
            delegation("expired.example", expired_ds)]))
        parent, anchor = lab.sign(cls.path("parent"), "example", parent)
        zones = {"example": parent, "good.example": good, "broken.example": broken, "expired.example": expired,
                 **CHILDREN}
        cls.anchor = cls.path("anchor")
        with open(cls.anchor, "w", encoding="ascii") as file:
            file.write(anchor + "\n")
        stale = GOOD.replace("@ MX 20 mx2", "@ MX 20 old").replace("mx2 CNAME host", "mx2 A 127.0.0.22")
        cls.start(cls.path("first"), [ADDRESS[1]], zones)
        cls.start(cls.path("second"), [ADDRESS[2]],
                  {"good.example": stale, "big.example": BIG.replace("000 x", "000 y")})
        cls.start(cls.path("third"), [ADDRESS["refuses"]], {"other.example": zone("other.example", "")})
        cls.start(cls.path("root"), [ADDRESS["root"]], {".": ROOT})
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind((ADDRESS["silent"], 53))
        cls.addClassCleanup(silent.close)

    @classmethod
    def path(cls, name):
        path = os.path.join(cls.folder, name)
        if name != "anchor":
            os.makedirs(path, exist_ok=True)
        return path

    @classmethod
    def start(cls, *arguments):
        knot = lab.Knot(*arguments)
        cls.addClassCleanup(knot.stop)
        knot.start()

    def run_net(self, lines, *options, resolver=ADDRESS[1], anchor=True, timeout=120):
        arguments = [lab.TLSRPT_NET, "observe", "--resolver", resolver, "--allow-private-addresses", *options]
        if anchor:
            arguments += ["--trust-anchor", self.anchor]
        return subprocess.run(arguments, input="".join(line + "\n" for line in lines), capture_output=True,
                              text=True, timeout=timeout)

    def observe(self, *lines, probe=False, **more):
        done = self.run_net(lines, *([] if probe else ["--no-probe"]), **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(sorted(one["domain"] for one in found), sorted(line.split("\t")[0] for line in lines))
        return found[0] if len(lines) == 1 else found

    @staticmethod
    def records(observation, *types):
        return {(r["name"], r["type"], r["value"]): r["dnssec"] for r in observation["records"]
                if not types or r["type"] in types}

    @staticmethod
    def lookups(observation):
        return {(one["name"], one["type"]): (one["status"], one["dnssec"]) for one in observation["lookups"]}

    # ---- answers ----

    def test_a_signed_zone_is_written_down_record_by_record(self):
        seen = self.observe("good.example\ts1;none")
        secure = {
            ("good.example", "MX", "10 mx1.good.example"), ("good.example", "MX", "20 mx2.good.example"),
            ("good.example", "TXT", "v=spf1 mx -all"), ("good.example", "TXT", "verification=1"),
            ("good.example", "NS", "ns1.good.example"), ("good.example", "NS", "ns2.good.example"),
            ("good.example", "NS", "ns3.good.example"), ("good.example", "NS", "ns4.good.example"),
            ("mx1.good.example", "A", "127.0.0.21"), ("mx1.good.example", "AAAA", "::1"),
            ("mx2.good.example", "CNAME", "host.good.example"), ("host.good.example", "A", "127.0.0.22"),
            ("_25._tcp.mx1.good.example", "TLSA", "3 1 1 " + DIGEST),
            ("_25._tcp.host.good.example", "TLSA", "3 1 1 " + DIGEST),
            ("_smtp._tls.good.example", "TXT",
             "v=TLSRPTv1; rua=mailto:tls@reports.example,mailto:tls@nowhere.example"),
            ("_smtp._tls.mx1.good.example", "TXT", "v=TLSRPTv1; rua=mailto:dane@good.example"),
            ("_tlsrpt.good.example", "TXT", "v=TLSRPTv1; rua=mailto:old@good.example"),
            ("_mta-sts.good.example", "CNAME", "_mta-sts.plain.example"),
            ("_dmarc.good.example", "TXT", "v=DMARC1; p=none"),
            ("s1._domainkey.good.example", "CNAME", "s1.keys.plain.example"),
        }
        insecure = {
            ("_mta-sts.plain.example", "TXT", "v=STSv1; id=1"), ("s1.keys.plain.example", "TXT", "v=DKIM1; p=AAAA"),
            ("reports.example", "MX", "5 in.reports.example"),
        }
        self.assertEqual(self.records(seen), {**dict.fromkeys(secure, "secure"), **dict.fromkeys(insecure, "insecure")})
        self.assertTrue(all(r["ttl"] <= 300 for r in seen["records"]))
        self.assertEqual(seen["smtp"], [])
        self.assertEqual(list(seen), ["domain", "taken_at", "records", "lookups", "authorities", "policy", "smtp"])

    def test_every_negative_answer_has_an_entry(self):
        absent = ("nxdomain", "secure")
        below = ["_tls._smtp", "_smtp-tls", "_smtp_tls", "_smtp._tcp", "_tls-rpt", "_smtp-tlsrpt",
                 "_smtp._tls._domainkey", "default._bimi", "none._domainkey"]
        expected = {(f"{name}.good.example", "TXT"): absent for name in below}
        expected.update({
            ("_smtp._tls.good.example.good.example", "TXT"): absent,
            ("_smtp._tls.host.good.example", "TXT"): absent,
            ("_smtp.good.example", "TXT"): absent,
            ("_tls.good.example", "TXT"): ("nodata", "secure"),  # there is a name below it
            ("_25._tcp.good.example", "TLSA"): absent, ("_25._tcp.mx2.good.example", "TLSA"): absent,
            ("mta-sts.good.example", "A"): absent, ("mta-sts.good.example", "AAAA"): absent,
            ("mta-sts.good.example", "CNAME"): absent,
            ("mx1.good.example", "CNAME"): ("nodata", "secure"),
            ("mx2.good.example", "AAAA"): ("nodata", "secure"), ("host.good.example", "AAAA"): ("nodata", "secure"),
            ("nowhere.example", "MX"): absent,
        })
        seen = self.lookups(self.observe("good.example\ts1;none"))
        self.assertEqual(seen, expected)

    def test_an_unsigned_zone_is_insecure_and_its_own_mx(self):
        seen = self.observe("plain.example")
        self.assertEqual(self.records(seen, "A", "TLSA", "MX"), {
            ("plain.example", "A", "127.0.0.23"): "insecure", ("mta-sts.plain.example", "A", "127.0.0.24"): "insecure",
            ("_25._tcp.plain.example", "TLSA", "3 1 1 " + DIGEST): "insecure"})
        looked = self.lookups(seen)
        self.assertEqual(looked["plain.example", "MX"], ("nodata", "insecure"))
        self.assertEqual(looked["plain.example", "AAAA"], ("nodata", "insecure"))
        self.assertEqual(looked["gone.example", "MX"], ("nxdomain", "secure"))
        self.assertEqual(seen["authorities"], [])
        self.assertEqual(seen["policy"]["status"], "connect-error")

    def test_a_null_mx_has_no_host(self):
        seen = self.observe("null.example")
        self.assertEqual(self.records(seen, "MX"), {("null.example", "MX", "0 ."): "insecure"})
        self.assertNotIn(("null.example", "A"), self.lookups(seen))
        self.assertEqual(seen["policy"]["status"], "no-host")

    def test_what_does_not_exist_is_an_observation_too(self):
        seen = self.observe("nosuch.example")
        self.assertEqual(seen["records"], [])
        self.assertEqual(set(self.lookups(seen).values()), {("nxdomain", "secure")})

    def test_a_resolver_that_leaves_signatures_out_makes_everything_indeterminate(self):
        seen = self.observe("example.test", resolver=ADDRESS["root"], anchor=False)
        self.assertEqual(self.records(seen, "MX", "A"), {
            ("example.test", "MX", "10 mx.example.test"): "indeterminate",
            ("mx.example.test", "A", "127.0.0.21"): "indeterminate"})
        self.assertEqual(self.lookups(seen)["_mta-sts.example.test", "TXT"], ("nxdomain", "indeterminate"))

    def test_an_alias_to_nothing_is_both_alias_and_nothing(self):
        seen = self.observe("alias.example")
        self.assertEqual(self.records(seen, "CNAME"),
                         {("_smtp._tls.alias.example", "CNAME", "gone.reports.example"): "insecure"})
        looked = self.lookups(seen)
        self.assertEqual(looked["_smtp._tls.alias.example", "TXT"], ("nxdomain", "insecure"))
        self.assertEqual(looked["gone.reports.example", "TXT"], ("nxdomain", "insecure"))
        self.assertEqual(looked["nowhere.alias.example", "A"], ("nxdomain", "insecure"))

    # ---- broken zones ----

    def test_a_record_changed_after_signing_is_bogus_and_not_used(self):
        seen = self.observe("broken.example")
        self.assertEqual(self.lookups(seen)["broken.example", "MX"], ("bogus", "bogus"))
        self.assertEqual(self.records(seen, "MX", "A"), {})
        self.assertEqual(self.records(seen)["_smtp._tls.broken.example", "TXT",
                                            "v=TLSRPTv1; rua=mailto:a@broken.example"], "secure")

    def test_expired_signatures_are_bogus(self):
        seen = self.observe("expired.example")
        self.assertEqual(seen["records"], [])
        self.assertEqual(set(self.lookups(seen).values()), {("bogus", "bogus")})

    def test_aliases_in_a_circle_end(self):
        started = time.monotonic()
        seen = self.observe("loop.example")
        self.assertLess(time.monotonic() - started, 30)
        self.assertIn(("mx.loop.example", "A", "127.0.0.21"), self.records(seen))
        self.assertIn(("_smtp._tls.loop.example", "TXT"), self.lookups(seen))

    # ---- the servers one by one ----

    def test_a_secondary_left_behind_a_dead_and_a_refusing_server_are_told_apart(self):
        seen = {(one["server"], one["address"], one["name"], one["type"]): (one["status"], one["values"])
                for one in self.observe("good.example")["authorities"]}
        names = [("good.example", "MX"), ("_smtp._tls.good.example", "TXT"), ("_mta-sts.good.example", "TXT"),
                 ("_25._tcp.good.example", "TLSA"), ("_25._tcp.mx1.good.example", "TLSA"),
                 ("_25._tcp.host.good.example", "TLSA"), ("_25._tcp.mx2.good.example", "TLSA")]
        expected = {("ns2.good.example", ADDRESS[2], "good.example", "MX"):
                    ("ok", ["10 mx1.good.example", "20 old.good.example"])}
        for name, kind in names:
            expected["ns3.good.example", ADDRESS["dead"], name, kind] = ("timeout", None)
            expected["ns4.good.example", ADDRESS["refuses"], name, kind] = ("servfail", None)
        self.assertEqual(seen, expected)

    def test_a_long_answer_comes_over_tcp(self):
        entries = self.observe("big.example")["authorities"]
        self.assertEqual([(one["server"], one["type"], one["status"]) for one in entries],
                         [("ns2.big.example", "TXT", "ok")])
        self.assertEqual(entries[0]["values"],
                         [f"{n:03} {'x' * 200}" if n else "000 y" + "x" * 199 for n in range(20)])

    def test_private_addresses_are_asked_only_where_allowed(self):
        done = subprocess.run([lab.TLSRPT_NET, "observe", "--resolver", ADDRESS[1], "--no-probe", "--trust-anchor",
                               self.anchor], input="good.example\n", capture_output=True, text=True, timeout=60)
        seen = json.loads(done.stdout)
        self.assertEqual(seen["authorities"], [])

    # ---- time ----

    def test_a_silent_resolver_ends_in_bounded_time(self):
        started = time.monotonic()
        seen = self.observe("good.example", resolver=ADDRESS["silent"])
        self.assertLess(time.monotonic() - started, 40)
        self.assertEqual(seen["records"], [])
        self.assertEqual({status for status, _ in self.lookups(seen).values()}, {"timeout"})
        self.assertEqual(seen["policy"]["status"], "dns-error")

    def test_a_dead_resolver_ends_in_bounded_time(self):
        started = time.monotonic()
        seen = self.observe("good.example", resolver=ADDRESS["dead"])
        self.assertLess(time.monotonic() - started, 40)
        self.assertLessEqual({status for status, _ in self.lookups(seen).values()}, {"timeout", "servfail"})

    def test_a_resolver_that_fails_for_a_while_is_asked_again(self):
        started = time.monotonic()

        def says(name, kind):
            if time.monotonic() - started < 4:
                return (2,)
            return (0, b"\0\x0a\2mx" + b"\xc0\x0c") if kind == MX and name == "later.test" else (3,)

        resolver = lab.Resolver(ADDRESS["fake"], says)
        self.addCleanup(resolver.stop)
        seen = self.observe("later.test", resolver=ADDRESS["fake"])
        self.assertEqual(self.records(seen), {("later.test", "MX", "10 mx.later.test"): "insecure"})
        self.assertNotIn("servfail", {status for status, _ in self.lookups(seen).values()})

    def test_a_resolver_that_goes_on_failing_is_a_fact_of_its_own(self):
        resolver = lab.Resolver(ADDRESS["fake"], lambda name, kind: (2,))
        self.addCleanup(resolver.stop)
        seen = self.observe("never.test", resolver=ADDRESS["fake"])
        self.assertEqual(seen["records"], [])
        self.assertEqual(set(self.lookups(seen).values()), {("servfail", "indeterminate")})

    def test_domains_that_never_answer_take_nothing_from_those_that_do(self):
        resolver = lab.Resolver(ADDRESS["fake"], lambda name, kind: None if "slow" in name else (3,))
        self.addCleanup(resolver.stop)
        domains = [f"{kind}{n}.test" for n in range(20) for kind in ("slow", "fast")]
        for seen in self.observe(*domains, resolver=ADDRESS["fake"]):
            wanted = {"nxdomain"} if seen["domain"].startswith("fast") else {"timeout", "servfail"}
            self.assertLessEqual({status for status, _ in self.lookups(seen).values()}, wanted, seen["domain"])

    def test_three_hundred_domains_are_one_run(self):
        domains = [f"d{n:03}.bulk.example" for n in range(BULK)]
        started = time.monotonic()
        for seen in self.observe(*domains):
            self.assertEqual(self.records(seen, "MX", "A"), {
                (seen["domain"], "MX", "10 mx.bulk.example"): "insecure",
                ("mx.bulk.example", "A", "127.0.0.26"): "insecure"})
            self.assertEqual(seen["authorities"], [])
        print(f"{BULK} domains in {time.monotonic() - started:.1f} s")

    # ---- the MX hosts ----

    def test_an_mx_of_many_domains_is_probed_once(self):
        with socket.create_server(("127.0.0.26", 25)) as server, tempfile.TemporaryFile("w+") as output:
            server.settimeout(0.1)
            domains = [f"d{n:03}.bulk.example" for n in range(20)]
            process = subprocess.Popen(
                [lab.TLSRPT_NET, "observe", "--resolver", ADDRESS[1], "--allow-private-addresses", "--trust-anchor",
                 self.anchor], stdin=subprocess.PIPE, stdout=output, text=True)
            process.stdin.write("\n".join(domains))
            process.stdin.close()
            connections = 0
            while process.poll() is None:
                try:
                    connection, _ = server.accept()
                    connection.sendall(b"554 no service\r\n")
                    connection.close()
                    connections += 1
                except socket.timeout:
                    pass
            output.seek(0)
            seen = [json.loads(line) for line in output]
        self.assertLessEqual(connections, 2)
        self.assertEqual(len(seen), 20)
        for one in seen:
            self.assertEqual([(probe["mx"], probe["address"], probe["status"]) for probe in one["smtp"]],
                             [("mx.bulk.example", "127.0.0.26", "refused")])

    def test_where_no_mx_can_be_reached_every_domain_is_printed_all_the_same(self):
        statuses = set()
        for seen in self.observe(*[f"d{n:02}.own.example" for n in range(40)], probe=True):
            (probe,) = seen["smtp"]
            self.assertEqual(probe["mx"], "mx." + seen["domain"])
            statuses.add((probe["status"], probe["starttls"], probe["certificate"]))
        self.assertIn(statuses, ({("connect-error", None, None)}, {("not-probed", None, None)}))

    # ---- the command line ----

    def test_wrong_input_is_a_usage_error(self):
        for lines, options in ((["not a domain"], ()), (["x"], ()), (["a..example"], ()),
                               (["good.example\tsel ector"], ()), (["good.example"], ("--frobnicate",)),
                               (["good.example"], ("--smtp-port", "0")), (["good.example"], ("--trust-anchor", "/nowhere")),
                               (["good.example"], ("--resolver", "nobody")), (["a.example"] * 10001, ())):
            done = self.run_net(lines, *options, anchor=False)
            self.assertEqual((done.returncode, done.stdout), (64, ""), (lines[:1], options))

    def test_a_reader_that_goes_away_ends_the_run(self):
        process = subprocess.Popen(
            [lab.TLSRPT_NET, "observe", "--resolver", ADDRESS[1], "--no-probe", "--trust-anchor", self.anchor],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.close()
        process.stdin.write("\n".join(f"d{n:03}.bulk.example" for n in range(BULK)))
        process.stdin.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(30), 74, said)
        self.assertEqual(said.count("\n"), 1, said)

    def test_no_domain_is_no_observation(self):
        done = self.run_net([])
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    lab.need("knotd", "kzonesign", "keymgr")
    lab.enter()
    if not os.access(lab.TLSRPT_NET, os.X_OK):
        lab.skip(f"no program at {lab.TLSRPT_NET}")
    unittest.main(verbosity=2, warnings="ignore")
