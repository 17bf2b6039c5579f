"""The policy fetch against policy hosts in every state (RFC 8461 §3.3)."""
import hashlib, ssl, time, unittest, warnings

from servers import Https, Lab, Listener, wait_for_close

HOST = "mta-sts.example.com"
BODY = b"version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n"


def answer(status="200 OK", body=BODY, kind="text/plain", more=""):
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n").encode() + body


def chunked_without_end(server, stream):
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.closing.is_set():
        stream.sendall(b"1000\r\n" + b"#" * 4096 + b"\r\n")


def drip(server, stream):
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n")
    while not server.closing.wait(0.2):
        stream.sendall(b"#")


def headers_without_end(server, stream):
    stream.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.closing.is_set():
        stream.sendall(b"X-More: " + b"#" * 2000 + b"\r\n")


class PolicyHosts(Lab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls.leaf("good", [HOST])

    def fetch(self, server, *more, expected=1, **options):
        found = self.probe("policy", "example.com", "--address", server.address, "--connect-to",
                           f"{HOST}:443::{server.port}", *more, expected=expected, **options)
        return [one["policy"] for one in found] if expected > 1 else found[0]["policy"]

    def serve(self, certificate, body=None, **where):
        return self.start(Https(certificate.context(), body if body is not None else answer(), **where))

    def test_a_good_policy_is_told_in_every_field(self):
        server = self.serve(self.good)
        policy = self.fetch(server)
        self.assertEqual(policy, {
            "url": f"https://{HOST}/.well-known/mta-sts.txt", "status": "ok", "http_status": 200,
            "content_type": "text/plain", "body": BODY.decode(), "certificate_not_after": self.good.end(),
            "detail": None, "addresses": [{"address": "127.0.0.1", "status": "ok", "http_status": 200,
                                           "body_sha256": hashlib.sha256(BODY).hexdigest()}]})
        self.assertEqual(server.names, [HOST])
        request = server.requests[0].decode()
        self.assertTrue(request.startswith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"), request)
        self.assertIn(f"\r\nHost: {HOST}\r\n", request)

    def test_certificate_faults_are_told_apart(self):
        cases = {
            "expired": (self.leaf("expired", [HOST], start=-30, end=-1), "certificate-expired", "expired at"),
            "future": (self.leaf("future", [HOST], start=2), "certificate-untrusted", "not valid before"),
            "other": (self.leaf("other", ["www.example.com"]), "certificate-name-mismatch", "www.example.com"),
            "deep": (self.leaf("deep", ["*.com", "*.sub.example.com"]), "certificate-name-mismatch", HOST),
            "common": (self.leaf("common", [], common_name=HOST), "certificate-name-mismatch", "no name"),
            "lone": (self.leaf("lone", [HOST], chain=False), "certificate-untrusted", "Lab Intermediate"),
            "both": (self.leaf("both", ["www.example.com"], start=-30, end=-1), "certificate-name-mismatch", "www"),
        }
        for name, (certificate, status, word) in cases.items():
            with self.subTest(name):
                policy = self.fetch(self.serve(certificate))
                self.assertEqual((policy["status"], policy["body"]), (status, None))
                self.assertIn(word, policy["detail"])
                self.assertEqual(policy["certificate_not_after"], certificate.end())
                self.assertEqual(policy["addresses"][0]["status"], status)

    def test_a_self_signed_certificate_is_untrusted(self):
        policy = self.fetch(self.serve(type(self.good)(self.folder, "alone", names=[HOST])))
        self.assertEqual((policy["status"], policy["detail"]),
                         ("certificate-untrusted", "the certificate is self-signed"))

    def test_a_private_ca_is_untrusted_unless_configured(self):
        policy = self.fetch(self.serve(self.good), ca=False)
        self.assertEqual(policy["status"], "certificate-untrusted")

    def test_a_wildcard_covers_the_policy_host(self):
        self.assertEqual(self.fetch(self.serve(self.leaf("wild", ["*.example.com"])))["status"], "ok")

    def test_the_answer_of_the_server_is_told(self):
        redirect = "Location: https://127.0.0.1:1/x\r\n"
        cases = [
            (answer("404 Not Found", b"<html>"), "http-error", 404),
            (answer("404 Not Found", b"#" * 100000), "http-error", 404),
            (answer("500 Oops"), "http-error", 500),
            (answer("204 No Content", b""), "http-error", 204),
            (answer("301 Moved", more=redirect), "redirect", 301),
            (answer("302 Found", more=redirect), "redirect", 302),
            (answer(body=b"#" * 65536), "ok", 200),
            (answer(body=b"#" * 65537), "too-large", 200),
            (answer(body=b""), "ok", 200),
            (chunked_without_end, "too-large", 200),
            (headers_without_end, "too-large", 200),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "connect-error", 200),
            (b"220 mail.example.com ESMTP\r\n", "http-error", None),
            (b"", "connect-error", None),
        ]
        for number, (body, status, http_status) in enumerate(cases):
            with self.subTest(number):
                server = self.serve(self.good, body)
                policy = self.fetch(server)
                self.assertEqual((policy["status"], policy["http_status"]), (status, http_status), policy)
                self.assertEqual(policy["body"] is None, status != "ok")
                self.assertEqual(policy["detail"] is None, status == "ok")
                self.assertEqual(policy["addresses"][0]["body_sha256"] is None, status != "ok")
                self.assertEqual(server.connections, 1)

    def test_another_content_type_is_noted(self):
        policy = self.fetch(self.serve(self.good, answer(kind="text/html; charset=utf-8")))
        self.assertEqual((policy["status"], policy["content_type"]), ("ok", "text/html; charset=utf-8"))

    def test_a_body_of_other_bytes_is_text(self):
        policy = self.fetch(self.serve(self.good, answer(body=b"a\xff\0b")))
        self.assertEqual(policy["body"], "a\u00ff\ufffdb")
        policy = self.fetch(self.serve(self.good, answer(body=b"\xff" * 65536)))
        self.assertEqual(policy["body"], "\u00ff" * 32768)

    def test_a_slow_host_is_a_timeout(self):
        for number, body in enumerate((drip, wait_for_close)):
            with self.subTest(number):
                begin = time.monotonic()
                policy = self.fetch(self.serve(self.good, body), seconds=1)
                self.assertEqual(policy["status"], "timeout")
                self.assertLess(time.monotonic() - begin, 10)

    def test_no_listener_no_tls_and_dropped_tls(self):
        closed = self.serve(self.good)
        closed.close()
        self.assertEqual(self.fetch(closed)["status"], "connect-error")

        class Plain(Listener):
            reply = b""

            def serve(self, client, number):
                client.recv(1)
                client.sendall(self.reply)

        plain = self.start(Plain())
        plain.reply = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        self.assertEqual(self.fetch(plain)["status"], "tls-error")
        self.assertEqual(self.fetch(self.start(Plain()))["status"], "tls-error")

    def test_tls_1_1_is_not_spoken(self):
        context = self.good.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        self.assertEqual(self.fetch(self.start(Https(context, answer())))["status"], "tls-error")

    def test_two_addresses_with_two_bodies(self):
        first = self.serve(self.good)
        second = self.serve(self.good, answer(body=b"old"), address="127.0.0.2", port=first.port)
        policy = self.fetch(first, "--address", second.address)
        self.assertEqual((policy["status"], policy["body"]), ("ok", BODY.decode()))
        self.assertEqual([(one["address"], one["status"], one["body_sha256"]) for one in policy["addresses"]],
                         [("127.0.0.1", "ok", hashlib.sha256(BODY).hexdigest()),
                          ("127.0.0.2", "ok", hashlib.sha256(b"old").hexdigest())])

    def test_an_address_that_does_not_answer_does_not_hide_one_that_does(self):
        server = self.serve(self.good, address="127.0.0.2")
        policy = self.probe("policy", "example.com", "--address", "127.0.0.1", "--address", "127.0.0.2",
                            "--connect-to", f":::{server.port}")[0]["policy"]
        self.assertEqual((policy["status"], policy["body"]), ("ok", BODY.decode()))
        self.assertEqual([one["status"] for one in policy["addresses"]], ["connect-error", "ok"])

    def test_an_address_that_is_not_public_is_left_alone(self):
        server = self.serve(self.good)
        policy = self.fetch(server, private=False)
        self.assertEqual((policy["status"], server.connections), ("not-fetched", 0))
        self.assertIn("public", policy["detail"])

    def test_connect_to_of_the_configuration_may_name_any_address(self):
        server = self.serve(self.good)
        policy = self.probe("policy", "example.com", "--address", "203.0.113.1", "--connect-to",
                            f"{HOST}:443:127.0.0.1:{server.port}", private=False)[0]["policy"]
        self.assertEqual((policy["status"], policy["addresses"][0]["address"]), ("ok", "203.0.113.1"))

    def test_ipv6(self):
        try:
            server = self.serve(self.good, address="::1")
        except OSError:
            self.skipTest("no IPv6 on this machine")
        self.assertEqual(self.fetch(server)["status"], "ok")

    def test_without_an_address_nothing_is_fetched(self):
        for status in ("no-host", "dns-error"):
            policy = self.probe("policy", "example.com", "--no-address", status)[0]["policy"]
            self.assertEqual((policy["status"], policy["addresses"]), (status, []))

    def test_threads_do_not_disturb_each_other(self):
        server = self.serve(self.good)
        for policy in self.fetch(server, "--threads", "4", expected=4):
            self.assertEqual((policy["status"], policy["body"]), ("ok", BODY.decode()))


if __name__ == "__main__":
    unittest.main()
