"""A server of IMAP (RFC 3501) that is right until a test tells it what to do wrong. It keeps what it was
asked and what became of its mails; a thread serves each connection."""
import base64, re, socket, ssl

from servers import Listener

# As many servers do, it tells most of it only after login.
BEFORE_LOGIN = "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER ID"
EVERYTHING = BEFORE_LOGIN + " IDLE NAMESPACE LITERAL+ UIDPLUS MOVE"


class Cut(Exception):
    """The connection has sent as much as it may."""


class Session:
    """One connection. What a hook gets."""

    def __init__(self, server, stream, number):
        self.server, self.stream, self.number = server, stream, number
        self.buffer, self.secure, self.folder, self.read_only = b"", False, None, True
        self.logged_in = False
        self.told = 0  # mails that the client knows of

    def send(self, *parts):
        """Text goes out as UTF-8, bytes as they are."""
        data = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
        with self.server.lock:
            self.server.sent += len(data)
        budget = self.server.budget(self.number)
        if budget is None:
            self.stream.sendall(data)
            return
        self.stream.sendall(data[:budget])
        self.server.spent(self.number, len(data))
        if len(data) >= budget:
            raise Cut

    def more(self):
        data = self.stream.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def command(self):
        """One command with the literals in it put in their place, quoted."""
        text = b""
        while True:
            text += self.line()
            found = re.search(rb"\{(\d+)(\+?)\}$", text)
            if not found:
                return text.decode("utf-8", "surrogateescape")
            if not found[2]:
                self.send("+ go on\r\n")
            while len(self.buffer) < int(found[1]):
                self.more()
            literal, self.buffer = self.buffer[:int(found[1])], self.buffer[int(found[1]):]
            quoted = literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            text = text[:found.start()] + b'"' + quoted + b'"'

    def waiting(self, seconds=0.3):
        """Whether the client has sent more before it had an answer."""
        if self.buffer or self.secure and self.stream.pending():
            return True
        self.stream.settimeout(seconds)
        try:
            self.more()
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        finally:
            self.stream.settimeout(20)
        return True

    def mails(self):
        return self.server.folders.get(self.folder, {})

    def chosen(self, numbers):
        """The UIDs of a set that are there, in order."""
        chosen = set()
        last = max(self.mails(), default=0)
        for part in numbers.split(","):
            low, _, high = part.partition(":")
            low = last if low == "*" else int(low)
            high = low if not high else last if high == "*" else int(high)
            low, high = min(low, high), max(low, high)
            chosen |= {uid for uid in self.mails() if low <= uid <= high}
        return sorted(chosen)

    def place(self, uid):
        return sorted(self.mails()).index(uid) + 1

    def fetched(self, uid, items, body=None):
        """The response to a FETCH of ITEMS for one mail."""
        data, flags = self.mails()[uid]
        parts = [f"UID {uid}".encode()]
        if "RFC822.SIZE" in items:
            parts.append(f"RFC822.SIZE {self.server.size(uid, data)}".encode())
        if "FLAGS" in items:
            parts.append(f"FLAGS ({' '.join(sorted(flags))})".encode())
        if "INTERNALDATE" in items:
            parts.append(b'INTERNALDATE "09-Jun-2026 02:00:00 +0000"')
        wanted = re.search(r"BODY(?:\.PEEK)?\[\](?:<(\d+)\.(\d+)>)?", items)
        if wanted:
            if not self.read_only and "PEEK" not in wanted[0]:
                flags.add("\\Seen")
            name = b"BODY[]"
            if wanted[1]:
                start = int(wanted[1])
                data, name = data[start:start + int(wanted[2])], b"BODY[]<%d>" % start
            parts.append(name + b" " + (body if body is not None else literal(data)))
        return b"* %d FETCH (%s)\r\n" % (self.place(uid), b" ".join(parts))


def literal(data, length=None):
    """DATA as a literal that says it has LENGTH bytes."""
    return b"{%s}\r\n%s" % (str(len(data) if length is None else length).encode(), data)


