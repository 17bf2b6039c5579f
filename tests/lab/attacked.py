"""What the tests of hostile servers share: a server with three reports that does something wrong, and what
must hold whatever it does."""
import base64, concurrent.futures, gzip, json, os, re

from fetching import HOST, Fetching
from harness import mail, report
from imap_hostile import Imap, literal

WORKERS = 4


def in_parallel(job, calls):
    """JOB with each of the argument lists, several at a time; the first failure is raised."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(job, *arguments) for arguments in calls]:
            future.result()


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def asks_for_bodies(arguments):
    return "BODY" in arguments.upper()


def on_bodies(answer):
    """A hook for FETCH that does ANSWER where bodies are asked for."""
    def hook(session, tag, arguments):
        if not asks_for_bodies(arguments):
            return False
        answer(session, tag, *arguments.split(" ", 1))
        return True
    return hook


def each(respond, end="%s OK done\r\n"):
    """A hook that answers each mail that is asked for with RESPOND(session, uid, data, items)."""
    def answer(session, tag, numbers, items):
        for uid in session.chosen(numbers):
            session.send(respond(session, uid, session.mails()[uid][0], items.upper()))
        session.send(end % tag)
    return on_bodies(answer)


def with_length(change, uid=2):
    """Mail UID's literal says that it has change(its length) bytes."""
    def respond(session, number, data, items):
        return session.fetched(number, items, literal(data, change(len(data))) if number == uid else None)
    return each(respond)


def with_body(body, uid=2):
    return each(lambda session, number, data, items: session.fetched(number, items, body if number == uid else None))


def around(before=b"", after=b""):
    """Other responses before and after each that was asked for."""
    return each(lambda session, uid, data, items: before + session.fetched(uid, items) + after)


class Attacked(Fetching):
    """Each test has a server with three reports; what was done to them is undone only by being right."""

    ids = ["r1", "r2", "r3"]
    patience = 3  # seconds that a server may be silent which is wrong

    def serve(self, hooks=None, mails=None, **more):
        mails = mails or [mail(report(number)) for number in (1, 2, 3)]
        server = Imap(self.good.context(), mails, hooks=hooks, **more)
        self.addCleanup(server.close)
        return server

    def use(self, server, **keys):
        keys.setdefault("tls", "implicit" if server.implicit else "starttls")
        self.configure({"after": "delete", "after_failed": "delete", **keys},
                       implicit=server.port, starttls=server.port)

    def prepare(self, name, server):
        """The command for a run beside others: with a database of its own, after = delete."""
        self.env["TLSRPT_TEST_TIMEOUT"] = "30"
        folder = self.path(name)
        os.mkdir(folder)
        with open(os.path.join(folder, "c.conf"), "w") as file:
            file.write(f"[tlsrpt]\nconnect-to = {HOST}:993:127.0.0.1:{server.port}\n[mailbox m]\nhost = {HOST}\n"
                       f"user = u\nca-file = {self.root.file}\npassword-command = echo p\nafter = delete\n")
        return [self.binary, "--db", os.path.join(folder, "t.db"), "--config", os.path.join(folder, "c.conf"), "fetch"]

    def check_mails_kept(self, server, ids):
        """What is not on the server any more is in the database."""
        left = set()
        for data, _ in server.folders["INBOX"].values():
            left |= {one for one in ids if report_id(data) == one}
        self.assertEqual(sorted(set(ids) - left - set(self.stored())), [])
        self.assertNotIn("EXPUNGE of everything", [verb for verb, *_ in server.actions])

    def check_run(self, server, ids, status=(0, 69), timeout=60):
        # One that has to be right gets the time that a busy machine may need.
        self.env["TLSRPT_TEST_TIMEOUT"] = "30" if status == 0 else str(self.patience)
        self.fetch(status=status, timeout=timeout)
        stored = self.stored()
        self.assertEqual(len(stored), len(set(stored)))
        self.assertLessEqual(set(stored), set(ids))
        self.check_mails_kept(server, ids)
        if self.status:
            self.assertRegex(self.said.splitlines()[-1], "^tlsrpt: reports: .")
        self.assertLessEqual(len(self.said.splitlines()), 5 * len(ids), self.said)
        return stored

    def attack(self, hooks=None, ids=None, first=None, status=(0, 69), quarantined=0, **more):
        """One run against a server with HOOKS, one after it has become honest. FIRST is what the first run has to
        store."""
        ids = ids or self.ids
        server = self.serve(hooks, **more)
        self.use(server)
        stored = self.check_run(server, ids, status)
        if first is not None:
            self.assertEqual(stored, first, self.said)
        server.hooks.clear()
        said = self.said
        self.check_run(server, ids, status=0)
        self.assertEqual(self.stored(), ids)
        self.assertEqual(len(self.quarantine()), quarantined)
        self.assertEqual(self.fetch(), {})
        return server, said


def report_id(data):
    """The report-id of one of our mails."""
    found = re.search(rb"base64\r?\n\r?\n(.*?)\r?\n--b--", data, re.S)
    try:
        return json.loads(gzip.decompress(base64.b64decode(found[1])))["report-id"]
    except Exception:
        return None
