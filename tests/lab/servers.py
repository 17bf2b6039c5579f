"""Servers on loopback that are wrong in every way a test wants, and the certificates for them."""
import contextlib, datetime, hashlib, json, os, shutil, socket, ssl, subprocess, tempfile, threading, time, unittest

PROBE = os.path.abspath(os.environ.get("PROBE", "build/dev/tests/lab/lab_probe"))

CONFIG = """
[ca]
default_ca = this
[this]
dir = {folder}
database = $dir/index
new_certs_dir = $dir
serial = $dir/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
extendedKeyUsage = serverAuth
{names}
"""


def openssl(*arguments, input=None):
    """The output of the openssl command."""
    return subprocess.run(["openssl", *arguments], input=input, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60).stdout


def days(count):
    """Now and COUNT days, as openssl ca wants it."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=count)).strftime("%Y%m%d%H%M%SZ")


class Certificate:
    """A certificate and its key in files; the chain is what is sent above it."""

    def __init__(self, folder, name, issuer=None, names=(), start=-1, end=90, authority=False, rsa=False,
                 chain=(), common_name=None):
        self.folder, self.name, self.chain, self.names = folder, name, chain, names
        self.key = os.path.join(folder, name + ".key")
        self.file = os.path.join(folder, name + ".pem")
        kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if rsa else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("genpkey", "-algorithm", *kind, "-out", self.key)
        config, request = os.path.join(folder, name + ".cnf"), os.path.join(folder, name + ".csr")
        alternative = "subjectAltName = " + ",".join("DNS:" + one for one in names) if names else ""
        with open(config, "w") as file:
            file.write(CONFIG.format(folder=folder, names=alternative))
        for file, content in (("index", ""), ("serial", "1000\n")):
            path = os.path.join(folder, file)
            if not os.path.exists(path):
                with open(path, "w") as out:
                    out.write(content)
        openssl("req", "-new", "-config", config, "-key", self.key, "-subj", f"/CN={common_name or name}", "-out", request)
        signer = issuer or self
        how = ["-selfsign"] if issuer is None else ["-cert", signer.file]
        openssl("ca", "-batch", "-notext", "-config", config, *how, "-keyfile", signer.key, "-in", request,
                "-startdate", days(start), "-enddate", days(end), "-extensions", "authority" if authority else "leaf",
                "-out", self.file)

    def context(self, *others):
        """For a server that presents this certificate, or one of OTHERS with another kind of key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for one in (self, *others):
            path = one.file + ".chain"
            with open(path, "w") as out:
                for link in (one, *one.chain):
                    with open(link.file) as file:
                        out.write(file.read())
            context.load_cert_chain(path, one.key)
        return context

    def der(self):
        return openssl("x509", "-in", self.file, "-outform", "DER")

    def cert_sha256(self):
        return hashlib.sha256(self.der()).hexdigest()

    def spki_sha256(self):
        public = openssl("x509", "-in", self.file, "-noout", "-pubkey")
        return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", input=public)).hexdigest()

    def end(self):
        """notAfter in RFC 3339."""
        text = openssl("x509", "-in", self.file, "-noout", "-enddate").decode().strip().split("=")[1]
        return datetime.datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").strftime("%Y-%m-%dT%H:%M:%SZ")


class Listener:
    """Serves each connection in a thread of its own until it is closed."""

    def __init__(self, address="127.0.0.1", port=0):
        self.connections, self.open, self.most_open = 0, 0, 0
        self.lock, self.threads, self.sockets = threading.Lock(), [], set()
        self.closing = threading.Event()
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(16)
        self.address, self.port = address, self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            if self.closing.is_set():
                client.close()
                return
            self.settle()
            with self.lock:
                self.connections += 1
                self.open += 1
                self.most_open = max(self.open, self.most_open)
                number = self.connections
                self.sockets.add(client)
            thread = threading.Thread(target=self.one, args=(client, number))
            self.threads.append(thread)
            thread.start()

    def settle(self):
        """Waits for threads whose clients have gone: what is open at once is counted, not what is served a
        little late. A client that waits for its banner does not go away by this."""
        end = time.monotonic() + 0.5
        while self.open and self.open >= self.most_open and time.monotonic() < end:
            time.sleep(0.005)

    def one(self, client, number):
        client.settimeout(20)
        try:
            with contextlib.suppress(OSError, EOFError, ValueError):
                self.serve(client, number)
        finally:
            with self.lock:
                self.open -= 1
                self.sockets.discard(client)
            client.close()

    def close(self):
        self.closing.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self.lock:
            still_open = list(self.sockets)
        for client in still_open:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        for thread in self.threads:
            thread.join(10)


