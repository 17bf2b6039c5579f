"""An https rua: `ingest --cgi` by itself, and behind the web servers that contrib/cgi has recipes for."""
import contextlib, gzip, http.client, json, os, pathlib, shutil, signal, socket, sqlite3, subprocess, threading, time
import unittest

from harness import Case, mail, main, report

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "contrib/cgi"
GZIP, JSON = "application/tlsrpt+gzip", "application/tlsrpt+json"
SESAME = b"sesame"  # is in every body, and must be in no answer


def body(number=1, kind=GZIP, **more):
    data = json.dumps(report(number, **{"organization-name": "sesame", **more})).encode()
    return gzip.compress(data, mtime=0) if kind == GZIP else data


class Reports(Case):
    """What to expect of an answer, wherever it comes from."""

    def kept(self):
        return self.report_ids() if os.path.exists(self.db) else []

    def hold(self):
        """The database, busy for as long as this is open."""
        return contextlib.closing(sqlite3.connect(self.db, isolation_level=None, check_same_thread=False))


class Program(Reports):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("tlsrpt"))
        self.configuration = self.path("tlsrpt", "tlsrpt.conf")

    def configure(self, text):
        with open(self.configuration, "w") as file:
            file.write("[tlsrpt]\n" + text)

    def variables(self, method, kind, length):
        given = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "CONTENT_TYPE": kind,
                 "CONTENT_LENGTH": length}
        return dict(self.env, **{name: str(value) for name, value in given.items() if value is not None})

    def parse(self, out):
        """The status, the fields and the sentence of a CGI answer, which is nothing but this."""
        head, _, sentence = out.decode("ascii").partition("\n\n")
        fields = dict(line.split(": ", 1) for line in head.split("\n"))
        self.assertEqual(fields.pop("Content-Type"), "text/plain")
        self.assertRegex(sentence, r"\A[^\n]+\n\Z")
        self.assertNotIn(SESAME, out)
        status = fields.pop("Status")
        self.assertRegex(status, r"\A\d{3} [A-Z]")
        return int(status[:3]), fields

    def post(self, data, kind=GZIP, method="POST", length=-1, arguments=(), **more):
        env = self.variables(method, kind, len(data) if length == -1 else length)
        done = subprocess.run(self.arguments("ingest", "--cgi", *arguments), input=data, capture_output=True,
                              timeout=120, env=env, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(SESAME, done.stderr)
        self.said = done.stderr
        return self.parse(done.stdout)

    def expect(self, status, *arguments, **more):
        answer, fields = self.post(*arguments, **more)
        self.assertEqual(answer, status, self.said)
        self.assertEqual(set(fields), {405: {"Allow"}, 503: {"Retry-After"}}.get(status, set()))

    def test_types_and_encodings(self):
        kinds = [(GZIP, GZIP), (JSON, JSON), ("application/tlsrpt", GZIP), ("application/json", JSON),
                 ("application/gzip", GZIP), ("application/x-gzip", GZIP), ("application/octet-stream", GZIP),
                 (None, GZIP), ("", JSON), (GZIP.upper() + " ; x=y", GZIP), (f" {JSON};charset=utf-8", JSON),
                 (GZIP, JSON), (JSON, GZIP)]
        for number, (kind, form) in enumerate(kinds):
            with self.subTest(kind):
                self.expect(200, body(number, form), kind)
        self.assertEqual(self.kept(), sorted(f"r{number}" for number in range(len(kinds))))
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/tlsrpt+xml",
                     "message/rfc822", "application/tlsrpt+gzip\n", "application/tlsrpt+gzipx", "\xff", ";", "sesame"):
            with self.subTest(kind):
                self.expect(200 if kind in (";", GZIP + "\n") else 415, body(100), kind)

    def test_every_outcome_that_is_on_disk_is_taken(self):
        self.expect(200, body(1))
        self.expect(200, body(1))
        self.expect(200, body(1, failures=3))
        self.expect(200, b'{"policies": ["sesame"', JSON)
        self.expect(200, body(2)[:-20])
        self.expect(200, gzip.compress(b"sesame"))
        self.assertEqual(self.kept(), ["r1"])
        self.assertEqual(len(self.quarantine()), 3)
        self.assertEqual({entry["source"] for entry in self.quarantine()}, {"an https report"})

    def test_what_is_no_report_is_told_so(self):
        for data, kind in ((b"", GZIP), (b"sesame", GZIP), (b"\0" * 1000, JSON), (b'{"sesame": 1}', "application/json"),
                           (gzip.compress(b"sesame"), "application/gzip")):
            self.expect(422, data, kind)
        self.assertEqual(self.kept(), [])
        self.assertEqual(self.quarantine(), [])

    def test_nobody_vouches_for_it(self):
        """A mail in the body would bring its own Authentication-Results, now or at a retry."""
        self.configure("authserv-id = mx.example.com\n")
        forged = (b"Authentication-Results: mx.example.com; dkim=pass header.d=reporter.example\n" +
                  mail(report(1)))
        self.assertEqual(self.ingest(data=forged), {"messages": 1, "stored": 1})
        self.assertEqual(self.rows()[0]["report"]["authenticated"], "pass")
        os.unlink(self.db)
        for kind in (GZIP, JSON, None, "application/octet-stream"):
            self.expect(422, forged, kind)
        self.assertEqual(self.run_tlsrpt("quarantine", "retry").returncode, 0)
        self.assertEqual(self.kept(), [])
        self.expect(200, body(2))
        self.assertEqual({row["report"]["authenticated"] for row in self.rows()}, {"none"})

    def test_methods(self):
        for method in ("GET", "HEAD", "PUT", "OPTIONS", "post", "", "sesame\r\nX: y"):
            self.expect(405, body(), method=method)
        self.expect(405, b"", kind=None, method="GET", length=None)
        self.assertEqual(self.kept(), [])

    def test_lengths(self):
        self.configure("max-mail-size = 1M\n")
        data = body(1)
        limit = 1 << 20
        for length in ("x", "-1", "1e3", "0x10", " 5", "99999999999999999999999"):
            self.expect(400, data, length=length)
        self.expect(400, data, length=len(data) + 1)
        self.expect(400, data, length=limit)
        self.expect(413, data, length=limit + 1)
        self.expect(413, data, length=1 << 62)
        self.expect(413, b"sesame" + b"x" * limit)
        self.expect(413, b"sesame" + b"x" * limit, length=None)
        self.expect(413, b"sesame" + b"x" * limit, length="")
        self.assertEqual(self.kept(), [])
        # No more is read than is announced: a server need not close the pipe.
        self.expect(200, data + b"{more", length=len(data))
        self.expect(200, body(2), length=None)
        whole = body(3, JSON)
        self.expect(200, whole + b" " * (limit - len(whole)), JSON)
        self.assertEqual(self.kept(), ["r1", "r2", "r3"])

    def test_the_pipe_may_stay_open(self):
        data = body(1)
        process = subprocess.Popen(self.arguments("ingest", "--cgi"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.variables("POST", GZIP, len(data)))
        process.stdin.write(data)
        process.stdin.flush()
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(self.parse(process.stdout.read())[0], 200)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()

    def test_a_large_body_is_read_to_its_end(self):
        """A server that writes the whole before it listens takes a closed pipe for a failure."""
        self.configure("max-mail-size = 4M\n")
        for arguments, kind, method, status in (([], GZIP, "POST", 413), ([], "text/plain", "POST", 415),
                                                ([], GZIP, "GET", 405), (["--delete"], GZIP, "POST", 500)):
            process = subprocess.Popen(self.arguments("ingest", "--cgi", *arguments), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       env=self.variables(method, kind, 100 << 20))
            for _ in range(1600):
                os.write(process.stdin.fileno(), b"x" * 65536)
            self.assertEqual(self.parse(process.communicate(timeout=30)[0])[0], status)

    def test_a_slow_body_has_an_end(self):
        self.configure("worker-time = 2s\n")
        for length in (1000, None):
            process = subprocess.Popen(self.arguments("ingest", "--cgi"), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, env=self.variables("POST", GZIP, length))
            start = time.monotonic()
            with contextlib.suppress(BrokenPipeError):
                while process.poll() is None and time.monotonic() - start < 30:
                    os.write(process.stdin.fileno(), b"\x1f")
                    time.sleep(0.2)
            self.assertEqual(process.returncode, 0)
            self.assertGreater(time.monotonic() - start, 1.5)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            self.assertEqual(self.parse(process.stdout.read())[0], 408)
            process.stdout.close()

    def test_a_busy_database_asks_to_come_again(self):
        self.expect(200, body(1))
        with self.hold() as holder:
            holder.execute("BEGIN EXCLUSIVE")
            self.expect(503, body(2))
            self.assertIn(b"in use", self.said)
            # What is refused waits for nobody.
            start = time.monotonic()
            self.expect(415, body(2), "text/plain")
            self.assertLess(time.monotonic() - start, 6)
            holder.execute("COMMIT")
        self.expect(200, body(2))
        self.assertEqual(self.kept(), ["r1", "r2"])

    def test_a_full_disk_asks_to_come_again(self):
        mount = self.path("small")
        os.mkdir(mount)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", mount], capture_output=True).returncode:
            self.skipTest("no right to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", mount])
        self.db = os.path.join(mount, "t.db")
        self.expect(200, body(1))
        with contextlib.suppress(OSError), open(mount + "/filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 512)
        self.expect(503, body(2))
        os.unlink(mount + "/filler")
        self.expect(200, body(2))
        self.check_integrity()

    def test_a_fault_of_the_server_is_its_own(self):
        self.expect(500, body(1), arguments=["--db", self.path("none", "t.db")])
        self.expect(500, body(1), arguments=["--config", self.path("none.conf")])
        self.assertIn(b"none.conf", self.said)
        for arguments in (["--no-such-option"], ["--format", "json"], ["--delete"], ["--watch"], [self.folder],
                          ["-"], ["--unrecognized", "reject"], ["--format"], ["--now", "sesam"]):
            with self.subTest(arguments):
                self.expect(500, body(1), arguments=arguments)
                self.assertLessEqual(len(self.said), 200)
        self.expect(500, body(1), method=None)
        self.configure("no-such-key = 1\n")
        self.expect(200, body(1))
        self.assertEqual(self.said, b"")
        self.configure("quarantine-max = much\n")
        self.expect(500, body(2))
        os.unlink(self.configuration)
        self.assertEqual(self.kept(), ["r1"])

    def test_an_option_s_value_is_no_option(self):
        """A mail system that passes on an address like this is one all the same."""
        done = self.deliver(mail(report(1)), "--recipient", "--cgi", "--no-such-option")
        self.assertEqual((done.returncode, done.stdout), (75, b""))


# ---- behind web servers ----

class Server(Reports):
    """What holds behind every web server; a subclass starts one with its recipe."""

    def setUp(self):
        super().setUp()
        self.script = self.path("tlsrpt-rua")
        text = (RECIPES / "tlsrpt-rua").read_text()
        self.assertEqual(text.count("/usr/local/bin/tlsrpt "), 1)
        self.assertEqual(text.count("/var/lib/tlsrpt/tlsrpt.db"), 1)
        # Some servers pass none of their own environment on.
        kept = "".join(f"export {name}='{value}'\n" for name, value in os.environ.items()
                       if name.endswith("SAN_OPTIONS"))
        text = text.replace("exec ", kept + "exec ").replace("/usr/local/bin/tlsrpt ", f"{self.binary} ")
        text = text.replace("/var/lib/tlsrpt/tlsrpt.db", f"{self.db} --config {self.path('c.conf')}")
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nworker-time = 20s\n")
        with open(self.script, "w") as file:
            file.write(text)
        os.chmod(self.script, 0o755)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.start_server()

    def recipe(self, name):
        text = (RECIPES / name).read_text()
        self.assertEqual(text.count("/usr/local/lib/tlsrpt/tlsrpt-rua"), 1)
        return text.replace("/usr/local/lib/tlsrpt/tlsrpt-rua", self.script)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def run_server(self, *command, ready=None, **more):
        log = open(self.path("server.log"), "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, **more)

        def end():
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.addCleanup(end)
        ready = ready or (lambda: socket.create_connection(("127.0.0.1", self.port), 1).close())
        for _ in range(200):
            with contextlib.suppress(OSError):
                ready()
                return process
            if process.poll() is not None:
                break
            time.sleep(0.1)
        with open(self.path("server.log"), errors="replace") as file:
            self.fail(f"{command[0]} does not start: {file.read()}")

    def request(self, data, kind=GZIP, method="POST", path="/tlsrpt", headers={}, **more):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            given = {"Content-Type": kind, **headers} if kind else dict(headers)
            connection.request(method, path, data, given, **more)
            answer = connection.getresponse()
            text = answer.read()
            self.assertNotIn(SESAME, text + str(answer.headers).encode())
            return answer.status, answer.headers, text

    def expect(self, status, *arguments, **more):
        got, headers, text = self.request(*arguments, **more)
        self.assertEqual(got, status, text)
        return headers, text

    def raw(self, *pieces, pause=0):
        """The first line of the answer to what is sent as it is; empty where there is none."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                return connection.makefile("rb").readline()
        return b""

    def alive(self, number):
        self.expect(200, body(number))
        self.assertIn(f"r{number}", self.kept())

    def test_reports_are_taken(self):
        headers, text = self.expect(200, body(1))
        self.assertEqual((headers.get_content_type(), text), ("text/plain", b"The report was taken.\n"))
        self.expect(200, body(1))
        self.expect(200, body(2, JSON), JSON)
        self.expect(200, body(3), None)
        self.assertEqual(self.kept(), ["r1", "r2", "r3"])
        self.assertEqual({row["report"]["authenticated"] for row in self.rows()}, {"none"})

    def test_what_is_wrong_is_told(self):
        self.expect(422, b"sesame")
        self.expect(415, body(), "text/plain")
        for method in ("GET", "PUT", "DELETE"):
            headers, _ = self.expect(405, None, None, method)
            self.assertEqual(headers["Allow"], "POST")
        self.assertEqual(self.request(None, None, "HEAD")[::2], (405, b""))
        self.assertEqual(self.kept(), [])

    def test_a_chunked_body(self):
        """It comes without a length."""
        data = body(1)
        pieces = [data[at:at + 50] for at in range(0, len(data), 50)]
        self.expect(200, iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(self.kept(), ["r1"])
        # One that never says its end.
        self.assertNotIn(b" 200 ", self.raw(b"POST /tlsrpt HTTP/1.1\r\nHost: x\r\nContent-Type: " + GZIP.encode() +
                                            b"\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsesame\r\n"))
        self.alive(2)
        self.assertEqual(self.kept(), ["r1", "r2"])

    def test_a_body_that_is_cut_off(self):
        data = body(1)
        head = (f"POST /tlsrpt HTTP/1.1\r\nHost: x\r\nContent-Type: {GZIP}\r\n"
                f"Content-Length: {len(data)}\r\n\r\n").encode()
        self.assertNotIn(b" 200 ", self.raw(head + data[:-10]))
        self.assertNotIn(b" 200 ", self.raw(head))
        for length in ("-1", "x", "sesame", "1, 2"):
            wrong = head.replace(f"Length: {len(data)}".encode(), f"Length: {length}".encode())
            self.assertNotIn(b" 200 ", self.raw(wrong + data))
        self.alive(2)
        self.assertEqual(self.kept(), ["r2"])

    def test_100_megabytes(self):
        piece = b"sesame" * 10000
        head = (f"POST /tlsrpt HTTP/1.1\r\nHost: x\r\nContent-Type: {GZIP}\r\nConnection: close\r\n"
                f"Content-Length: {100 << 20}\r\n\r\n").encode()
        # The limit of the server itself ends it before a byte of it is there.
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(head)
            self.assertIn(b" 413 ", connection.makefile("rb").readline())
        first = self.raw(head, *[piece] * ((100 << 20) // len(piece)))
        # A server may hang up on who goes on sending before the answer is read.
        self.assertTrue(b" 413 " in first or not first, first)
        chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
        head = head.replace(f"Content-Length: {100 << 20}".encode(), b"Transfer-Encoding: chunked")
        first = self.raw(head, *[chunk] * ((100 << 20) // len(piece)), b"0\r\n\r\n")
        self.assertTrue(b" 413 " in first or not first, first)
        self.alive(1)
        self.assertEqual(self.kept(), ["r1"])

    def test_a_slow_body(self):
        """It comes in the end, and holds up nobody meanwhile."""
        data = body(1)
        head = (f"POST /tlsrpt HTTP/1.1\r\nHost: x\r\nContent-Type: {GZIP}\r\nConnection: close\r\n"
                f"Content-Length: {len(data)}\r\n\r\n").encode()
        step = len(data) // 10 + 1
        answers = []
        slow = threading.Thread(target=lambda: answers.append(
            self.raw(head, *[data[at:at + step] for at in range(0, len(data), step)], pause=0.3)))
        slow.start()
        self.alive(2)
        slow.join(60)
        self.assertIn(b" 200 ", answers[0])
        self.assertEqual(self.kept(), ["r1", "r2"])

    def test_hostile_headers_and_queries(self):
        marker = self.path("sesame")
        for name, value in (("X-Evil", f"$(touch {marker})"), ("Tlsrpt-Db", marker), ("Proxy", marker),
                            ("Content-Disposition", f'attachment; filename="../../{marker}"'),
                            ("X-Fold", "a\r\n b"), ("Content-Type", f"{GZIP}; x=\"$(touch {marker})\"")):
            with contextlib.suppress(ConnectionError, ValueError, http.client.BadStatusLine):
                self.request(body(1), headers={name: value})
        self.raw(b"POST /tlsrpt HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n() { :; }; touch " + marker.encode() +
                 b": x\r\nContent-Length: 0\r\n\r\n")
        # A query without = would be arguments: RFC 3875 §4.4.
        for query in ("--help", f"--db+{marker}", "--version+--db+x", "-v", "a=b"):
            status, _, text = self.request(body(1), path=f"/tlsrpt?{query}")
            self.assertEqual((status, text), (200, b"The report was taken.\n"))
            self.request(None, None, "GET", path=f"/tlsrpt?{query}")
        self.assertFalse(os.path.exists(marker))
        self.alive(2)
        self.assertEqual(self.kept(), ["r1", "r2"])

    def test_a_busy_database(self):
        self.expect(200, body(1))
        with self.hold() as holder:
            holder.execute("BEGIN EXCLUSIVE")
            headers, _ = self.expect(503, body(2))
            self.assertTrue(headers["Retry-After"].isdigit())
            holder.execute("COMMIT")
        self.expect(200, body(2))
        self.assertEqual(self.kept(), ["r1", "r2"])

    def test_a_fault_of_the_server_is_its_own(self):
        """The program's answer arrives even where it did not read the body."""
        self.write("c.conf", "[tlsrpt]\nquarantine-max = much\n")
        for data in (body(1), SESAME * 1000000):
            headers, text = self.expect(500, data)
            self.assertEqual(text, b"The report was not taken; the server's log says why.\n")

    def test_a_body_beyond_the_limit_of_the_program_alone(self):
        self.write("c.conf", "[tlsrpt]\nmax-mail-size = 1M\n")
        self.expect(413, SESAME * 1000000)
        self.alive(1)

    def test_many_at_once(self):
        statuses = []
        threads = [threading.Thread(target=lambda n=n: statuses.append(self.request(body(n))[0])) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertEqual(statuses, [200] * 8)
        self.assertEqual(self.kept(), [f"r{n}" for n in range(8)])

    def test_a_program_that_is_not_there(self):
        with open(self.script, "w") as file:
            file.write(f"#!/bin/sh\nexec {self.path('none')} ingest --cgi\n")
        self.assertGreaterEqual(self.request(body(1))[0], 500)


def program(*names):
    return next((found for name in names for found in [shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:"
                                                                    "/usr/local/bin")] if found), None)


@unittest.skipUnless(program("lighttpd"), "no lighttpd here")
class Lighttpd(Server):
    def start_server(self):
        text = (f'server.document-root = "{self.folder}"\nserver.port = {self.port}\nserver.bind = "127.0.0.1"\n'
                f'server.upload-dirs = ( "{self.folder}" )\nserver.modules = ( )\n')
        self.run_server(program("lighttpd"), "-D", "-f", self.write("lighttpd.conf", text + self.recipe("lighttpd.conf")))


@unittest.skipUnless(program("nginx") and program("fcgiwrap"), "no nginx or no fcgiwrap here")
class Nginx(Server):
    def start_server(self):
        wrap = self.path("wrap.sock")

        def connect():
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(wrap)
        self.run_server(program("fcgiwrap"), "-f", "-c", "4", "-s", f"unix:{wrap}", ready=connect)
        recipe = self.recipe("nginx.conf").replace("unix:/run/fcgiwrap.socket", f"unix:{wrap}")
        temporary = "".join(f"{name}_temp_path {self.path(name)};\n"
                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.geteuid() == 0 else ""
        text = (f"{user}daemon off;\nmaster_process off;\npid {self.path('nginx.pid')};\nerror_log {self.path('error.log')};\n"
                f"events {{ }}\nhttp {{\naccess_log off;\n{temporary}server {{\nlisten 127.0.0.1:{self.port};\n"
                f"{recipe}\n}}\n}}\n")
        self.run_server(program("nginx"), "-p", self.folder, "-c", self.write("nginx.conf", text))


APACHE = "/usr/lib/apache2/modules"


@unittest.skipUnless(program("apache2") and os.path.exists(f"{APACHE}/mod_cgid.so"), "no Apache here")
class Apache(Server):
    def start_server(self):
        modules = "".join(f"LoadModule {name}_module {APACHE}/mod_{name}.so\n" for name in
                          ("mpm_event", "authz_core", "alias", "cgid", "reqtimeout"))
        user = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""
        if user:
            self.open_to_all()
            self.open_script()
        text = (f"ServerRoot {self.folder}\nServerName localhost\nListen 127.0.0.1:{self.port}\n{modules}{user}"
                f"ScriptSock {self.path('cgid.sock')}\nDefaultRuntimeDir {self.folder}\nPidFile {self.path('httpd.pid')}\n"
                f"ErrorLog {self.path('error.log')}\nDocumentRoot {self.folder}\n")
        self.run_server(program("apache2"), "-DFOREGROUND", "-d", self.folder, "-f",
                        self.write("apache.conf", text + self.recipe("apache.conf")))

    def open_script(self):
        """Apache's programs do not run as root: this one can be reached by anybody."""
        with open(self.script) as file:
            text = file.read()
        lines = text.splitlines(keepends=True)
        old = lines[-1].split(" ")[1]
        with open(self.script, "w") as file:
            file.write(text.replace(old, self.binary))


del Server
if __name__ == "__main__":
    main()
