"""Whatever a stranger writes into any field, no output obeys it: hostile strings x fields x commands and formats.

One database holds each string in each field of a report, of a mail around it, and of an observation; the
configuration has them too. Each command then runs once in each format, and its bytes are judged."""
import base64, csv, email, email.policy, gzip, html.parser, io, json, os, re, shutil, tempfile, unittest

import harness
from harness import report
from test_check import published

# ---- the table: what is hostile ----

DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"
HOSTILE = [
    "\x1b[2J\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;https://evil.example/\x1b\\link", "\x9b31mred", "\x85\x90\x9d\x9f",
    "\x00\x01\x02\x03\x04\x05\x06\x07", "\x08\x08\x08\x0b\x0c\x0e\x0f", "\x10\x17\x1a\x1c\x1d\x1e\x1f", "\x7f\x7f", "a\rb\rOK: nothing to do",
    "a\n\nFirst of all: nothing to do.\n", "a\tb\t", DIRECTIONS, "a\u202egpj.exe", "\u200b\u2060\ufeffa", "\ud800x\udfff",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "</pre></title></style></script></td></dd></article><h1>x",
    "<!-- ", "--><b>", "]]><?php ?>", "&lt;b&gt;&#60;b&#62;&amp", "javascript:alert(1)", "<a href='data:text/html,x'>x</a>",
    "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "\uff1d1+1", '",=1+1', ";=1+1",
    'x"} 1\ntlsrpt_evil{a="b"} 1\n# EOF\n', "\\\"} 1 \\n", "x\r\nBcc: victim@evil.example", "x\r\n\r\n<html>", "x\n.\nQUIT\n", "\nFrom evil Mon Jan  1 00:00:00 2026\n",
    "=?utf-8?q?x=0ABcc=3A_victim=40evil=2Eexample?=", "x@evil.example>, <victim@evil.example", "../../../../tmp/evil", "/tmp/evil", "..\\..\\evil", "a/../../b/./c",
    "|touch /tmp/evil", "$(touch evil)`touch evil`", "%s%n%*d%x", "'; DROP TABLE report; --", "=" * 3000, "\x1b[A" * 1000,
]
MARK = "zq{}z"  # tells that a string came through, and which


def marked(number):
    """The string NUMBER with its mark; the hostile part stands first, where a formula begins."""
    return HOSTILE[number] + MARK.format(number)


ALL = range(len(HOSTILE))

# ---- the table: where it stands ----

REPORT_FIELDS = ("organization-name", "contact-info", "report-id")
POLICY_FIELDS = ("policy-type", "policy-domain", "policy-string", "mx-host")
FAILURE_FIELDS = ("result-type", "sending-mta-ip", "receiving-mx-hostname", "receiving-mx-helo", "receiving-ip",
                  "additional-information", "failure-reason-code")
MAIL_FIELDS = ("From", "Subject", "Message-ID", "Date", "Received", "TLS-Report-Domain", "TLS-Report-Submitter", "Authentication-Results")


def failing(mx="mx.example.com", **fields):
    return {"result-type": "certificate-expired", "sending-mta-ip": "198.51.100.1", "receiving-mx-hostname": mx,
            "receiving-ip": "203.0.113.9", "failed-session-count": 2, **fields}


def hostile_report(number, text):
    """A report with TEXT in each of its fields: some alone, so that the rest is read as usual, and all at once."""
    document = report(f"r{number}", failures=2)
    policy = document["policies"][0]
    free = [field for field in FAILURE_FIELDS if field not in ("result-type", "receiving-mx-hostname")]
    policy["failure-details"] = [failing(**{field: text for field in free}), failing(**{field: text for field in FAILURE_FIELDS})]
    policy["summary"]["total-failure-session-count"] = 2 * len(policy["failure-details"])
    base = report(failures=2)["policies"][0]
    for field in POLICY_FIELDS:
        changed = json.loads(json.dumps(base))
        changed["policy"][field] = [text, "mode: enforce"] if field in ("policy-string", "mx-host") else text
        document["policies"].append(changed)
    everything = json.loads(json.dumps(base))
    everything["policy"] = {field: [text] if field in ("policy-string", "mx-host") else text for field in POLICY_FIELDS}
    document["policies"].append(everything)
    document.update({field: text for field in REPORT_FIELDS})
    document["date-range"] = {"start-datetime": "2026-06-08T00:00:00Z", "end-datetime": text}
    document[text] = text
    return document


