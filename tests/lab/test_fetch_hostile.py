"""fetch against servers that lie and attack: what is right in the end is stored exactly once, nothing else
ever is, nobody's mail is touched, and every run ends soon with a word on what was wrong."""
import re, subprocess

from attacked import Attacked, around, asks_for_bodies, crlf, each, in_parallel, on_bodies, with_body, with_length
from fetching import SECRET
from harness import mail, main, report
from imap_hostile import literal, says

FOREIGN = mail(report("foreign"))
MIB = 1 << 20


class Literals(Attacked):
    def test_lengths_that_lie(self):
        self.patience = 1
        for name, change in {
            "longer": lambda length: length + 50, "much longer": lambda length: length + 100000,
            "shorter": lambda length: length - 50, "of nothing": lambda length: 0,
            "2^31": lambda length: 1 << 31, "2^32": lambda length: (1 << 32) + length,
            "2^63": lambda length: 1 << 63, "2^64": lambda length: (1 << 64) + length, "negative": lambda length: -length,
            "with a sign": lambda length: f"+{length}", "a word": lambda length: "many", "none": lambda length: "",
            "hexadecimal": lambda length: hex(length), "a blank": lambda length: f" {length}",
        }.items():
            with self.subTest(name):
                self.db = self.path(f"{name}.db")
                self.attack({"FETCH": with_length(change)})

    def test_a_length_with_leading_zeros_is_that_length(self):
        self.attack({"FETCH": with_length(lambda length: f"{length:030}")})

    def test_a_literal_of_literal_plus_and_one_in_binary(self):
        self.attack({"FETCH": with_length(lambda length: f"{length}+")})

    def test_a_body_as_a_quoted_string(self):
        plain = b"From: tls@reporter.example\r\nSubject: hello\r\n\r\nhello\r\n"
        server, _ = self.attack({"FETCH": with_body(b'"Subject: hello \\"you\\" \\\\"', uid=4)},
                                mails=[mail(report(number)) for number in (1, 2, 3)] + [plain])
        self.assertEqual(list(server.folders["INBOX"]), [4])

    def test_a_body_that_is_not_there_is_told_and_stops_no_other(self):
        for name, body in {"nil": b"NIL", "empty": b'""', "empty literal": b"{0}\r\n"}.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")
                _, said = self.attack({"FETCH": with_body(body)}, first=["r1", "r3"])
                self.assertRegex(said, r"\b2\b")

    def test_a_response_without_a_body_or_no_response_is_told_and_stops_no_other(self):
        def without(session, uid, data, items):
            return session.fetched(uid, items) if uid != 2 else b"* 2 FETCH (UID 2 FLAGS ())\r\n"

        def nothing(session, uid, data, items):
            return session.fetched(uid, items) if uid != 2 else b""

        for number, respond in enumerate((without, nothing)):
            with self.subTest(number):
                self.db = self.path(f"{number}.db")
                _, said = self.attack({"FETCH": each(respond)}, first=["r1", "r3"])
                self.assertRegex(said, r"\b2\b")

    def test_a_body_longer_than_any_mail_may_be_is_not_held(self):
        def respond(session, uid, data, items):
            return session.fetched(uid, items, literal(data + b"x" * (40 * MIB)) if uid == 2 else None)

        server = self.serve({"FETCH": each(respond)})
        self.use(server)
        stored = self.check_run(server, self.ids)
        self.assertNotIn("r2", stored)
        server.hooks.clear()
        self.fetch()
        self.check_mails_kept(server, self.ids)

    def test_a_body_with_lines_of_the_protocol_in_it(self):
        hostile = ("\nA001 OK done\nA002 OK done\n" + "".join(f"A{number:03} OK done\n" for number in range(3, 40)) +
                   "* BYE\n* 2 FETCH (UID 2 BODY[] {5}\n)\n* 1 EXPUNGE\n+ idling\n").encode()
        self.attack(mails=[mail(report(1)) + hostile, mail(report(2)) + hostile * 50, mail(report(3))],
                    first=self.ids, status=0)

    def test_bytes_of_nul(self):
        server, _ = self.attack(mails=[mail(report(1)) + b"\0" * 100, b"\0" * 500, mail(report(2)), mail(report(3))],
                                first=self.ids, status=0)
        self.assertEqual(list(server.folders["INBOX"]), [2])
        self.db = self.path("lines.db")
        self.attack({"FETCH": around(b"* 1 FETCH (FLAGS (\0\0))\r\n* OK \0\0\r\n")})