class Https(Listener):
    """ANSWER is the bytes of the answer, or a function of the stream that writes it."""

    def __init__(self, context, answer, **where):
        self.context, self.answer, self.requests, self.names = context, answer, [], []
        if context:
            context.sni_callback = lambda stream, name, _: self.names.append(name)
        super().__init__(**where)

    def serve(self, client, number):
        with self.context.wrap_socket(client, server_side=True) as stream:
            request = b""
            while b"\r\n\r\n" not in request:
                data = stream.recv(4096)
                if not data:
                    return
                request += data
            self.requests.append(request)
            if callable(self.answer):
                self.answer(self, stream)
            else:
                stream.sendall(self.answer)
            with contextlib.suppress(OSError):
                stream.unwrap()


class Smtp(Listener):
    """A server of SMTP as far as STARTTLS. CONTEXT may be a list, one a connection in turn; so may
    EHLO. INSTEAD is a function of (server, client) that replaces all of it."""

    def __init__(self, context=None, banner=b"220 mx.example.com ESMTP\r\n",
                 ehlo=b"250-mx.example.com hello\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n",
                 starttls=b"220 go ahead\r\n", instead=None, after=None, **where):
        self.context, self.banner, self.ehlo, self.starttls = context, banner, ehlo, starttls
        self.instead, self.after, self.commands = instead, after, []
        super().__init__(**where)

    @staticmethod
    def turn(value, number):
        return value[min(number, len(value)) - 1] if isinstance(value, list) else value

    def lines(self, stream):
        data = b""
        while True:
            while b"\r\n" not in data:
                more = stream.recv(4096)
                if not more:
                    return
                data += more
            line, data = data.split(b"\r\n", 1)
            self.commands.append(line.decode("latin-1"))
            yield line.upper()

    def serve(self, client, number):
        if self.instead:
            return self.instead(self, client)
        client.sendall(self.banner)
        for line in self.lines(client):
            if line.startswith(b"EHLO"):
                client.sendall(self.turn(self.ehlo, number))
            elif line == b"STARTTLS":
                client.sendall(self.starttls)
                if self.starttls.startswith(b"220"):
                    return self.secure(client, number)
            elif line == b"QUIT":
                return client.sendall(b"221 bye\r\n")
            else:
                client.sendall(b"500 what\r\n")

    def secure(self, client, number):
        if self.after:
            return self.after(self, client)
        with self.turn(self.context, number).wrap_socket(client, server_side=True) as stream:
            for line in self.lines(stream):
                stream.sendall(b"221 bye\r\n" if line == b"QUIT" else b"250 fine\r\n")
                if line == b"QUIT":
                    return


def wait_for_close(server, client):
    """Keeps a connection open and silent."""
    server.closing.wait(30)


class Lab(unittest.TestCase):
    """A test with a folder and servers of its own; the certificates are those of the class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tlsrpt-lab-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.root = Certificate(cls.folder, "root", authority=True, end=900, common_name="Lab Root")
        cls.middle = Certificate(cls.folder, "middle", issuer=cls.root, authority=True, end=400,
                                 common_name="Lab Intermediate")

    @classmethod
    def leaf(cls, name, names, chain=True, issuer=None, **more):
        return Certificate(cls.folder, name, issuer=issuer or cls.middle, names=names,
                           chain=[cls.middle] if chain else [], **more)

    def start(self, server):
        self.addCleanup(server.close)
        return server

    def probe(self, *arguments, expected=1, private=True, ca=True, seconds=5, timeout=60):
        """What the probe prints: its observations, EXPECTED of them."""
        command = [PROBE, *arguments, "--seconds", str(seconds), "--private", "1" if private else "0"]
        if ca:
            command += ["--ca", self.root.file]
        # A proxy of the environment must not be asked: nothing listens there.
        env = dict(os.environ, https_proxy="http://127.0.0.1:9", all_proxy="http://127.0.0.1:9", HOME=self.folder)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, env=env)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        observations = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(observations), expected)
        return observations
