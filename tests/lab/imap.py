"""A Dovecot on loopback: mailboxes over implicit TLS and STARTTLS, passwords and OAuth, and nobody's system
touched. One server may serve all tests of a class: each takes a user of its own."""
import base64, contextlib, glob, grp, http.server, imaplib, json, os, pwd, shutil, signal, socket, ssl, subprocess, threading
import urllib.parse

from lab import need, wait_until

# Where root runs the tests, the server runs as somebody who may do nothing.
ROOTLESS = "nobody"

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
mail_max_userip_connections = 100
auth_failure_delay = 0
auth_mechanisms = plain login xoauth2 oauthbearer
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
{fsync}
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {folder}/users/%u
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users/%u
}}
protocol imap {{
  rawlog_dir = %h/rawlog
  imap_capability = {capability}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {implicit}
    ssl = yes
  }}
}}
service imap {{
  client_limit = 1
  service_count = 20
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 2000
}}
service stats {{
  chroot =
}}
"""

OAUTH2 = """
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/introspect
force_introspection = yes
username_attribute = user
active_attribute = active
active_value = true
timeout_msecs = 5000
"""


def utf7(name):
    """NAME in the modified UTF-7 of IMAP (RFC 3501 §5.1.3)."""
    out, pending = [], ""

    def flush():
        nonlocal pending
        if pending:
            code = base64.b64encode(pending.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            out.append(f"&{code}-")
            pending = ""

    for letter in name:
        if " " <= letter <= "~":
            flush()
            out.append("&-" if letter == "&" else letter)
        else:
            pending += letter
    flush()
    return "".join(out)


def free_ports(count):
    """Ports nobody listens on, all at once so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Tokens(http.server.ThreadingHTTPServer):
    """Says of a token whose it is (RFC 7662). `users` maps tokens to users; every other one is expired."""
    daemon_threads = True

    def __init__(self):
        self.users, self.asked = {}, []
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                token = urllib.parse.parse_qs(form).get("token", [""])[0]
                user = tokens.users.get(token)
                tokens.asked.append(token)
                body = json.dumps({"active": True, "user": user} if user else {"active": False}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Dovecot:
    """CAPABILITY replaces what the server says it can do after login."""

    def __init__(self, folder, certificate, capability="", fsync=False):
        need("dovecot", "setpriv")
        self.folder = folder
        root = os.geteuid() == 0
        self.owner = pwd.getpwnam(ROOTLESS) if root else pwd.getpwuid(os.geteuid())
        self.drop = ["--reuid", str(self.owner.pw_uid), "--regid", str(self.owner.pw_gid), "--clear-groups"] if root else []
        os.makedirs(folder)
        self.implicit, self.starttls = free_ports(2)
        self.tokens = Tokens()
        self.process = None
        try:
            for part in ("run", "state", "home", "users"):
                os.mkdir(self.path(part))
            with open(self.path("certificate"), "w") as out:
                for link in (certificate, *certificate.chain):
                    with open(link.file) as file:
                        out.write(file.read())
            shutil.copy(certificate.key, self.path("key"))
            self.write("oauth2.conf", OAUTH2.format(port=self.tokens.port))
            self.write("dovecot.conf", CONFIG.format(
                folder=folder, user=self.owner.pw_name, group=self.group(), certificate=self.path("certificate"),
                key=self.path("key"), implicit=self.implicit, starttls=self.starttls, capability=capability,
                fsync="" if fsync else "mail_fsync = never"))
            self.open_to_all()
            self.give(folder)
        except BaseException:
            self.tokens.close()
            raise

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def group(self):
        return grp.getgrgid(self.owner.pw_gid).gr_name

    def open_to_all(self):
        """The server's user has to reach its folder, however private those above are."""
        above = os.path.dirname(os.path.abspath(self.folder))
        if self.drop and not os.stat(above).st_mode & 1:
            os.chmod(above, os.stat(above).st_mode | 0o011)

    def give(self, path):
        """Makes PATH and all below the server's own."""
        if not self.drop:
            return
        for folder, _, names in os.walk(path):
            for one in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(one, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)

    # ---- the server ----

    def start(self):
        """It ends with the test, even if that is killed."""
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *self.drop, "dovecot", "-F",
                                         "-c", self.path("dovecot.conf")], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        wait_until(self.answers, "dovecot")

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(self.process.stderr.read().decode() + self.log())
        for port in (self.implicit, self.starttls):
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    pass
            except OSError:
                return False
        return True

    def stop(self):
        """All of it: a connection that somebody uses would keep its process alive."""
        if not self.process:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stderr.close()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        self.stop()
        self.tokens.close()

    def log(self):
        with contextlib.suppress(OSError), open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()
        return ""

    # ---- its users ----

    def user(self, name, password="open sesame", separator="/", folders=()):
        """A new Account. With the separator "." its folders lie below INBOX, as at many hosters."""
        more = " userdb_namespace/inbox/separator=. userdb_namespace/inbox/prefix=INBOX." if separator == "." else ""
        home = self.path("home", name)
        for part in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(home, "Maildir", part))
        os.mkdir(os.path.join(home, "rawlog"))
        account = Account(self, name, password, home)
        for folder in folders:
            account.make_folder(folder)
        self.give(home)
        # A file a user: one for all is looked at again only a second after the last look.
        self.write(os.path.join("users", name),
                   f"{name}:{{PLAIN}}{password}:{self.owner.pw_uid}:{self.owner.pw_gid}::{home}::{more}\n")
        return account


