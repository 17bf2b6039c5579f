"""Anyone can mail anything to a reporting address: each ends as stored, quarantined or ignored, within
its time and its memory."""
import base64, gzip, io, json, subprocess, time, unittest, zipfile, zlib

from harness import RELEASE, SPAM, Case, mail, main, report

MIB = 1 << 20


def gzip_bomb(mebibytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"\0" * MIB
    return b"".join(packer.compress(zeros) for _ in range(mebibytes)) + packer.flush()


def packed(data, kind="application/tlsrpt+gzip", headers=True):
    """A mail around DATA as it is."""
    head = "TLS-Report-Domain: example.com\nTLS-Report-Submitter: reporter.example\n" if headers else ""
    return (f"From: a@b.example\nDate: Tue, 09 Jun 2026 02:00:00 +0000\n{head}MIME-Version: 1.0\n"
            f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n").encode() + base64.encodebytes(data)


def zipped(*files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def nested(depth, inner):
    """Multiparts within multiparts: INNER (a leaf) is at DEPTH."""
    head, tail = [], []
    for level in range(depth):
        head.append(f'Content-Type: multipart/mixed; boundary="b{level}."\n\n--b{level}.\n')
        tail.append(f"\n--b{level}.--\n")
    return ("TLS-Report-Domain: example.com\nMIME-Version: 1.0\n" + "".join(head)).encode() + inner + "".join(reversed(tail)).encode()


def leaf(document):
    return b"Content-Type: application/tlsrpt+json\n\n" + json.dumps(document).encode()


def deep_json(depth):
    """A report whose deepest bracket is at DEPTH (its own brace is 1)."""
    text = json.dumps(report(depth))
    return (text[:-1] + ', "x": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}").encode()


class Hostile(Case):
    def one(self, data, outcome, *arguments):
        start = time.monotonic()
        self.assertEqual(self.ingest(*arguments, data=data), {"messages": 1, outcome: 1})
        self.assertLess(time.monotonic() - start, 30)

    def test_a_mime_tree_at_the_limit_and_beyond(self):
        self.one(nested(32, leaf(report(1))), "stored")
        self.one(nested(33, leaf(report(2))), "quarantined")
        self.one(nested(20000, leaf(report(3))), "quarantined")
        self.one(nested(33, leaf(report(4))).replace(b"TLS-Report-Domain: example.com\n", b""), "quarantined")
        self.one(nested(20000, b"\nhello").replace(b"TLS-Report-Domain: example.com\n", b""), "ignored")

    def test_json_at_the_limit_and_beyond(self):
        self.one(mail(deep_json(64)), "stored")
        self.one(mail(deep_json(65)), "quarantined")
        self.one(mail(deep_json(200000)), "quarantined")
        self.one(packed(b"[" * 200000, "application/json", headers=False), "ignored")

    def test_a_report_of_the_largest_size_and_one_byte_more(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nmax-report-size = 1M\n")
        for size, outcome in ((MIB, "stored"), (MIB + 1, "quarantined")):
            document = json.dumps(report(size)).encode()
            document = document[:-1] + b" " * (size - len(document)) + b"}"
            self.assertEqual(len(document), size)
            self.one(mail(document), outcome, "--config", self.path("c.conf"))

    def test_a_mail_of_the_largest_size_and_one_byte_more(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nmax-mail-size = 2M\n")
        for size, outcome in ((2 * MIB, "stored"), (2 * MIB + 1, "quarantined")):
            data = mail(report(size))
            data += b"x" * (size - len(data))
            self.one(data, outcome, "--config", self.path("c.conf"))
            path = self.maildir([data], f"M{size}")
            self.assertEqual(self.ingest("--config", self.path("c.conf"), path),
                             {"messages": 1, "duplicate": 1})
        self.one(SPAM + b"x" * 3 * MIB, "ignored", "--config", self.path("c.conf"))
        kept = self.run_tlsrpt("quarantine", "show", "--raw", self.quarantine()[0]["sha256"]).stdout
        self.assertEqual(len(kept), MIB)

    def test_rows_at_the_limit_and_beyond(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nmax-failure-rows = 50\n")
        for rows, outcome in ((50, "stored"), (51, "quarantined")):
            document = report(rows)
            document["policies"][0]["failure-details"] *= rows
            self.one(mail(document), outcome, "--config", self.path("c.conf"))

    def test_each_limit_as_it_is_without_a_configuration(self):
        """One under, at, and one over. Only the release build reads 100,000 rows in no time."""
        self.binary = RELEASE or self.binary
        def rows(count):
            document = report(f"rows{count}")
            document["policies"][0]["failure-details"] *= count
            return mail(document)
        def unpacked(size):
            document = json.dumps(report(f"size{size}")).encode()
            return mail(document[:-1] + b" " * (size - len(document)) + b"}")
        def whole(size):
            data = mail(report(f"mail{size}"))
            return data + b"x" * (size - len(data))
        for name, make, limit in (("mail", whole, 32 * MIB), ("report", unpacked, 32 * MIB), ("rows", rows, 100000),
                                  ("MIME depth", lambda depth: nested(depth, leaf(report(f"mime{depth}"))), 32),
                                  ("JSON depth", lambda depth: mail(deep_json(depth)), 64)):
            for size, outcome in ((limit - 1, "stored"), (limit, "stored"), (limit + 1, "quarantined")):
                with self.subTest(limit=name, size=size):
                    self.one(make(size), outcome)
        self.assertEqual(len(self.quarantine()), 5)

    def test_the_quarantine_at_its_limit_and_beyond(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nquarantine-max = 4096\n")
        broken = lambda size: (b"TLS-Report-Domain: example.com\n\n" + b"x" * size)[:size]
        for size, kept in ((4095, True), (4096, True), (4097, False)):
            self.db = self.path(f"q{size}.db")
            self.one(broken(size), "quarantined", "--config", self.path("c.conf"))
            self.assertEqual("quarantine is full" in self.quarantine()[0]["reason"], not kept)

    def test_bombs(self):
        bomb = gzip_bomb(1024)
        self.one(packed(bomb), "quarantined")
        self.one(packed(bomb, "application/gzip", headers=False), "ignored")
        self.one(packed(zipped(("a.json", b"\0" * (64 * MIB))), "application/zip"), "quarantined")
        self.one(packed(gzip.compress(bomb), "application/gzip", headers=False), "ignored")

    def test_a_zip_of_many_reports_and_of_too_many(self):
        def archive(first, count):
            return zipped(*[(f"{number}.json", json.dumps(report(number, failures=0))) for number in range(first, first + count)])
        self.assertEqual(self.ingest(data=packed(archive(0, 40), "application/zip")), {"messages": 1, "stored": 40})
        self.assertEqual(self.ingest(data=packed(archive(1000, 1001), "application/zip")),
                         {"messages": 1, "stored": 1000, "quarantined": 1})
        self.assertIn("more than 1000 files", self.quarantine()[0]["reason"])

    def test_a_gzip_in_many_members_or_cut(self):
        document = json.dumps(report(1)).encode()
        self.one(packed(b"".join(gzip.compress(document[i:i + 7]) for i in range(0, len(document), 7))), "stored")
        whole = gzip.compress(json.dumps(report(2)).encode())
        self.one(packed(whole[:-8]), "stored")
        self.one(packed(whole[:-8] + b"\0" * 8), "duplicate")
        self.one(packed(whole[:len(whole) // 2]), "quarantined")
        self.one(packed(whole[:12]), "quarantined")

    def test_large_headers(self):
        long_header = b"X-Long: " + b"x" * (10 * MIB) + b"\n"
        self.one(long_header + mail(report(1)), "stored")
        self.one(b"".join(b"X-%d: y\n" % number for number in range(100000)) + mail(report(2)), "stored")
        self.one(b"TLS-Report-Domain: " + b"a" * (10 * MIB) + b"\n" + SPAM, "quarantined")
        self.one(b"Received: " * 200000 + b"\n" + mail(report(3)), "stored")
        self.one(b"Authentication-Results: " + b"(" * MIB + b"\n" + mail(report(4)), "stored")

    def test_many_parts(self):
        parts = b"".join(b"--p\nContent-Type: text/plain\n\nx\n" for _ in range(10000))
        head = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="p"\n\n'
        self.one(head + parts + b"--p\n" + leaf(report(1)) + b"\n--p--\n", "stored")
        self.one(head + parts + b"--p--\n", "ignored")

    def test_bytes_that_are_no_text(self):
        latin = json.dumps(report(1)).encode().replace(b"Reporter One", b"Caf\xe9 \xff")
        self.one(mail(latin), "stored")
        self.assertEqual(self.rows()[0]["report"]["organization_name"], "Caf\u00e9 \u00ff")
        self.one(mail(json.dumps(report(2)).encode().replace(b"Reporter One", b"a\0b")), "quarantined")
        self.one(mail(json.dumps(report(3)).encode().replace(b"Reporter One", b"a\\u0000b\\ud800c")), "stored")
        self.assertEqual(self.rows()[-1]["report"]["organization_name"], "a\ufffdb\ufffdc")
        self.one(mail(json.dumps(report(4)).encode() + b"\0\0\0"), "stored")
        self.one(b"TLS-Report-Domain: \0\xff\n\0\0\0\n\n\0", "quarantined")
        self.one(b"\0" * MIB, "ignored")

    def test_absurd_counts_saturate(self):
        text = json.dumps(report(1)).replace('"total-successful-session-count": 7',
                                             '"total-successful-session-count": 1e999')
        text = text.replace('"failed-session-count": 2', '"failed-session-count": 18446744073709551616')
        self.one(mail(text.encode()), "stored")
        policy, failure = self.rows()
        self.assertEqual(policy["successful_sessions"], (1 << 63) - 1)
        self.assertEqual(policy["failed_sessions"], (1 << 63) - 1)
        self.assertEqual(failure["failed_sessions"], (1 << 63) - 1)

    def test_random_damage_is_survived(self):
        import random
        chance = random.Random(3)
        good = [mail(report(1)), mail(report(2), kind="application/tlsrpt+json"), packed(zipped(("a.json", json.dumps(report(3)))))]
        mails = []
        for number in range(600):
            data = bytearray(chance.choice(good))
            for _ in range(chance.randrange(1, 30)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            mails.append(bytes(data[:chance.randrange(len(data) // 2, len(data) + 1)]))
        path = self.maildir(mails)
        counts = self.ingest(path)
        self.assertEqual(counts["messages"], 600)
        reasons = [entry["reason"] for entry in self.quarantine()]
        self.assertEqual([reason for reason in reasons if "worker" in reason], [])

    @unittest.skipUnless(RELEASE, "needs the release build: a sanitizer needs more memory than any limit")
    def test_memory_stays_within_bounds(self):
        self.binary = RELEASE
        large = report(1)
        large["policies"][0]["failure-details"] *= 100000
        parts = b"".join(b"--p\nContent-Type: text/plain\n\nx\n" for _ in range(10000))
        head = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="p"\n\n'
        for name, data in (("bomb", packed(gzip_bomb(1024))), ("rows", mail(large)), ("parts", head + parts),
                           ("headers", b"".join(b"X-%d: y\n" % n for n in range(100000)) + mail(report(2))),
                           ("nesting", nested(20000, leaf(report(3)))), ("size", SPAM + b"x" * (100 * MIB))):
            with open(self.path("mail"), "wb") as file:
                file.write(data)
            with open(self.path("mail"), "rb") as file:
                process = subprocess.Popen(self.arguments("ingest"), stdin=file, env=self.env)
                seen, peaks = 0, {}
                while process.poll() is None:
                    seen = max(seen, self.resident(process.pid, peaks))
                    time.sleep(0.002)
            self.assertEqual(process.returncode, 0, name)
            peak = sum(peaks.values())
            print(f"{name}: {seen // MIB} MiB in all processes, their peaks add up to {peak // MIB}", flush=True)
            self.assertLessEqual(peak, 256 * MIB, name)

    @staticmethod
    def resident(pid, peaks):
        """The resident bytes of a process and its children, shared pages counted by share. PEAKS has each one's
        own peak, as the kernel keeps it from one look to the next."""
        total = 0
        pids = [pid]
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                pids += [int(child) for child in file.read().split()]
        except OSError:
            pass
        for each in pids:
            try:
                with open(f"/proc/{each}/smaps_rollup") as file:
                    for line in file:
                        if line.startswith("Pss:"):
                            total += int(line.split()[1]) * 1024
                with open(f"/proc/{each}/status") as file:
                    for line in file:
                        if line.startswith("VmHWM:"):
                            peaks[each] = int(line.split()[1]) * 1024
            except OSError:
                pass
        return total


if __name__ == "__main__":
    main()