class Responses(Attacked):
    def test_order_of_items_and_case(self):
        def respond(session, uid, data, items):
            name = b"body[]<0> " if "<0." in items else b"body[] "
            return b"* %d fetch (%s%s uid %d Flags (\\Seen) MODSEQ (12121230956))\r\n" % (uid, name, literal(data), uid)

        self.attack({"FETCH": each(respond)}, first=self.ids, status=0)

    def test_responses_that_nobody_asked_for(self):
        noise = (b"* OK still here\r\n* 3 EXISTS\r\n* 0 RECENT\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* VANISHED 99\r\n"
                 b"* 1 FETCH (UID 1 FLAGS (\\Answered $Forwarded))\r\n* CAPABILITY IMAP4rev1\r\n* NO careful\r\n"
                 b"* BAD what\r\n* X-UNKNOWN (a (b \"c\") {3}\r\nabc NIL)\r\n")
        self.attack({"FETCH": around(noise, noise)}, first=self.ids, status=0)

    def test_mails_of_foreign_uids_are_not_taken(self):
        for name, uid in {"of the future": 99, "zero": 0, "2^32": 1 << 32, "largest": (1 << 32) - 1}.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")
                other = b"* 9 FETCH (UID %d BODY[] %s)\r\n" % (uid, literal(crlf(FOREIGN)))
                server, _ = self.attack({"FETCH": around(other, other)})
                self.assertNotIn(uid, [one for _, one, _ in server.actions])

    def test_a_mail_nobody_asked_for_before_any_was(self):
        other = b"* 1 FETCH (UID 1 BODY[] %s)\r\n" % literal(crlf(FOREIGN))
        for moment in ("EXAMINE", "SELECT", "NOOP", "CAPABILITY"):
            with self.subTest(moment):
                self.db = self.path(moment + ".db")
                server = self.serve()
                server.hooks[moment] = lambda session, tag, arguments: session.send(other)
                self.use(server)
                self.check_run(server, self.ids)

    def test_a_uid_twice_counts_once(self):
        def respond(session, uid, data, items):
            second = crlf(FOREIGN) if uid == 2 else data
            return session.fetched(uid, items) + session.fetched(uid, items, literal(second))

        self.attack({"FETCH": each(respond)}, first=self.ids)

    def test_a_list_with_uids_twice_and_sizes_that_lie(self):
        def listed(session, tag, arguments):
            if asks_for_bodies(arguments) or "SIZE" not in arguments.upper():
                return False
            for uid in [3, 1, 1, 2, 3, 2]:
                session.send(f"* {uid} FETCH (RFC822.SIZE {uid * 7} UID {uid})\r\n")
            session.send("* 9 FETCH (UID 99 RFC822.SIZE 10)\r\n* 9 FETCH (RFC822.SIZE 10)\r\n* 9 FETCH (UID 1)\r\n"
                         f"{tag} OK done\r\n")
            return True

        self.attack({"FETCH": listed}, first=self.ids, status=0)

    def test_sizes_that_are_wrong(self):
        for name, size in {"nothing": 0, "one": 1, "2^63": 1 << 63, "2^64": 1 << 64, "negative": -5}.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")
                server = self.serve({"size": lambda uid, data: size})
                self.use(server)
                self.check_run(server, self.ids)
                server.hooks.clear()
                self.fetch()
                self.check_mails_kept(server, self.ids)
                self.assertEqual(len(self.stored()) + len(self.quarantine()), 3)

    def test_two_commands_answered_in_one_another(self):
        """What is asked for in advance may be answered in any order, as long as the UIDs are told."""
        count = 450
        ids = sorted(f"r{number}" for number in range(count))

        def interleave(session, tag, arguments):
            if not asks_for_bodies(arguments):
                return False
            asked = [(tag, *arguments.split(" ", 1))]
            while len(asked) < 3 and session.waiting():
                other, _, rest = session.command().partition(" ")
                asked.append((other, *re.sub("(?i)^UID FETCH ", "", rest).split(" ", 1)))
            responses = [(uid, items.upper()) for _, numbers, items in asked for uid in session.chosen(numbers)]
            for uid, items in sorted(responses, key=lambda one: (one[0] * 7919) % 1009):
                session.send(session.fetched(uid, items))
            for other, *_ in reversed(asked):
                session.send(f"{other} OK done\r\n")
            return True

        server = self.serve({"FETCH": interleave}, [mail(report(number)) for number in range(count)])
        self.use(server)
        self.check_run(server, ids, status=0)
        self.assertEqual(self.stored(), ids)
        self.assertEqual(server.folders["INBOX"], {})

    def test_refusals(self):
        for end in ("%s NO not today\r\n", "%s BAD what is that\r\n", "* BYE %s going down\r\n"):
            for bodies in (True, False):
                with self.subTest(end, bodies=bodies):
                    self.db = self.path(f"{end.split()[1]}{bodies}.db")
                    respond = (lambda session, uid, data, items: session.fetched(uid, items)) if bodies else \
                        (lambda *_: b"")
                    hook = each(respond, end)

                    def told(session, tag, arguments, hook=hook, end=end):
                        done = hook(session, tag, arguments)
                        if done and "BYE" in end:
                            raise EOFError
                        return done

                    server = self.serve({"FETCH": told})
                    self.use(server)
                    self.check_run(server, self.ids)
                    self.assertEqual(server.actions, [], "a mail was touched whose fetch was refused")
                    server.hooks.clear()
                    self.check_run(server, self.ids, status=0)
                    self.assertEqual(self.stored(), self.ids)

    def test_a_refusal_of_one_mail_alone_stops_no_other(self):
        def answer(session, tag, numbers, items):
            for uid in session.chosen(numbers):
                if uid == 2:
                    session.send(f"{tag} NO mail {uid} is damaged\r\n")
                    return
                session.send(session.fetched(uid, items.upper()))
            session.send(f"{tag} OK done\r\n")

        self.attack({"FETCH": on_bodies(answer)}, first=["r1", "r3"])

    def test_every_command_refused(self):
        for command in ("LOGIN", "AUTHENTICATE", "EXAMINE", "SELECT", "CAPABILITY", "LIST", "NAMESPACE", "ID", "LOGOUT",
                        "STORE", "EXPUNGE", "greeting"):
            for answer in ("%TAG% NO [ALERT] \x1b]0;owned\x07 pay first\r\n", "%TAG% BAD what\r\n", "* BYE full\r\n"):
                with self.subTest(command, answer=answer):
                    self.db = self.path(f"{command}-{answer[6:8].strip()}.db")
                    server = self.serve({command: says(answer)})
                    self.use(server)
                    self.check_run(server, self.ids)
                    server.hooks.clear()
                    self.check_run(server, self.ids, status=0)
                    self.assertEqual(self.stored(), self.ids)

    def test_numbers_of_a_folder_that_lie(self):
        for name, lines in {
            "4 billion mails": "* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 4294967295]\r\n",
            "beyond": "* 99999999999999999999 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 99999999999999999999]\r\n",
            "no mails": "* 0 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 4]\r\n",
            "no next UID": "* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n",
            "next UID of 0": "* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 0]\r\n",
            "no validity": "* 3 EXISTS\r\n* OK [UIDNEXT 4]\r\n",
            "a validity of 0": "* 3 EXISTS\r\n* OK [UIDVALIDITY 0]\r\n* OK [UIDNEXT 4]\r\n",
            "a validity of letters": "* 3 EXISTS\r\n* OK [UIDVALIDITY x]\r\n* OK [UIDNEXT 4]\r\n",
            "nothing": "",
        }.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")

                def folder(session, tag, arguments, lines=lines):
                    session.folder, session.read_only = "INBOX", False
                    session.send(lines, f"{tag} OK [READ-WRITE] done\r\n")
                    return True

                server, _ = self.attack({"SELECT": folder, "EXAMINE": folder})

    def test_no_next_uid_is_no_fault(self):
        def folder(session, tag, arguments):
            session.folder, session.read_only = "INBOX", False
            session.server.about_folder(session, next_uid=False)
            session.send(f"{tag} OK done\r\n")
            return True

        self.attack({"SELECT": folder, "EXAMINE": folder}, first=self.ids, status=0)

    def test_a_validity_that_changes_between_two_connections(self):
        """The first is cut within the second mail; at the next the same UIDs are other mails."""
        server = self.serve()
        inbox = server.folders["INBOX"]

        def cut(session, tag, arguments):
            if not asks_for_bodies(arguments):
                return False
            session.send(session.fetched(1, "BODY[]"), session.fetched(2, "BODY[]")[:500])
            server.validity = 2
            data = [value for value, _ in inbox.values()]
            inbox.clear()
            server.add(crlf(mail(report(4))), data[2], data[0], data[1])
            server.hooks.clear()
            raise EOFError

        server.hooks["FETCH"] = cut
        self.use(server)
        ids = self.ids + ["r4"]
        self.check_run(server, ids)
        self.check_run(server, ids, status=0)
        self.assertEqual(self.stored(), ids)

    def test_a_validity_that_changes_in_mid_session(self):
        def change(session, uid, data, items):
            return b"* OK [UIDVALIDITY 7] moved\r\n" + session.fetched(uid, items)

        self.attack({"FETCH": each(change)})

    def test_a_mail_that_goes_away_meanwhile(self):
        def answer(session, tag, numbers, items):
            session.mails().pop(2, None)
            session.send("* 2 EXPUNGE\r\n")
            for uid in session.chosen(numbers):
                session.send(session.fetched(uid, items.upper()))
            session.send(f"{tag} OK done\r\n")

        server = self.serve({"FETCH": on_bodies(answer)})
        self.use(server)
        self.check_run(server, ["r1", "r3"], status=0)
        self.assertEqual(self.stored(), ["r1", "r3"])
        self.assertEqual(self.fetch(), {})