class Account:
    """A user's mailbox, seen from the disk. FOLDER is its name with "/"."""

    def __init__(self, server, name, password, home):
        self.server, self.name, self.password, self.home = server, name, password, home
        self.delivered = 0

    def maildir(self, folder="INBOX"):
        top = os.path.join(self.home, "Maildir")
        return top if folder == "INBOX" else os.path.join(top, "." + utf7(folder.replace("/", ".")))

    def make_folder(self, folder):
        """The folder and its Maildir, also while the server runs."""
        path = self.maildir(folder)
        for part in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        with open(os.path.join(path, "maildirfolder"), "w"):
            pass
        self.server.give(path)

    def deliver(self, mails, folder="INBOX"):
        """Puts MAILS there in their order, as an MTA would."""
        path = self.maildir(folder)
        for data in mails:
            self.delivered += 1
            name = f"{1780970000 + self.delivered}.M{self.delivered:06}.mx"
            with open(os.path.join(path, "tmp", name), "wb") as file:
                file.write(data)
                if self.server.drop:
                    os.fchown(file.fileno(), self.server.owner.pw_uid, self.server.owner.pw_gid)
            os.rename(os.path.join(path, "tmp", name), os.path.join(path, "new", name))

    def mails(self, folder="INBOX"):
        """{number of the delivery: its flags, sorted}, of all mails in FOLDER."""
        found = {}
        for part in ("new", "cur"):
            for name in os.listdir(os.path.join(self.maildir(folder), part)):
                base, _, flags = name.partition(":2,")
                number = base.split(".")[1]
                found[int(number[1:].split("P")[0]) if number.startswith("M") else base] = "".join(sorted(flags))
        return found

    def bodies(self, folder="INBOX"):
        """The bytes of the mails there, in no order."""
        bodies = []
        for part in ("new", "cur"):
            for path in glob.glob(os.path.join(glob.escape(self.maildir(folder)), part, "*")):
                with open(path, "rb") as file:
                    bodies.append(file.read())
        return bodies

    def forget_uids(self, folder="INBOX"):
        """What a restored server does: the folder gets a new UIDVALIDITY, its mails new UIDs."""
        path = self.maildir(folder)
        with open(os.path.join(path, "dovecot-uidlist"), "rb+") as file:
            version, validity, *_ = file.readline().split()
            file.seek(0)
            file.truncate()
            file.write(b"%s V%d N1\n" % (version, int(validity[1:]) + 1))
        for name in os.listdir(path):
            if name.startswith("dovecot.index"):
                os.unlink(os.path.join(path, name))

    def login(self):
        """An imaplib connection as this user, for what a person would do meanwhile."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = imaplib.IMAP4_SSL("127.0.0.1", self.server.implicit, ssl_context=context)
        client.authenticate("PLAIN", lambda _: f"\0{self.name}\0{self.password}".encode())
        return client

    def commands(self):
        """Every line the clients of this user sent after login, in order of the connections."""
        lines = []
        for path in sorted(glob.glob(os.path.join(glob.escape(self.home), "rawlog", "*.in")), key=os.path.getmtime):
            with open(path, "rb") as file:
                lines += [line.split(b" ", 1)[-1].decode("latin-1").rstrip() for line in file]
        return lines

    def forget_commands(self):
        for path in glob.glob(os.path.join(glob.escape(self.home), "rawlog", "*")):
            os.unlink(path)