def words(text):
    """The arguments of a command, unquoted; a list in parentheses is one."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\((?:[^()]|\([^()]*\))*\)|[^ ]+)', text, re.S)
    return [re.sub(r"\\(.)", r"\1", quoted, flags=re.S) if quoted or not plain else plain for quoted, plain in found]


class Imap(Listener):
    """MAILS are those of INBOX, from UID 1 on. HOOKS maps a command, as "FETCH", or "greeting", "size", "secret"
    to a function that does it instead: it gets (session, tag, arguments) and returns whether it did."""

    def __init__(self, context, mails=(), implicit=True, hooks=None, capability=EVERYTHING, before_login=BEFORE_LOGIN,
                 validity=1, **where):
        self.context, self.implicit, self.hooks = context, implicit, dict(hooks or {})
        self.capability, self.before_login = capability, before_login
        self.validity, self.cuts, self.sent = validity, {}, 0
        self.folders = {"INBOX": {}, "Archive": {}}
        self.add(*mails)
        self.commands, self.plain, self.actions, self.secrets = [], [], [], []
        super().__init__(**where)

    def add(self, *mails):
        inbox = self.folders["INBOX"]
        for data in mails:
            inbox[max(inbox, default=0) + 1] = (data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), set())

    def cut(self, bytes_sent, connections=(1,)):
        """Each of these connections ends after so many bytes from the server."""
        self.cuts = dict.fromkeys(connections, bytes_sent)

    def budget(self, number):
        return self.cuts.get(number)

    def spent(self, number, count):
        self.cuts[number] = max(0, self.cuts[number] - count)

    def size(self, uid, data):
        hook = self.hooks.get("size")
        return hook(uid, data) if hook else len(data)

    def serve(self, client, number):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(self, client, number)
        try:
            if self.implicit:
                self.secure(session)
            if not self.hook("greeting", session, "", ""):
                session.send(f"* OK [CAPABILITY {self.offered(session)}] ready\r\n")
            while self.one_command(session):
                pass
        except Cut:
            pass
        finally:
            with self.lock:
                self.sockets.discard(session.stream)
            session.stream.close()

    def secure(self, session):
        session.stream = self.context.wrap_socket(session.stream, server_side=True)
        session.stream.settimeout(20)
        with self.lock:
            self.sockets.add(session.stream)
        session.secure, session.buffer = True, b""

    def offered(self, session):
        if session.secure:
            return self.capability if session.logged_in else self.before_login
        return "IMAP4rev1 STARTTLS LOGINDISABLED"

    def hook(self, name, session, tag, arguments):
        hook = self.hooks.get(name)
        return bool(hook and hook(session, tag, arguments))

    def one_command(self, session):
        """False where it was the last."""
        line = session.command()
        with self.lock:
            self.commands.append(line)
            if not session.secure:
                self.plain.append(line)
        tag, _, rest = line.partition(" ")
        name, _, arguments = rest.partition(" ")
        name = name.upper()
        if name == "UID":
            name, _, arguments = arguments.partition(" ")
            name = name.upper()
        if self.hook(name, session, tag, arguments):
            return True
        do = getattr(self, "do_" + name.lower(), None)
        if not do:
            session.send(f"{tag} BAD unknown command {name}\r\n")
            return True
        return do(session, tag, arguments) is not False

    # ---- before a folder ----

    def do_capability(self, session, tag, arguments):
        session.send(f"* CAPABILITY {self.offered(session)}\r\n{tag} OK done\r\n")

    def do_id(self, session, tag, arguments):
        session.send(f"* ID NIL\r\n{tag} OK done\r\n")

    def do_noop(self, session, tag, arguments):
        session.send(f"{tag} OK done\r\n")

    def do_logout(self, session, tag, arguments):
        session.send(f"* BYE see you\r\n{tag} OK done\r\n")
        return False

    def do_starttls(self, session, tag, arguments):
        session.send(f"{tag} OK begin\r\n")
        self.secure(session)

    def logged_in(self, session, tag, *secrets):
        with self.lock:
            self.secrets.append(secrets)
        if not self.hook("secret", session, tag, secrets):
            session.logged_in = True
            session.send(f"{tag} OK welcome\r\n")

    def do_login(self, session, tag, arguments):
        self.logged_in(session, tag, *words(arguments))

    def do_authenticate(self, session, tag, arguments):
        kind, _, first = arguments.partition(" ")
        if not first:
            session.send("+ \r\n")
            first = session.line().decode()
        self.logged_in(session, tag, kind, base64.b64decode(first).decode("utf-8", "replace"))

    def do_namespace(self, session, tag, arguments):
        session.send(f'* NAMESPACE (("" "/")) NIL NIL\r\n{tag} OK done\r\n')

    def do_list(self, session, tag, arguments):
        for name in self.folders:
            session.send(f'* LIST (\\HasNoChildren) "/" "{name}"\r\n')
        session.send(f"{tag} OK done\r\n")

    def do_status(self, session, tag, arguments):
        name = words(arguments)[0]
        mails = self.folders.get(name, {})
        session.send(f'* STATUS "{name}" (MESSAGES {len(mails)} UIDNEXT {max(mails, default=0) + 1} '
                     f"UIDVALIDITY {self.validity})\r\n{tag} OK done\r\n")

    # ---- a folder ----

    def do_select(self, session, tag, arguments, read_only=False):
        name = words(arguments)[0]
        if name not in self.folders:
            session.send(f"{tag} NO [NONEXISTENT] no such folder here\r\n")
            return
        session.folder, session.read_only = name, read_only
        self.about_folder(session)
        session.send(f"{tag} OK [READ-{'ONLY' if read_only else 'WRITE'}] done\r\n")

    def do_examine(self, session, tag, arguments):
        return self.do_select(session, tag, arguments, read_only=True)

    def about_folder(self, session, exists=None, next_uid=True):
        mails = session.mails()
        session.told = len(mails)
        session.send("* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted)] these\r\n"
                     f"* {len(mails) if exists is None else exists} EXISTS\r\n* 0 RECENT\r\n"
                     f"* OK [UIDVALIDITY {self.validity}] valid\r\n")
        if next_uid:
            session.send(f"* OK [UIDNEXT {max(mails, default=0) + 1}] next\r\n")

    def do_fetch(self, session, tag, arguments):
        numbers, _, items = arguments.partition(" ")
        for uid in session.chosen(numbers):
            session.send(session.fetched(uid, items.upper()))
        session.send(f"{tag} OK done\r\n")

    def do_search(self, session, tag, arguments):
        session.send(f"* SEARCH {' '.join(map(str, sorted(session.mails())))}\r\n{tag} OK done\r\n")

    def acted(self, verb, uids, more=""):
        with self.lock:
            self.actions += [(verb, uid, more) for uid in uids]

    def do_store(self, session, tag, arguments):
        numbers, _, rest = arguments.partition(" ")
        uids = session.chosen(numbers)
        flags = re.findall(r"\\\w+", rest)
        for uid in uids:
            session.mails()[uid][1].update(flags)
        self.acted("STORE", uids, " ".join(flags))
        if ".SILENT" not in rest.upper():
            for uid in uids:
                session.send(session.fetched(uid, "FLAGS"))
        session.send(f"{tag} OK done\r\n")

    def copy(self, session, uids, name):
        target = self.folders[name]
        for uid in uids:
            target[max(target, default=0) + 1] = (session.mails()[uid][0], set())

    def remove(self, session, uids):
        for uid in uids:
            place = session.place(uid)
            del session.mails()[uid]
            session.told -= 1
            session.send(f"* {place} EXPUNGE\r\n")

    def do_copy(self, session, tag, arguments, verb="COPY"):
        numbers, name = words(arguments)
        uids = session.chosen(numbers)
        if name not in self.folders:
            session.send(f"{tag} NO [TRYCREATE] no folder {name}\r\n")
            return
        self.copy(session, uids, name)
        self.acted(verb, uids, name)
        if verb == "MOVE":
            self.remove(session, uids)
        session.send(f"{tag} OK done\r\n")

    def do_move(self, session, tag, arguments):
        if "MOVE" not in self.capability.split():
            session.send(f"{tag} BAD unknown command MOVE\r\n")
            return
        self.do_copy(session, tag, arguments, "MOVE")

    def do_expunge(self, session, tag, arguments):
        """Without UIDs it is what must never come: it removes what others have marked."""
        if not arguments:
            self.acted("EXPUNGE of everything", [0])
        uids = session.chosen(arguments) if arguments else list(session.mails())
        uids = [uid for uid in uids if "\\Deleted" in session.mails()[uid][1]]
        self.acted("EXPUNGE", uids)
        self.remove(session, uids)
        session.send(f"{tag} OK done\r\n")

    def do_close(self, session, tag, arguments):
        if not session.read_only:
            self.acted("CLOSE", [0])
        session.folder = None
        session.send(f"{tag} OK done\r\n")

    def do_unselect(self, session, tag, arguments):
        session.folder = None
        session.send(f"{tag} OK done\r\n")

    def do_idle(self, session, tag, arguments):
        if "IDLE" not in self.capability.split():
            session.send(f"{tag} BAD unknown command IDLE\r\n")
            return
        session.send("+ idling\r\n")
        session.stream.settimeout(0.02)
        while b"\r\n" not in session.buffer and not self.closing.is_set():
            if len(session.mails()) > session.told:
                session.told = len(session.mails())
                session.send(f"* {session.told} EXISTS\r\n")
            try:
                session.more()
            except (TimeoutError, ssl.SSLWantReadError):
                continue
        session.stream.settimeout(20)
        session.line()
        session.send(f"{tag} OK done\r\n")


def silent(session, tag, arguments):
    """A hook: no answer, ever."""
    session.server.closing.wait(60)
    return True


def says(*parts):
    """A hook that sends PARTS, in which %TAG% is the command's tag, and nothing else. After a BYE it hangs up."""
    def hook(session, tag, arguments):
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            session.send(data.replace(b"%TAG%", tag.encode()))
            if data.startswith(b"* BYE"):
                raise EOFError
        return True
    return hook