def folded(text):
    """As a header can carry it: a line end in it folds or ends the header, raw bytes stay."""
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"")


def hostile_mail(number, text, document, everywhere):
    """DOCUMENT with TEXT as its attachment's name and, if EVERYWHERE, in each header, whatever becomes of the mail by
    that; else a line end in the name only folds it."""
    headers = {"From": b"tls@reporter.example", "Date": b"Tue, 09 Jun 2026 02:00:00 +0000", "TLS-Report-Domain": b"example.com",
               "TLS-Report-Submitter": f"reporter{number % 7}.example".encode()}
    if everywhere:
        headers = {name: folded(text) for name in MAIL_FIELDS}
    name = folded(text).replace(b'"', b'\\"') + b"!example.com!1780876800!1780963199.json.gz"
    if not everywhere:
        name = re.sub(rb"[\r\n]+", b"\n ", name)
    encoded = "".join(f"%{byte:02X}" for byte in folded(text)).encode()
    data = gzip.compress(json.dumps(document).encode(), mtime=0)
    return (b"".join(name.encode() + b": " + value + b"\n" for name, value in headers.items()) +
            b"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=tlsrpt; boundary=b\n\n"
            b"--b\nContent-Type: application/tlsrpt+gzip; name=\"" + name + b"\"\nContent-Disposition: attachment; filename*=utf-8''" +
            encoded + b"; filename=\"" + name + b"\"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(data) + b"\n--b--\n")


def printable(text):
    """Without what an observation may not hold at all."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def host(text):
    """As an observation can hold it as a name: without blanks and control characters, and not too long."""
    return re.sub("[\0-\x20\x7f]", "", printable(text))[:60].strip(".") + re.search(r"zq\d+z", text)[0]


def hostile_observation(at, texts, extra):
    """What is published, with each of TEXTS in each text of it."""
    observation = published(at)
    record = lambda name, kind, value: {"name": name, "type": kind, "ttl": 300, "value": value, "dnssec": "secure"}
    certificate = observation["smtp"][0]["certificate"]
    for number, text in texts:
        name = host(text)
        observation["records"] += [record("example.com", "TXT", text), record("example.com", "TXT", f"google-site-verification={text}"),
                                   record("_smtp._tls.example.com", "TXT", f"v=TLSRPTv1; rua=mailto:{text}"),
                                   record("_mta-sts.example.com", "TXT", f"v=STSv1; id={text};"),
                                   record("_dmarc.example.com", "TXT", f"v=DMARC1; p={text}"), record("example.com", "NS", name),
                                   record("example.com", "MX", f"10 {name}"), record("mx.example.com", "CNAME", name),
                                   record("_25._tcp.mx.example.com", "TLSA", f"3 1 1 {text}"), record(name, "A", "203.0.113.9"),
                                   record("s1._domainkey.example.com", "TXT", f"v=DKIM1; p={text}{extra}")]
        observation["lookups"].append({"name": name, "type": "TXT", "status": "servfail", "dnssec": "bogus"})
        observation["authorities"].append({"server": name, "address": "192.0.2.53", "name": "example.com", "type": "MX",
                                           "status": "ok", "values": [f"10 {text}"]})
        names = {"names": [name, "*.example.com"], "issuer": text + extra, "trust": "untrusted", "matches_mx": False}
        observation["smtp"].append({"mx": "mx.example.com", "address": f"203.0.113.{10 + number}", "status": "ok", "starttls": number % 2 == 0,
                                    "banner": text, "starttls_reply": text, "tls_version": text, "helo": text, "dane": "none", "detail": text,
                                    "certificate": dict(certificate, **names), "certificate_without_sni": dict(certificate, **names),
                                    "chain": [{"subject": text, "spki_sha256": "cc" * 32, "cert_sha256": "dd" * 32}]})
        observation["policy"]["addresses"] = observation["policy"].get("addresses", []) + [
            {"address": f"203.0.113.{100 + number}", "status": "tls-error", "http_status": None, "body_sha256": None, "detail": text}]
    lines = "".join(f"mx: {text}\n{text}: {text}\n" for _, text in texts)
    observation["policy"]["body"] = f"version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 604800\n{lines}"
    observation["policy"]["content_type"] = observation["policy"]["detail"] = observation["policy"]["url"] = "".join(text for _, text in texts)
    return observation


def configured(text):
    """As the configuration can hold it: a control character in a value is a fault, see below."""
    return re.sub("[\0-\x1f\x7f]", "", printable(text)).strip()


def key_file(text):
    """As a value of the configuration."""
    return configured(text).replace("\\", "\\\\")


# ---- what is asked of the bytes ----

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


class Page(html.parser.HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.others, self.values, self.text = set(), [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add((tag,))
        self.elements.update((tag, name) for name, _ in attrs)
        self.values += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.others.append(data)

    def handle_pi(self, data):
        self.others.append(data)

    def unknown_decl(self, data):
        self.others.append(data)

    def handle_decl(self, decl):
        if decl.lower() != "doctype html":
            self.others.append(decl)


class Output(harness.Case):
    """The databases are made once: one with the hostile strings, one with harmless words in the same places."""

    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.mkdtemp(prefix="tlsrpt-output-")
        cls.ready, cls.printed = {}, {}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.kept, True)

    def setUp(self):
        super().setUp()
        self.use("hostile")

    # ---- making them ----

    def use(self, kind):
        texts = [(number, marked(number) if kind == "hostile" else MARK.format(number)) for number in ALL]
        self.db = os.path.join(self.kept, f"{kind}.db")
        self.env["TLSRPT_CONFIG"] = os.path.join(self.kept, f"{kind}.conf")
        self.texts = texts
        if kind in self.ready:
            return
        self.ready[kind] = True
        self.write_config(texts)
        mails = []
        for number, text in texts:
            document = hostile_report(number, text)
            mails.append(hostile_mail(number, text, document, False))
            mails.append(hostile_mail(number, text, report(f"m{number}", failures=1), True))
            mails.append(hostile_mail(number, text, f"{{\"policies\": [ {text}", number % 2 == 0))
        box = self.maildir([], kind)
        for number, data in enumerate(mails):
            text = "".join(c for c in texts[number // 3][1] if c not in "/\0").encode("utf-8", "replace")[:200]
            with open(os.path.join(box.encode(), b"new", b"%d." % number + text), "wb") as file:
                file.write(data)
        done = self.run_tlsrpt("ingest", box)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.clean(done.stdout + done.stderr)
        self.import_observations(texts)

    def write_config(self, texts):
        lines = ["[tlsrpt]", "mail-from = tlsrpt@example.net", "mail-to = it@example.org", "[domain example.com]", "owner = IT", "sts-owner = Web"]
        for number, text in texts:
            value = key_file(text)
            lines += [f"[domain d{number}.example]", *[f"{key} = {value}" for key in ("client", "owner", "sts-owner", "dns-host")]]
        with open(self.env["TLSRPT_CONFIG"], "w", newline="") as file:
            file.write("\n".join(lines) + "\n")

    def import_observations(self, texts):
        """Each by itself where the whole is refused, so that all that can be there is there."""
        texts = [(number, printable(text)) for number, text in texts]
        for at, extra in (("2026-06-07T12:00:00Z", ""), ("2026-06-09T12:00:00Z", "!")):
            with open(self.path("o.json"), "w") as file:
                json.dump(hostile_observation(at, texts, extra), file)
            done = self.run_tlsrpt("observe", "--import", self.path("o.json"))
            self.clean(done.stdout + done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)

    # ---- asking ----

    def out(self, *arguments, status=(0, 1, 2), data=b""):
        """What a command prints; what it says on stderr is clean in any case. Each call is made once."""
        known = self.db.startswith(self.kept) and not data
        key = (self.db, *arguments)
        if known and key in self.printed:
            return self.printed[key]
        done = self.run_tlsrpt(*arguments, "--offline", data=data)
        self.assertIn(done.returncode, status, done.stderr)
        self.clean(done.stderr)
        if known:
            self.printed[key] = done.stdout
        return done.stdout

    def clean(self, out, ends=""):
        """No byte that a terminal or a reader obeys; ENDS are characters that the format needs besides LF and TAB."""
        text = out.decode("utf-8")
        for end in ends:
            text = text.replace(end, "")
        found = FORBIDDEN.search(text)
        self.assertIsNone(found, found and repr(text[max(0, found.start() - 60):found.end() + 20]))
        return text

    def marks(self, text):
        return {int(number) for number in re.findall(r"zq(\d+)z", text)}

    def seen(self, text, least):
        """The strings came through: an output that drops them proves nothing."""
        self.assertGreaterEqual(len(self.marks(text)), least)

    def json_clean(self, out, least=0):
        text = self.clean(out)
        value = json.loads(text)
        self.assertEqual(json.loads(json.dumps(value)), value)
        self.seen(text, least)
        return value

    def page(self, arguments, least):
        """The page has the elements and attributes that harmless words give, and runs nothing."""
        text = self.clean(self.out(*arguments))
        page = Page(text)
        self.use("harmless")
        harmless = Page(self.out(*arguments).decode())
        self.use("hostile")
        self.assertEqual(page.elements - harmless.elements, set())
        self.assertEqual(page.others, [])
        for name, value in page.values:
            self.assertFalse(name.startswith("on"), name)
            if name in ("href", "src", "action"):
                self.assertRegex(value, r"^(https://[a-z0-9.-]+(/|$)|#|mailto:)", value)
        self.seen(page.text, least)

    # ---- text ----

    TEXTS = [
        (("analyze",), 10), (("analyze", "-v"), 10), (("analyze", "--code", "list"), 0), (("audit", "--all"), 40), (("audit", "example.com"), 1),
        (("check",), 0), (("summary",), 20), (("changes", "example.com"), 20), (("whatif", "example.com", "--mode", "enforce"), 5), (("plan", "example.com", "enforce"), 0), (("quarantine", "list"), 20), (("config", "check"), 0),
    ]

    def test_text(self):
        for arguments, least in self.TEXTS:
            with self.subTest(arguments):
                self.seen(self.clean(self.out(*arguments)), least)

    def ids(self):
        return [finding["id"] for domain in json.loads(self.out("analyze", "--format", "json"))["domains"] for finding in domain["findings"]]

    def test_show(self):
        ids = self.ids()
        self.seen("".join(self.clean(self.out("show", finding)) for finding in ids[::len(ids) // 3 or 1]), 10)

    def test_quarantine_show(self):
        entries = json.loads(self.out("quarantine", "list", "--format", "json"))
        self.assertGreaterEqual(len(entries), len(HOSTILE) // 2)
        for entry in entries[::3]:
            self.clean(self.out("quarantine", "show", entry["sha256"]))
        self.clean(self.out("quarantine", "retry", entries[0]["sha256"]))

    def test_explain(self):
        """In memory and without a configuration, from bare files and from stdin."""
        number = 0
        for number, text in self.texts[::6]:
            document = json.dumps(hostile_report(number, text)).encode()
            self.seen(self.clean(self.out("explain", "-", data=document)), 1)
            self.clean(self.out("explain", "-", data=hostile_mail(number, text, "{\"policies\": [", True)))
        names = []
        for number, text in self.texts:
            name = "".join(c for c in text if c not in "/\0").encode("utf-8", "replace")[:200]
            names.append(os.path.join(self.folder.encode(), name))
            with open(names[-1], "wb") as file:
                file.write(b'{"policies": [%d' % number)
        self.seen(self.clean(self.run_tlsrpt("explain", "--offline", *names).stderr), 40)

    def small(self):
        """A database of its own with one report, in which a call costs little."""
        self.env.pop("TLSRPT_CONFIG")
        self.db = self.path("small.db")
        self.ingest("-", data=harness.mail(report(1)))

    def test_what_is_wrong_with_a_call(self):
        """Words of the command line and names of files come back in messages."""
        self.small()
        for number, text in self.texts:
            text = printable(text)
            for arguments in (("analyze", text), ("show", text), ("changes", text), ("audit", text), ("summary", "--client", text),
                              ("check", text), ("acknowledge", text), ("quarantine", "show", text), ("analyze", "--format", text),
                              ("observe", "--import", text), ("ingest", text), ("analyze", "--since", text), (text,), (f"--{text}",),
                              ("analyze", "--config", text))[number % 3::3]:
                done = self.run_tlsrpt(*arguments, "--offline")
                self.clean(done.stdout + done.stderr)

    def test_what_is_wrong_with_a_configuration(self):
        self.small()
        for number, text in self.texts:
            text = printable(text)
            with open(self.path("bad.conf"), "w", newline="") as file:
                file.write(f"[tlsrpt]\ndb = {text}\nsilent-after = {text}\nresolver = {text}\nmail-to = {text}\n{text} = x\nrua = {text}\n"
                           f"[{text}]\n[domain {text}]\nmodel = {text}\nrua = {text}\n")
            done = self.run_tlsrpt("config", "check", "--config", self.path("bad.conf"))
            self.assertEqual(done.returncode, 78)
            self.clean(done.stdout + done.stderr)

    def test_what_is_wrong_with_an_observation(self):
        self.small()
        for number, text in self.texts:
            for place in ("domain", "taken_at", "policy", "smtp", "records"):
                with open(self.path("bad.json"), "w") as file:
                    json.dump(dict(published(), **{place: text}), file)
                done = self.run_tlsrpt("observe", "--import", self.path("bad.json"))
                self.assertEqual(done.returncode, 65, (place, text))
                self.clean(done.stdout + done.stderr)
                if number % 10:
                    break

    # ---- JSON ----

    def test_json(self):
        for arguments, least in ((("analyze",), 10), (("audit", "--all"), 40), (("check",), 0), (("summary",), 20), (("changes", "example.com"), 20), (("whatif", "example.com", "--mode", "enforce"), 5), (("plan", "example.com", "enforce"), 0),
                                 (("quarantine", "list"), 20)):
            with self.subTest(arguments):
                self.json_clean(self.out(*arguments, "--format", "json"), least)

    def test_ndjson_has_every_string_as_it_came(self):
        rows = [json.loads(line) for line in self.clean(self.out("export", "--format", "ndjson")).splitlines()]
        self.assertEqual({row["kind"] for row in rows}, {"policy", "failure"})
        fields = {}
        def gather(value, key=None):
            if isinstance(value, dict):
                for name, each in value.items():
                    gather(each, name)
            elif isinstance(value, list):
                for each in value:
                    gather(each, key)
            elif isinstance(value, str):
                fields.setdefault(key, set()).add(value)
        gather(rows)
        for number in ALL:
            # What JSON cannot carry, and a NUL, becomes U+FFFD (SPEC: text that is not UTF-8).
            wanted = re.sub("[\0\ud800-\udfff]", "\ufffd", marked(number))
            for field in ("organization_name", "receiving_mx_helo", "additional_information", "failure_reason_code", "result_type_raw"):
                self.assertIn(wanted, fields[field], (field, number))

    # ---- pages, tables, gauges, mails ----

    def test_html(self):
        for arguments, least in ((("analyze",), 10), (("audit", "--all"), 40), (("summary",), 20)):
            with self.subTest(arguments):
                self.page((*arguments, "--format", "html"), least)

    def test_csv(self):
        for arguments, least in ((("export", "--rows", "failure"), 50), (("export", "--rows", "policy"), 50), (("audit", "--all"), 40)):
            with self.subTest(arguments):
                out = self.out(*arguments, "--format", "csv")
                self.clean(out, "\r")
                rows = list(csv.reader(io.StringIO(out.decode(), newline=""), strict=True))
                self.assertEqual({len(row) for row in rows}, {len(rows[0])})
                for row in rows:
                    for cell in row:
                        self.assertNotRegex(cell, r"\A[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
                self.seen(out.decode(), least)

    def test_openmetrics(self):
        """Names of its own and domains that are configured, nothing else."""
        known = {"example.com", *[f"d{number}.example" for number in ALL]}
        lines = self.clean(self.out("export", "--format", "openmetrics")).splitlines()
        self.assertEqual(lines[-1], "# EOF")
        for line in lines[:-1]:
            if line.startswith("#"):
                self.assertRegex(line, r"^# (HELP|TYPE) tlsrpt_\w+ [ -~]+$")
                continue
            found = re.fullmatch(r'(tlsrpt_\w+)(?:\{domain="([a-z0-9.-]+)"(?:,(?:result|severity)="[a-z]+")?\})? -?[0-9.e+]+', line)
            self.assertIsNotNone(found, line)
            self.assertIn(found[2], known | {None})

    def check_mail(self, data, least):
        self.assertNotIn(b"\r\n\r\n\r\nBcc", data)
        self.clean(data, "\r")
        self.assertLessEqual(max(map(len, data.splitlines())), 998)
        message = email.message_from_bytes(data, policy=email.policy.default)
        self.assertEqual([part.defects for part in message.walk() if part.defects], [])
        allowed = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding", "auto-submitted",
                   "content-language", "precedence"}
        names = [name.lower() for name in message.keys()]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual(set(names), allowed)
        self.assertEqual((message["From"], message["To"]), ("tlsrpt@example.net", "it@example.org"))
        self.assertIsNone(FORBIDDEN.search(message["Subject"]) or re.search(r"[\n\t]", message["Subject"]))
        seen = message["Subject"]
        for part in message.walk():
            if part.is_multipart():
                self.assertLessEqual({name.lower() for name in part.keys()}, allowed)
                continue
            self.assertIsNone(part.get_filename())
            payload = self.clean(part.get_payload(decode=True), "\r")
            seen += payload
            if part.get_content_type() == "text/html":
                page = Page(payload)
                self.assertEqual(page.others, [])
                self.assertNotIn(("script",), page.elements)
                self.assertNotIn(("img",), page.elements)
        self.seen(seen, least)
        return names

    def test_the_mail_of_a_summary(self):
        names = self.check_mail(self.out("summary", "--format", "mail"), 20)
        self.use("harmless")
        self.assertEqual(self.check_mail(self.out("summary", "--format", "mail"), 20), names)

    def test_the_mail_of_a_summary_to_a_client(self):
        """The client's name stands in the subject."""
        for number, text in self.texts:
            if number % 6 == 0:
                out = self.run_tlsrpt("summary", "--format", "mail", "--client", configured(text), "--offline")
                self.assertEqual(out.returncode, 0, out.stderr)
                self.check_mail(out.stdout, 1)

    def test_the_message_of_a_call(self):
        """What check hands to a command, and what of it gets into that command's arguments: nothing."""
        shutil.copy(self.db, self.path("t.db"))
        self.db = self.path("t.db")
        out = self.path("told")
        done = self.run_tlsrpt("check", "--offline", "--notify", f"cat >> {out}")
        self.clean(done.stdout + done.stderr)
        with open(out, "rb") as file:
            self.check_mail(file.read(), 0)

    def test_notes_of_an_acknowledgement(self):
        shutil.copy(self.db, self.path("t.db"))
        self.db = self.path("t.db")
        ids = self.ids()
        for start in range(0, len(HOSTILE), 20):
            note = "".join(printable(text)[-40:] for _, text in self.texts[start:start + 20])
            self.clean(self.out("acknowledge", ids[start // 20], f"--note={note.encode()[:1000].decode(errors='ignore')}"))
        self.seen(self.clean(self.out("analyze")), 10)
        self.json_clean(self.out("check", "--format", "json"))
        self.assertEqual(Page(self.clean(self.out("analyze", "--format", "html"))).others, [])

    # ---- files ----

    def test_nothing_is_written_elsewhere(self):
        """Names lead nowhere: a run in an empty folder leaves there what it was told to, its database."""
        inner = self.path("a", "b", "c")
        os.makedirs(inner)
        before = os.path.exists("/tmp/evil")
        box = self.maildir([hostile_mail(number, text, hostile_report(number, text), False) for number, text in self.texts], "box")
        self.db = os.path.join(inner, "own.db")
        def files():
            return {os.path.join(folder, name) for folder, _, names in os.walk(self.folder) for name in names if not folder.startswith(box)}
        there = files()
        for arguments in (("ingest", "--move-to", "Done", box), ("analyze",), ("quarantine", "list"), ("summary", "--format", "mail"), ("export",)):
            done = self.run_tlsrpt(*arguments, cwd=inner)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(files() - there, {self.db})
        self.assertEqual(sorted(os.listdir(box)), [".Done", "cur", "new", "tmp"])
        self.assertEqual(os.path.exists("/tmp/evil"), before)


if __name__ == "__main__":
    harness.main()
