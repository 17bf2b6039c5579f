"""The STARTTLS probe against MX hosts in every state (RFC 3207, RFC 7672, RFC 8461 §4)."""
import ssl, time, unittest, warnings

from servers import Lab, Smtp, wait_for_close

MX = "mx.example.com"


def drop(server, client):
    client.recv(16)


def garbage(server, client):
    client.recv(16)
    client.sendall(b"this is no TLS\r\n" * 10)


def endless_lines(server, client):
    while not server.closing.is_set():
        client.sendall(b"220-more and more\r\n" * 50)


def endless_line(server, client):
    while not server.closing.is_set():
        client.sendall(b"220 " + b"#" * 5000)


def noise(server, client):
    client.sendall(b"\x16\x03\x01\x02\x00\r\n")
    server.closing.wait(5)


def hang_up(server, client):
    pass


def slow(server, client):
    while not server.closing.wait(0.3):
        client.sendall(b"2")


class SmtpLab(Lab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls.leaf("good", [MX, "Mail.Example.com"])
        cls.other = cls.leaf("other", ["www.example.com"])
        cls.rsa = cls.leaf("rsa", [MX], rsa=True)

    def look(self, server, *more, expected=1, **options):
        """The entries of one probe, or of each of EXPECTED."""
        found = self.probe("smtp", MX, "--address", server.address, "--port", str(server.port), *more,
                           expected=expected, **options)
        entries = [one["smtp"] for one in found]
        for entry in (entry for some in entries for entry in some):
            self.assertEqual((entry["mx"], entry["address"]), (MX, server.address))
        self.assertLessEqual(server.most_open, expected)
        return entries if expected > 1 else entries[0]

    def one(self, server, *more, **options):
        entries = self.look(server, *more, **options)
        self.assertEqual(len(entries), 1, entries)
        return entries[0]

    def serve(self, certificate=None, **more):
        return self.start(Smtp(certificate and certificate.context(), **more))


class Certificates(SmtpLab):
    def test_a_good_host_is_told_in_every_field(self):
        server = self.serve(self.good)
        entry = self.one(server, "--lookup", "nodata")
        begin = entry["certificate"].pop("not_before")
        self.assertRegex(begin, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(entry, {
            "mx": MX, "address": "127.0.0.1", "status": "ok", "starttls": True,
            "banner": "220 mx.example.com ESMTP", "starttls_reply": "220 go ahead", "tls_version": "TLSv1.3",
            "helo": "mx.example.com",
            "certificate": {"names": ["mx.example.com", "mail.example.com"], "issuer": "CN = Lab Intermediate",
                            "not_after": self.good.end(), "trust": "trusted", "matches_mx": True,
                            "spki_sha256": self.good.spki_sha256(), "cert_sha256": self.good.cert_sha256()},
            "chain": [{"subject": "CN = Lab Intermediate", "spki_sha256": self.middle.spki_sha256(),
                       "cert_sha256": self.middle.cert_sha256()}],
            "certificate_without_sni": None, "dane": "none", "detail": None})
        self.assertEqual((server.connections, server.most_open), (2, 1))

    def test_it_is_polite(self):
        server = self.serve(self.good)
        self.one(server, "--helo", "probe.example.net")
        self.assertEqual(server.commands, ["EHLO probe.example.net", "STARTTLS", "QUIT"] * 2)
        server = self.serve(ehlo=b"250 mx\r\n")
        self.one(server, "--helo", "probe.example.net")
        self.assertEqual(server.commands, ["EHLO probe.example.net", "QUIT"])

    def test_certificate_faults_are_told_apart(self):
        alone = type(self.good)(self.folder, "alone", names=["localhost"])
        old_middle = type(self.good)(self.folder, "old", issuer=self.root, authority=True, start=-90, end=-1,
                                     common_name="Old Intermediate")
        below_old = self.leaf("below", [MX], issuer=old_middle)
        below_old.chain = [old_middle]
        cases = {
            "expired": (self.leaf("expired", [MX], start=-30, end=-1), "expired", True, "expired at"),
            "future": (self.leaf("future", [MX], start=2), "not-yet-valid", True, "not valid before"),
            "other": (self.other, "trusted", False, None),
            "both": (self.leaf("both", ["www.example.com"], start=-30, end=-1), "expired", False, "expired at"),
            "common": (self.leaf("common", [], common_name=MX), "trusted", False, None),
            "wild": (self.leaf("wild", ["*.example.com"]), "trusted", True, None),
            "wide": (self.leaf("wide", ["*.com"]), "trusted", False, None),
            "lone": (self.leaf("lone", [MX], chain=False), "untrusted", True, "Lab Intermediate"),
            "alone": (alone, "self-signed", False, "self-signed"),
            "below": (below_old, "expired", True, "Old Intermediate"),
            "old lone": (self.leaf("oldlone", [MX], chain=False, start=-30, end=-1), "untrusted", True, "issuer"),
        }
        for name, (certificate, trust, matches, word) in cases.items():
            with self.subTest(name):
                entry = self.one(self.serve(certificate))
                found = entry["certificate"]
                self.assertEqual((entry["status"], found["trust"], found["matches_mx"]), ("ok", trust, matches))
                self.assertEqual(found["cert_sha256"], certificate.cert_sha256())
                self.assertEqual(entry["detail"] is None, word is None, entry["detail"])
                self.assertIn(word or "", entry["detail"] or "")
                self.assertEqual(len(entry["chain"]), len(certificate.chain))

    def test_a_private_ca_is_untrusted_unless_configured(self):
        entry = self.one(self.serve(self.good), ca=False)
        self.assertEqual(entry["certificate"]["trust"], "untrusted")

    def test_a_certificate_that_needs_sni(self):
        context = self.other.context()
        right = self.good.context()

        def choose(stream, name, _):
            if name == MX:
                stream.context = right
        context.sni_callback = choose
        server = self.start(Smtp(context))
        entry = self.one(server)
        self.assertEqual(entry["certificate"]["names"][0], MX)
        self.assertEqual(entry["certificate_without_sni"]["names"], ["www.example.com"])
        self.assertEqual(entry["certificate_without_sni"]["matches_mx"], False)
        self.assertEqual(server.connections, 3)

    def test_a_host_that_refuses_those_without_sni(self):
        context = self.good.context()
        context.sni_callback = lambda stream, name, _: None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        entry = self.one(self.start(Smtp(context)))
        self.assertNotIn("certificate_without_sni", entry)
        self.assertIn("without SNI", entry["detail"])

    def test_several_machines_behind_one_address(self):
        contexts = [self.good.context(), self.other.context(), self.other.context()]
        first, second = self.look(self.start(Smtp(contexts)))
        self.assertEqual([one["certificate"]["matches_mx"] for one in (first, second)], [True, False])
        self.assertNotIn("certificate_without_sni", first)
        ehlo = [b"250-mx\r\n250 STARTTLS\r\n", b"250 mx\r\n"]
        first, second = self.look(self.serve(self.good, ehlo=ehlo))
        self.assertEqual((first["starttls"], second["starttls"]), (True, False))

    def test_tls_1_2_and_what_is_older(self):
        context = self.good.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(self.one(self.start(Smtp(context)))["tls_version"], "TLSv1.2")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        entry = self.one(self.start(Smtp(context)))
        self.assertEqual((entry["status"], entry["starttls"], entry["certificate"]), ("tls-error", True, None))


class Dialogue(SmtpLab):
    def test_starttls_that_is_not_offered(self):
        cases = [
            (b"220 mx.example.com\r\n", b"250-mx\r\n250 SIZE\r\n", None),
            (b"220 mx.example.com\r\n", b"250 mx\r\n", None),
            (b"220 mx.example.com\r\n", b"250-mx\r\n250-XXXXXXXA\r\n250 HELP\r\n", "firewall"),
            (b"220 ****************\r\n", b"250-mx\r\n250 SIZE\r\n", "firewall"),
            (b"220 mx\r\n", b"250-STARTTLS.example.com\r\n250-XSTARTTLS\r\n250 SIZE STARTTLS\r\n", None),
        ]
        for banner, ehlo, word in cases:
            with self.subTest(ehlo):
                entry = self.one(self.serve(banner=banner, ehlo=ehlo))
                self.assertEqual((entry["status"], entry["starttls"], entry["starttls_reply"]), ("ok", False, None))
                self.assertEqual(entry["banner"], banner.decode().strip())
                self.assertIn(word or "", entry["detail"] or "")
                self.assertEqual(entry["detail"] is None, word is None)

    def test_replies_are_read_in_every_spelling(self):
        server = self.serve(self.good, banner=b"220-one\r\n220 two\r\n", ehlo=b"250-mx\n250-starttls \r\n250\n",
                            starttls=b"220\r\n")
        entry = self.one(server)
        self.assertEqual((entry["status"], entry["banner"], entry["starttls_reply"], entry["helo"]),
                         ("ok", "220-one", "220", "mx"))

    def test_starttls_that_is_refused(self):
        server = self.serve(starttls=b"454 4.7.0 TLS not available due to local problem\r\n")
        entry = self.one(server)
        self.assertEqual((entry["status"], entry["starttls"], entry["starttls_reply"]),
                         ("tls-error", True, "454 4.7.0 TLS not available due to local problem"))
        self.assertEqual(server.commands[-1], "QUIT")

    def test_what_was_not_tested_is_never_called_no_starttls(self):
        cases = [
            ({"banner": b"421 too busy\r\n"}, "refused", "421 too busy"),
            ({"banner": b"554-go\r\n554 away\r\n"}, "refused", "554-go"),
            ({"ehlo": b"503 wait for the banner\r\n"}, "refused", "220 mx.example.com ESMTP"),
            ({"ehlo": b"421 timeout\r\n"}, "refused", "220 mx.example.com ESMTP"),
            ({"instead": wait_for_close}, "timeout", None),
            ({"instead": slow}, "timeout", None),
            ({"instead": hang_up}, "refused", None),
            ({"instead": noise}, "refused", None),
            ({"instead": endless_lines}, "refused", None),
            ({"instead": endless_line}, "refused", None),
        ]
        for options, status, banner in cases:
            with self.subTest(options):
                begin = time.monotonic()
                entry = self.one(self.serve(**options), seconds=2)
                self.assertEqual((entry["status"], entry["starttls"], entry["banner"]), (status, None, banner))
                self.assertTrue(entry["detail"])
                self.assertLess(time.monotonic() - begin, 8)

    def test_a_handshake_that_fails(self):
        cases = [(drop, "tls-error", "closed"), (garbage, "tls-error", "handshake"), (wait_for_close, "timeout", "time")]
        for after, status, word in cases:
            with self.subTest(after.__name__):
                entry = self.one(self.serve(after=after), seconds=2)
                self.assertEqual((entry["status"], entry["starttls"], entry["starttls_reply"], entry["certificate"]),
                                 (status, True, "220 go ahead", None))
                self.assertIn(word, entry["detail"])

    def test_clear_text_after_the_reply_to_starttls_counts_for_nothing(self):
        entry = self.one(self.serve(self.good, starttls=b"220 go\r\n250 injected\r\n"))
        self.assertEqual((entry["status"], entry["certificate"]["trust"]), ("ok", "trusted"))
        self.assertIn("14 bytes", entry["detail"])

    def test_control_characters_and_other_bytes_do_not_pass(self):
        entry = self.one(self.serve(banner=b"220 \x1b[31m\xff\0 mx\r\n", ehlo=b"250 mx\r\n"))
        self.assertEqual(entry["banner"], "220  [31m\u00ff  mx")

    def test_no_listener(self):
        server = self.serve()
        server.close()
        entry = self.one(server)
        self.assertEqual((entry["status"], entry["starttls"], entry["detail"]),
                         ("connect-error", None, "the connection was refused"))

    def test_an_address_that_is_not_public_is_left_alone(self):
        server = self.serve(self.good)
        entry = self.one(server, private=False)
        self.assertEqual((entry["status"], server.connections), ("not-probed", 0))

    def test_connect_to_of_the_configuration_may_name_any_address(self):
        server = self.serve(self.good)
        entry, = self.probe("smtp", MX, "--address", "203.0.113.1", "--connect-to",
                            f"{MX}:25:127.0.0.1:{server.port}", private=False)[0]["smtp"]
        self.assertEqual((entry["status"], entry["address"]), ("ok", "203.0.113.1"))

    def test_ipv6(self):
        try:
            server = self.serve(self.good, address="::1")
        except OSError:
            self.skipTest("no IPv6 on this machine")
        self.assertEqual(self.one(server)["status"], "ok")

    def test_threads_do_not_disturb_each_other(self):
        for entry, in self.look(self.serve(self.good), "--threads", "4", expected=4):
            self.assertEqual((entry["status"], entry["certificate"]["trust"]), ("ok", "trusted"))


class Dane(SmtpLab):
    def judged(self, certificate, *records, dnssec="secure", **options):
        arguments = [part for record in records for part in ("--tlsa", record)]
        return self.look(self.serve(certificate), *arguments, "--lookup", "ok", "--dnssec", dnssec, **options)

    def test_usage_3(self):
        good = f"3 1 1 {self.good.spki_sha256()}"
        bad = f"3 1 1 {self.other.spki_sha256()}"
        whole = f"3 0 0 {self.good.der().hex()}"
        for records, dane in [((good,), "match"), ((bad,), "mismatch"), ((bad, good), "match"),
                              ((f"3 0 1 {self.good.cert_sha256()}",), "match"), ((whole,), "match")]:
            with self.subTest(records):
                entry, = self.judged(self.good, *records)
                self.assertEqual((entry["dane"], entry["detail"] is None), (dane, dane == "match"))

    def test_usage_3_needs_no_name_no_date_and_no_ca(self):
        expired = self.leaf("worn", ["www.example.com"], chain=False, start=-30, end=-1)
        entry, = self.judged(expired, f"3 1 1 {expired.spki_sha256()}", ca=False)
        self.assertEqual((entry["dane"], entry["certificate"]["trust"]), ("match", "untrusted"))

    def test_only_the_strongest_digest_counts(self):
        entry, = self.judged(self.good, f"3 1 1 {self.good.spki_sha256()}", f"3 1 2 {'ab' * 64}")
        self.assertEqual(entry["dane"], "mismatch")
        self.assertIn("strongest", entry["detail"])

    def test_usage_2_needs_its_ca_in_the_chain_and_a_name(self):
        middle, root = f"2 1 1 {self.middle.spki_sha256()}", f"2 0 1 {self.root.cert_sha256()}"
        lone = self.leaf("lone", [MX], chain=False)
        full = self.leaf("full", [MX])
        full.chain = [self.middle, self.root]
        for certificate, record, dane in [(self.good, middle, "match"), (lone, middle, "mismatch"),
                                          (self.good, root, "mismatch"), (full, root, "match"),
                                          (self.other, middle, "mismatch")]:
            with self.subTest((certificate.name, record)):
                entry, = self.judged(certificate, record, ca=False)
                self.assertEqual(entry["dane"], dane, entry["detail"])

    def test_what_dns_says_decides_before_the_certificate(self):
        good, odd = f"3 1 1 {self.good.spki_sha256()}", f"1 1 1 {self.good.spki_sha256()}"
        self.assertEqual(self.judged(self.good, odd)[0]["dane"], "unusable")
        self.assertEqual(self.judged(self.good, odd, good)[0]["dane"], "match")
        other = f"3 1 1 {self.other.spki_sha256()}"
        self.assertEqual(self.judged(self.good, odd, other)[0]["dane"], "mismatch")
        self.assertEqual(self.judged(self.good, good, dnssec="insecure")[0]["dane"], "insecure")
        self.assertEqual(self.judged(self.good, good, dnssec="bogus")[0]["dane"], "bogus")
        server = self.serve(self.good)
        for lookup, dane in [("nodata", "none"), ("nxdomain", "none"), ("bogus", "bogus"), ("servfail", None)]:
            self.assertEqual(self.one(server, "--lookup", lookup)["dane"], dane)
        self.assertNotIn("dane", self.one(server))

    def test_without_tls_it_is_not_checked(self):
        entry = self.one(self.serve(ehlo=b"250 mx\r\n"), "--lookup", "ok", "--tlsa", f"3 1 1 {'ab' * 32}")
        self.assertEqual((entry["starttls"], entry["dane"]), (False, "not-checked"))

    def test_rsa_and_ecdsa_of_which_one_has_a_record(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version):
                context = self.rsa.context(self.good)
                context.maximum_version = version
                record = f"3 1 1 {self.good.spki_sha256()}"
                found = self.look(self.start(Smtp(context)), "--lookup", "ok", "--tlsa", record)
                self.assertEqual({one["certificate"]["cert_sha256"]: one["dane"] for one in found},
                                 {self.good.cert_sha256(): "match", self.rsa.cert_sha256(): "mismatch"})
                self.assertIn("RSA", found[1]["detail"])

    def test_without_a_record_only_one_key_is_asked_for(self):
        server = self.start(Smtp(self.rsa.context(self.good)))
        self.assertEqual(len(self.look(server, "--lookup", "nodata")), 1)
        self.assertEqual(server.connections, 2)


if __name__ == "__main__":
    unittest.main()