class Lines(Attacked):
    def flood(self, session, data, count):
        """Until the client has had enough."""
        for _ in range(count):
            session.send(data)

    def test_lines_without_an_end(self):
        for name, moment, start in (("response", "FETCH", b"* OK "), ("item", "FETCH", b'* 1 FETCH (UID 1 BODY[] "'),
                                    ("flags", "FETCH", b"* 1 FETCH (FLAGS ("), ("tag", "EXAMINE", b""),
                                    ("greeting", "greeting", b"* OK "), ("list", "CAPABILITY", b"* CAPABILITY ")):
            with self.subTest(name):
                self.db = self.path(name + ".db")
                server = self.serve()

                def hook(session, tag, arguments, start=start):
                    session.send(start)
                    self.flood(session, b"a" * 65536, 1600)
                    return True

                server.hooks[moment] = hook
                if moment == "EXAMINE":
                    server.hooks["SELECT"] = hook
                self.use(server)
                self.check_run(server, self.ids)
                self.assertLess(server.sent, 420 * MIB)
                server.hooks.clear()
                self.check_run(server, self.ids, status=0)
                self.assertEqual(self.stored(), self.ids)

    def test_responses_without_an_end(self):
        """An end that never comes, and always one more response: it stops being patient, by their number or by
        the time."""
        def endless(count, pause):
            def hook(session, tag, arguments):
                while not session.server.closing.wait(pause):
                    session.send(b"* 1 FETCH (FLAGS (\\Seen))\r\n" * count)
                return True
            return hook

        def run(command):
            done = subprocess.run([*command, "--dry-run"], capture_output=True, timeout=100,
                                  env={**self.env, "TLSRPT_TEST_TIMEOUT": "1"})
            self.check_said(done.stdout + done.stderr)
            self.assertEqual(done.returncode, 69)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

        cases = [("CAPABILITY", 10000, 0), ("EXAMINE", 10000, 0), ("FETCH", 10000, 0), ("FETCH", 1, 0.1)]
        in_parallel(run, [(self.prepare(f"{moment}{count}", self.serve({moment: endless(count, pause)})),)
                          for moment, count, pause in cases])

    def test_brackets_within_brackets(self):
        for name, deep in {"open": b"(" * 100000, "closed": b"(" * 100000 + b")" * 100000,
                           "too many closed": b")" * 100000, "brackets": b"[" * 100000}.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")
                self.attack({"FETCH": around(b"* 1 FETCH (UID 1 X " + deep + b")\r\n")})

    def test_what_is_no_response(self):
        for name, data in {"noise": bytes(range(256)) * 20 + b"\r\n", "empty lines": b"\r\n" * 500, "line feeds": b"\n\n\n",
                           "torn": b"ready for you\r\n", "a tag of another": b"Z999 OK done\r\n",
                           "blanks": b"*   \r\n* \r\n*\r\n+\r\n+ \r\n"}.items():
            with self.subTest(name):
                self.db = self.path(name + ".db")
                self.attack({"FETCH": around(data)})

    def test_what_a_terminal_would_obey_is_shown_harmlessly(self):
        """Every text of the server has it; check_said() looks at each run."""
        evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\r\x08"
        for moment, answer in {"greeting": f"* BYE {evil}\r\n", "AUTHENTICATE": f"%TAG% NO {evil}\r\n",
                               "SELECT": f"%TAG% NO {evil}\r\n", "FETCH": f"%TAG% NO {evil}\r\n",
                               "STORE": f"%TAG% NO [ALERT] {evil}\r\n", "EXPUNGE": f"%TAG% BAD {evil}\r\n"}.items():
            with self.subTest(moment):
                self.db = self.path(moment + ".db")
                server = self.serve({moment: says(answer.encode("latin-1", "replace"))})
                server.folders[evil.replace("\r", "")] = {}
                self.use(server)
                self.run_fetch("-v", status=(0, 69))
                self.run_fetch("--check", "reports", status=(0, 69))
                self.run_fetch("--dry-run", status=(0, 69))
        server = self.serve({"greeting": says(f"* OK {evil}\r\n".encode()),
                             "CAPABILITY": says(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN {evil}\r\n%TAG% OK {evil}\r\n".encode()),
                             "LIST": says(f'* LIST () "{evil[0]}" "{evil[:5]}"\r\n%TAG% OK {evil}\r\n'.encode())})
        self.use(server)
        self.run_fetch("--check", "reports", status=(0, 69))
        self.use(server, folder="Nowhere")
        self.run_fetch(status=69)


class Encryption(Attacked):
    def refused(self, server, word):
        self.use(server, tls="starttls")
        self.check_run(server, self.ids, status=69)
        self.assertRegex(self.said, word)
        self.assertEqual((server.secrets, self.stored()), ([], []))
        self.assertEqual([line for line in server.plain if re.search("(?i)login|auth|examine|select|fetch", line)], [])

    def test_no_starttls_no_login(self):
        for capability in ("IMAP4rev1 AUTH=PLAIN", "IMAP4rev1"):
            hello = {"greeting": says(f"* OK [CAPABILITY {capability}] hello\r\n"),
                     "CAPABILITY": says(f"* CAPABILITY {capability}\r\n%TAG% OK done\r\n")}
            for answer in ("%TAG% NO not now\r\n", "%TAG% BAD what\r\n"):
                self.refused(self.serve({**hello, "STARTTLS": says(answer)}, implicit=False), "TLS")

    def test_starttls_refused_no_login(self):
        for answer in ("%TAG% NO not now\r\n", "%TAG% BAD what\r\n", "* BYE\r\n", "+ go\r\n"):
            self.refused(self.serve({"STARTTLS": says(answer)}, implicit=False), "(?i)TLS|secure|answer|time")

    def test_starttls_said_yes_to_and_not_done(self):
        def in_the_clear(session, tag, arguments):
            session.send(f"{tag} OK begin\r\n")
            session.more()
            session.send("* BYE in the clear\r\n")
            raise EOFError

        self.refused(self.serve({"STARTTLS": in_the_clear}, implicit=False), "(?i)TLS|SSL|secure")

    def test_a_greeting_that_says_we_are_in_already(self):
        """PREAUTH would let a client go on without TLS."""
        self.refused(self.serve({"greeting": says("* PREAUTH welcome\r\n")}, implicit=False), ".")

    def test_what_is_slipped_in_before_tls_is_not_believed(self):
        def inject(session, tag, arguments):
            other = literal(crlf(FOREIGN))
            session.send(f"{tag} OK begin\r\n"
                         "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA003 OK done\r\nA004 OK done\r\nA005 OK done\r\n"
                         "* 1 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 2]\r\n",
                         b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[] " + other + b")\r\n")
            session.server.secure(session)
            return True

        server = self.serve({"STARTTLS": inject}, implicit=False)
        self.use(server)
        self.check_run(server, self.ids)
        server.hooks.clear()
        self.check_run(server, self.ids, status=0)
        self.assertEqual(self.stored(), self.ids)

    def test_a_server_that_speaks_no_tls_at_all(self):
        plain = self.serve(implicit=False)
        self.use(plain, tls="implicit")
        self.check_run(plain, self.ids, status=69)
        self.assertEqual(plain.secrets, [])

    def test_login_disabled_under_tls_sends_no_password(self):
        server = self.serve(before_login="IMAP4rev1 LOGINDISABLED")
        self.use(server)
        self.check_run(server, self.ids, status=69)
        self.assertEqual(server.secrets, [])

    def test_a_server_that_knows_only_login(self):
        server = self.serve(before_login="IMAP4rev1", capability="IMAP4rev1 UIDPLUS")
        self.use(server)
        self.assertEqual(self.fetch(), {"messages": 3, "stored": 3})
        self.assertEqual(server.secrets, [("reports", SECRET)])


if __name__ == "__main__":
    main()
