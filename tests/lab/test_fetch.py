"""fetch against a real Dovecot: every way in, what becomes of the mails there, and what a crash may do."""
import contextlib, os, random, re, signal, sqlite3, subprocess, time

from fetching import HOST, SECRET, Fetching
from harness import BROKEN, SPAM, mail, main, report
from imap import Dovecot
from imap_hostile import Imap
from servers import Certificate

LATER = "Wed, 10 Jun 2026 02:00:00 +0000"
# What a mailbox is full of: two reports, one of them twice and once in another version, one that is cut, spam.
MIXED = [mail(report(1)), SPAM, BROKEN, mail(report(1)), mail(report(2)), mail(report(2, failures=3), date=LATER)]
OUTCOME = {"messages": 6, "stored": 2, "duplicate": 1, "superseded": 1, "quarantined": 1, "ignored": 1}
REPORTS, FAILED, OTHERS = (1, 4, 5, 6), (3,), (2,)
ACTIONS = re.compile(r"UID (STORE|MOVE|COPY|EXPUNGE)|EXPUNGE|SELECT|CLOSE|APPEND|CREATE|DELETE|RENAME")


def processes():
    """{process id: (its session, its command line, its environment)}, of all that can be read."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as stat, open(f"/proc/{name}/cmdline", "rb") as line, \
                    open(f"/proc/{name}/environ", "rb") as environment:
                fields = stat.read().rpartition(b") ")[2].split()
                if fields[0] != b"Z":
                    found[int(name)] = (int(fields[3]), line.read(), environment.read())
        except OSError:
            pass
    return found


class Mailbox(Fetching):
    """A test with an account of its own on the Dovecot of its class."""

    capability = ""
    accounts = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Dovecot(os.path.join(cls.lab, "dovecot"), cls.good, capability=cls.capability)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def setUp(self):
        super().setUp()
        self.account = self.new_account()

    def new_account(self, **more):
        Mailbox.accounts += 1
        return self.server.user(f"reports{Mailbox.accounts}@example.com", SECRET,
                                **{"folders": ["Archive", "Failed"], **more})

    def use(self, *mailboxes, more=""):
        """Configures MAILBOXES, of the account of this test unless they name another user."""
        mailboxes = [{"user": self.account.name, **keys} for keys in mailboxes or ({},)]
        self.configure(*mailboxes, implicit=self.server.implicit, starttls=self.server.starttls, more=more)

    def token(self, text="token-one", user=None):
        """A token-command that prints TEXT, which is valid until it is taken from server.tokens.users."""
        self.write("token", text + "\n")
        self.server.tokens.users[text] = user or self.account.name
        return f"echo asked >> {self.path('asked')}; cat {self.path('token')}"

    def bodies_sent(self):
        return sum("BODY" in line or "RFC822 " in line for line in self.account.commands())


class WaysIn(Mailbox):
    def test_tls_and_passwords_and_tokens(self):
        for number, tls in enumerate(("implicit", "starttls")):
            for auth in ("password", "xoauth2", "oauthbearer"):
                with self.subTest(tls=tls, auth=auth):
                    self.account = self.new_account()
                    self.account.deliver([mail(report(f"{tls}-{auth}"))])
                    keys = {} if auth == "password" else {"token_command": self.token(f"{tls}-{auth}-token")}
                    self.use({"tls": tls, "auth": auth, **keys})
                    self.assertEqual(self.fetch(), {"messages": 1, "stored": 1})
        self.assertEqual(len(self.stored()), 6)

    def test_a_wrong_password_is_told_in_the_servers_words_with_what_to_do(self):
        self.write("secret", "wrong sesame\n")
        self.use()
        self.assertEqual(self.fetch(status=69), {})
        self.assertIn("Authentication failed", self.said)
        self.assertRegex(self.said, "(?i)app(lication)?[- ]password")
        self.assertIn(self.account.name, self.said)
        self.assertNotIn("wrong sesame", self.said)

    def test_an_expired_token_is_told(self):
        for auth in ("xoauth2", "oauthbearer"):
            with self.subTest(auth):
                command = self.token("old token")
                self.server.tokens.users.clear()
                self.use({"auth": auth, "token_command": command})
                self.fetch(status=69)
                self.assertRegex(self.said, "Authentication failed|invalid_token|401")
                self.assertIn("token", self.said)
                self.assertNotIn("old token", self.said)

    def test_a_command_that_fails_or_says_nothing_is_told(self):
        for command in ("exit 3", "true", "echo", "kill -9 $$"):
            with self.subTest(command):
                self.use({"password_command": f"echo hidden >&2; {command}"})
                self.fetch(status=(69, 78))
                self.assertIn("command", self.said)
                self.assertIn("password", self.said)

    def test_no_folder_of_that_name_names_those_there_and_their_separator(self):
        self.use({"folder": "Archiv"})
        self.fetch(status=69)
        self.assertIn("Archive", self.said)
        self.assertRegex(self.said, "separator.*/|/.*separator")
        self.account = self.new_account(separator=".")
        self.use({"folder": "Archive"})
        self.fetch(status=69)
        self.assertIn("INBOX.Archive", self.said)
        self.account.deliver([mail(report(1))], "Archive")
        self.use({"folder": "INBOX.Archive"})
        self.assertEqual(self.fetch(), {"messages": 1, "stored": 1})

    def test_a_folder_with_a_name_of_any_letters(self):
        for number, name in enumerate(("Berichte/Türkçe", "R&D/日本語", 'say "so" \\ 100%')):
            with self.subTest(name):
                self.account = self.new_account(folders=[name, "Ålder/Übung"])
                self.account.deliver([mail(report(number))], name)
                self.use({"folder": name, "after": "move Ålder/Übung"})
                self.assertEqual(self.fetch(), {"messages": 1, "stored": 1})
                self.assertEqual((len(self.account.mails(name)), len(self.account.mails("Ålder/Übung"))), (0, 1))

    def test_a_url_in_place_of_a_mailbox(self):
        self.use()
        folder = "Berichte/Türkçe"
        self.account.make_folder(folder)
        self.account.deliver([mail(report(1))])
        self.account.deliver([mail(report(2))], folder)
        how = ["--user", self.account.name, "--ca-file", self.root.file,
               "--password-command", "cat " + self.path("secret")]
        self.assertEqual(self.fetch(f"imaps://{HOST}/INBOX", *how), {"messages": 1, "stored": 1})
        self.assertEqual(self.fetch(f"imap://{HOST}:143/Berichte/T%C3%BCrk%C3%A7e", *how),
                         {"messages": 1, "stored": 1})
        self.assertEqual(self.fetch(f"imap://{HOST}/{folder}", *how), {})
        self.account.deliver([mail(report(3))])
        user = self.account.name.replace("@", "%40")
        self.assertEqual(self.fetch(f"imaps://{user}@{HOST}:993/", *how[2:], "--after", "move Archive"),
                         {"messages": 1, "stored": 1})
        self.assertEqual(len(self.account.mails("Archive")), 1)
        self.account.deliver([mail(report(4))])
        token = self.token()
        self.assertEqual(self.fetch(f"imaps://{HOST}/", "--auth", "xoauth2", "--token-command", token, *how[:4]),
                         {"messages": 1, "stored": 1})

    def test_wrong_use_is_64_and_tells_no_password(self):
        self.use()
        user = ["--user", "u", "--password-command", "echo p"]
        for arguments in (["nobody"], ["--offline"], [f"imaps://u:hidden@{HOST}/INBOX"], [f"imap://u:hidden@{HOST}/"],
                          [f"http://{HOST}/INBOX"], [f"imaps://{HOST}:0/INBOX", *user], ["imaps:///INBOX", *user],
                          [f"imaps://{HOST}/INBOX"], [f"imaps://{HOST}/", *user, "--token-command", "echo t"],
                          [f"imaps://{HOST}/%zz", *user], ["--after", "burn"], ["--max-size", "many"]):
            with self.subTest(arguments):
                out, said = self.run_fetch(*arguments, status=64)
                self.assertEqual((out, "hidden" in said), ("", False))
                self.assertTrue(said)
        self.assertEqual(self.account.commands(), [])


class Certificates(Fetching):
    def refuse(self, certificate, word, ca_file=None):
        """Neither port gets a word of the user from a client that does not trust CERTIFICATE."""
        secure = Imap(certificate.context())
        self.addCleanup(secure.close)
        plain = Imap(certificate.context(), implicit=False)
        self.addCleanup(plain.close)
        for tls in ("implicit", "starttls"):
            with self.subTest(word, tls=tls):
                keys = {} if ca_file is None else {"ca_file": ca_file}
                self.configure({"tls": tls, **keys}, implicit=secure.port, starttls=plain.port)
                self.fetch(status=69)
                self.assertRegex(self.said, word)
                self.assertIn(HOST, self.said)
        self.assertEqual((secure.secrets, plain.secrets), ([], []))
        self.assertFalse([line for line in secure.commands + plain.commands if re.search("LOGIN|AUTH", line)])

    def test_an_expired_certificate(self):
        self.refuse(Certificate(self.lab, "expired", issuer=self.root, names=[HOST], start=-30, end=-1), "expired")

    def test_a_certificate_that_is_not_valid_yet(self):
        self.refuse(Certificate(self.lab, "future", issuer=self.root, names=[HOST], start=2), "not (yet )?valid")

    def test_a_certificate_for_another_name(self):
        other = Certificate(self.lab, "other", issuer=self.root, names=["mail.example.com"])
        self.refuse(other, "mail.example.com|(?i:name)")

    def test_a_certificate_of_a_ca_that_is_not_trusted(self):
        stranger = Certificate(self.lab, "stranger", authority=True, end=900, common_name="Strange Root")
        self.refuse(Certificate(self.lab, "strange", issuer=stranger, names=[HOST]), "(?i)trust|issuer|ca-file")
        self.refuse(self.good, "(?i)trust|issuer|ca-file", ca_file=stranger.file)
        self.refuse(Certificate(self.lab, "alone", names=[HOST]), "(?i)self-signed|trust")

    def test_a_ca_file_that_is_not_there(self):
        server = Imap(self.good.context())
        self.addCleanup(server.close)
        self.configure({"ca_file": self.path("none.pem")}, implicit=server.port)
        self.fetch(status=(69, 74, 78))
        self.assertIn("none.pem", self.said)

    def test_nobody_listens(self):
        server = Imap(self.good.context())
        server.close()
        self.configure({}, implicit=server.port)
        self.fetch(status=69)
        self.assertIn(HOST, self.said)


class WhatBecomesOfThem(Mailbox):
    def outcome(self, after, after_failed):
        """Where the mails of MIXED are afterwards: {folder: {number: flags}}."""
        self.account = self.new_account()
        self.account.deliver(MIXED)
        self.use({"after": after, "after_failed": after_failed})
        self.assertEqual(self.fetch(), OUTCOME)
        self.account.login().logout()
        return {folder: self.account.mails(folder) for folder in ("INBOX", "Archive", "Failed")}

    def test_each_action_is_done_to_what_it_is_for_and_to_nothing_else(self):
        def having(numbers, flags=""):
            return dict.fromkeys(numbers, flags)

        all_of_them = REPORTS + FAILED + OTHERS
        cases = {
            ("leave", "leave"): [having(all_of_them), 0, 0],
            ("seen", "leave"): [{**having(all_of_them), **having(REPORTS, "S")}, 0, 0],
            ("leave", "seen"): [{**having(all_of_them), **having(FAILED, "S")}, 0, 0],
            ("move Archive", "move Failed"): [having(OTHERS), 4, 1],
            ("move Archive", "move Archive"): [having(OTHERS), 5, 0],
            ("move Archive", "leave"): [having(FAILED + OTHERS), 4, 0],
            ("delete", "seen"): [{**having(OTHERS), **having(FAILED, "S")}, 0, 0],
            ("leave", "delete"): [having(REPORTS + OTHERS), 0, 0],
            ("delete", "delete"): [having(OTHERS), 0, 0],
        }
        for number, (actions, (inbox, archived, failed)) in enumerate(cases.items()):
            with self.subTest(actions):
                self.db = self.path(f"{number}.db")
                left = self.outcome(*actions)
                self.assertEqual(left["INBOX"], inbox)
                self.assertEqual((len(left["Archive"]), len(left["Failed"])), (archived, failed))
                self.assertEqual(len(self.quarantine()), 1)
                self.assertEqual(self.fetch(), {})

    def test_what_is_beyond_a_quota_goes_where_what_fails_goes(self):
        self.account.deliver([mail(report(number)) for number in range(3)])
        self.use({"after": "move Archive", "after_failed": "move Failed"}, more="max-reports-a-day = 1")
        self.assertEqual(self.fetch(), {"messages": 3, "stored": 1, "quarantined": 2})
        self.assertEqual([len(self.account.mails(folder)) for folder in ("INBOX", "Archive", "Failed")], [0, 1, 2])
        self.use({"after": "move Archive", "after_failed": "move Failed"})
        self.run_tlsrpt("quarantine", "retry")
        self.assertEqual(len(self.stored()), 3)

    def test_what_is_beyond_a_quota_waits_in_the_mailbox_where_the_quarantine_is_full(self):
        self.account.deliver([mail(report(number)) for number in range(3)])
        keys = {"after": "delete", "after_failed": "delete"}
        self.use(keys, more="max-reports-a-day = 1\nquarantine-max = 1")
        self.assertEqual(self.fetch(), {"messages": 3, "stored": 1, "quarantined": 2})
        self.assertEqual(len(self.account.mails("INBOX")), 2)
        self.fetch()
        self.assertEqual((len(self.account.mails("INBOX")), len(self.stored())), (2, 1))
        self.use(keys)
        self.fetch()
        self.assertEqual((len(self.account.mails("INBOX")), len(self.stored())), (0, 3))

    def test_nothing_is_changed_where_mails_are_left(self):
        self.account.deliver(MIXED)
        client = self.account.login()
        client.select()
        client.store("2", "+FLAGS", r"(\Seen \Flagged)")
        client.logout()
        self.account.deliver([mail(report(9))])
        before = {part: sorted(os.listdir(os.path.join(self.account.maildir(), part))) for part in ("cur", "new")}
        self.account.forget_commands()
        self.use()
        self.assertEqual(self.fetch(), {**OUTCOME, "messages": 7, "stored": 3})
        after = {part: sorted(os.listdir(os.path.join(self.account.maildir(), part))) for part in ("cur", "new")}
        self.assertEqual(after, before)
        commands = self.account.commands()
        self.assertTrue(any(re.search('EXAMINE "?INBOX', line) for line in commands), commands)
        self.assertEqual([line for line in commands if ACTIONS.search(line)], [])
        self.assertEqual([line for line in commands if "BODY[" in line], [])

    def test_what_others_marked_as_deleted_is_not_removed(self):
        self.account.deliver(MIXED)
        client = self.account.login()
        client.select()
        client.store("2", "+FLAGS", r"\Deleted")
        client.logout()
        self.account.forget_commands()
        self.use({"after": "delete", "after_failed": "move Failed"})
        self.assertEqual(self.fetch(), OUTCOME)
        self.assertEqual(self.account.mails(), {2: "T"})
        self.assertEqual([line for line in self.account.commands() if re.search(r" EXPUNGE$| CLOSE", line)], [])

    def test_a_folder_to_move_to_that_is_not_there_is_told_and_the_move_stays_owed(self):
        self.account.deliver(MIXED)
        self.use({"after": "move Done/2026"})
        self.assertEqual(self.fetch(status=69), OUTCOME)
        self.assertIn("Done/2026", self.said)
        self.assertEqual(len(self.account.mails()), 6)
        self.assertEqual(self.stored(), ["r1", "r2"])
        self.account.make_folder("Done/2026")
        self.account.forget_commands()
        self.assertEqual(self.fetch(), {})
        self.assertEqual(self.bodies_sent(), 0)
        self.assertEqual(sorted(self.account.mails()), [2, 3])
        self.assertEqual(len(self.account.mails("Done/2026")), 4)

    def test_another_client_removes_mails_meanwhile(self):
        self.account.deliver(MIXED)
        self.use()
        self.fetch()
        client = self.account.login()
        client.select()
        client.store("1:5", "+FLAGS", r"\Deleted")
        client.expunge()
        client.logout()
        self.account.deliver([mail(report(3))])
        self.assertEqual(self.fetch(), {"messages": 1, "stored": 1})


class WithoutMove(Mailbox):
    """A server that knows UIDPLUS and not MOVE."""
    capability = "IMAP4rev1 LITERAL+ ID IDLE NAMESPACE UIDPLUS"

    def test_moving_is_copying_and_expunging_the_uids(self):
        self.account.deliver(MIXED)
        client = self.account.login()
        client.select()
        client.store("2", "+FLAGS", r"\Deleted")
        client.logout()
        self.account.forget_commands()
        self.use({"after": "move Archive", "after_failed": "delete"})
        self.assertEqual(self.fetch(), OUTCOME)
        self.assertEqual((self.account.mails(), len(self.account.mails("Archive"))), ({2: "T"}, 4))
        commands = "\n".join(self.account.commands())
        self.assertNotIn("MOVE", commands)
        self.assertLess(commands.index("UID COPY"), commands.index("UID EXPUNGE"))
        self.assertEqual(self.fetch(), {})


class WithoutUidplus(Mailbox):
    capability = "IMAP4rev1 ID"

    def test_mails_are_only_marked_which_is_said(self):
        self.account.deliver(MIXED)
        self.use({"after": "move Archive", "after_failed": "delete"})
        self.assertEqual(self.fetch(), OUTCOME)
        self.assertRegex(self.said, "UIDPLUS")
        self.assertEqual(self.account.mails(), {**dict.fromkeys(REPORTS + FAILED, "T"), **dict.fromkeys(OTHERS, "")})
        self.assertEqual(len(self.account.mails("Archive")), 4)
        self.assertEqual(self.fetch(), {})
        self.assertEqual(len(self.account.mails("Archive")), 4)


class WhatIsNew(Mailbox):
    def test_a_second_run_downloads_nothing_and_a_third_what_has_come(self):
        self.account.deliver(MIXED)
        self.use()
        self.assertEqual(self.fetch(), OUTCOME)
        self.assertGreater(self.bodies_sent(), 0)
        self.account.forget_commands()
        self.assertEqual(self.fetch(), {})
        self.assertEqual(self.bodies_sent(), 0)
        self.account.deliver([SPAM, mail(report(3))])
        self.account.forget_commands()
        self.assertEqual(self.fetch(), {"messages": 2, "stored": 1, "ignored": 1})
        self.assertGreater(self.bodies_sent(), 0)

    def test_an_empty_mailbox(self):
        self.use()
        self.assertEqual(self.fetch(), {})
        self.assertEqual(self.fetch(), {})
        self.account.deliver([mail(report(1))])
        self.assertEqual(self.fetch(), {"messages": 1, "stored": 1})

    def test_new_uids_for_all_store_nothing_twice(self):
        self.account.deliver(MIXED)
        self.use()
        self.assertEqual(self.fetch(), OUTCOME)
        rows = self.rows()
        self.account.forget_uids()
        self.assertEqual(self.fetch(), {"messages": 6, "duplicate": 5, "ignored": 1})
        self.assertEqual(self.rows(), rows)
        self.assertEqual(self.fetch(), {})

    def test_new_uids_do_not_let_an_owed_move_hit_another_mail(self):
        """What was owed to a UID of before is owed to nobody."""
        self.account.deliver([mail(report(1)), SPAM])
        self.use({"after": "move Nowhere"})
        self.fetch(status=69)
        client = self.account.login()
        client.select()
        client.store("1", "+FLAGS", r"\Deleted")
        client.expunge()
        client.logout()
        self.account.forget_uids()
        self.account.make_folder("Nowhere")
        self.fetch()
        self.assertEqual((list(self.account.mails()), self.account.mails("Nowhere")), ([2], {}))

    def test_the_same_folder_of_two_users_and_two_folders_of_one(self):
        other = self.new_account()
        for account, folder, number in ((self.account, "INBOX", 1), (self.account, "Archive", 2), (other, "INBOX", 3)):
            account.deliver([mail(report(number))], folder)
        self.use({"name": "a"}, {"name": "b", "folder": "Archive"}, {"name": "c", "user": other.name})
        self.assertEqual(self.fetch("b"), {"messages": 1, "stored": 1})
        self.assertEqual(self.stored(), ["r2"])
        self.assertEqual(self.fetch(), {"messages": 2, "stored": 2})
        self.assertEqual(self.fetch("a", "b", "c"), {})

    def test_a_mailbox_that_fails_does_not_stop_the_next(self):
        self.account.deliver([mail(report(1))])
        self.use({"name": "a", "folder": "Nowhere"}, {"name": "b", "password_command": "echo wrong"}, {"name": "c"})
        self.assertEqual(self.fetch(status=69), {"messages": 1, "stored": 1})

    def test_two_at_once_store_all_once(self):
        self.account.deliver([mail(report(number)) for number in range(200)])
        self.use({"after": "move Archive"})
        running = [self.start("fetch") for _ in range(2)]
        for process in running:
            said = process.communicate(timeout=100)[1]
            self.assertEqual(process.returncode, 0, said)
        self.assertEqual(len(self.stored()), 200)
        self.assertEqual((self.account.mails(), len(self.account.mails("Archive"))), ({}, 200))
        self.check_integrity()

    def test_a_database_that_stays_busy_is_75_and_nothing_is_lost(self):
        self.account.deliver([mail(report(1))])
        self.use({"after": "delete"})
        self.ingest(data=mail(report(0)))
        with sqlite3.connect(self.db, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.fetch(status=75)
            other.execute("ROLLBACK")
        self.assertEqual(len(self.account.mails()), 1)
        self.assertEqual(self.fetch(), {"messages": 1, "stored": 1})

    def test_a_mail_that_is_too_large_is_not_downloaded_whole_and_stays(self):
        large = mail(report(7)) + b"\n" + b"x" * 76 * 30000
        self.account.deliver([large, SPAM + b"y" * 3000000, mail(report(8)), mail(report(9)) + b"z" * 300000])
        self.use({"max_size": "200K", "after": "delete", "after_failed": "delete"})
        self.assertEqual(self.fetch(), {"messages": 4, "stored": 1, "quarantined": 2, "ignored": 1})
        self.assertEqual(sorted(self.account.mails()), [1, 2, 4])
        self.assertTrue(any("<0.1048576>" in line for line in self.account.commands()))
        self.assertIn("large", " ".join(one["reason"] for one in self.quarantine()))
        self.assertEqual(self.fetch(), {})

    def test_three_thousand_mails_in_two_mailboxes(self):
        other = self.new_account()
        for start, account in enumerate((self.account, other)):
            account.deliver([mail(report(start * 1500 + number)) for number in range(1500)])
        self.use({"name": "a", "after": "seen"}, {"name": "b", "user": other.name, "after": "move Archive"})
        self.assertEqual(self.fetch(timeout=200), {"messages": 3000, "stored": 3000})
        self.assertEqual(len(set(self.stored())), 3000)
        self.assertEqual(set(self.account.mails().values()), {"S"})
        self.assertEqual((len(other.mails()), len(other.mails("Archive"))), (0, 1500))
        self.assertEqual(self.fetch(), {})


class Looking(Mailbox):
    def test_a_dry_run_says_what_is_there_and_touches_nothing(self):
        self.account.deliver(MIXED)
        self.use({"after": "delete"})
        out, _ = self.run_fetch("--dry-run")
        self.assertRegex(out, "fetch +6 mails")
        self.assertFalse(os.path.exists(self.db) and self.stored())
        self.assertEqual(len(self.account.mails()), 6)
        commands = self.account.commands()
        self.assertEqual([line for line in commands if ACTIONS.search(line) or "BODY" in line], [])
        self.assertEqual(self.fetch(), OUTCOME)
        self.account.deliver([mail(report(9))])
        out, _ = self.run_fetch("--dry-run")
        self.assertRegex(out, "fetch +1 mail,")
        self.assertRegex(out, "(?m)deleted$")

    def test_check_says_all_there_is_to_know(self):
        self.account.make_folder("Berichte/Türkçe")
        self.account.deliver(MIXED)
        self.use()
        for what in (["reports"], [f"imaps://{HOST}/INBOX", "--user", self.account.name, "--ca-file", self.root.file,
                                   "--password-command", "cat " + self.path("secret")]):
            with self.subTest(what):
                out, _ = self.run_fetch("--check", *what)
                for words in (HOST, "Lab Root", "IDLE", "MOVE", "UIDPLUS", "INBOX", "Archive", "Berichte/Türkçe", "6"):
                    self.assertIn(words, out)
                self.assertRegex(out, '(?i)separator.*/')
        commands = self.account.commands()
        self.assertEqual([line for line in commands if ACTIONS.search(line) or "BODY" in line], [])
        self.assertFalse(os.path.exists(self.db) and self.stored())

    def test_check_of_a_server_that_refuses_is_69(self):
        self.write("secret", "wrong\n")
        self.use()
        self.assertIn("Authentication failed", self.run_fetch("--check", "reports", status=69)[1])


class Crashes(Mailbox):
    def killed(self, *arguments, env):
        """A run that kills itself; when it is gone nothing of it is left."""
        process = subprocess.Popen(self.arguments("fetch", *arguments), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**self.env, **env},
                                   start_new_session=True)
        status = process.wait(60)
        self.wait_for(lambda: all(session != process.pid for session, *_ in processes().values()),
                      "a process outlives the one that started it", 10)
        return status

    def test_a_crash_at_any_point_loses_and_repeats_nothing(self):
        for point in ("before-commit", "after-commit", "before-after"):
            for number, after in enumerate(("leave", "seen", "move Archive", "delete")):
                if point == "before-after" and after == "leave":
                    continue
                with self.subTest(point=point, after=after):
                    self.db = self.path(f"{point}-{number}.db")
                    self.account = self.new_account()
                    self.account.deliver(MIXED)
                    self.use({"after": after})
                    # The last of these kills the program that talks to the server.
                    self.assertEqual(self.killed(env={"TLSRPT_TEST_STOP": point}),
                                     69 if point == "before-after" else -signal.SIGKILL)
                    self.assertEqual(self.account.mails(), dict.fromkeys(range(1, 7), ""))
                    first = self.stored()
                    self.assertEqual(first, [] if point == "before-commit" else ["r1", "r2"])
                    self.account.forget_commands()
                    self.assertEqual(self.fetch(), {} if first else OUTCOME)
                    self.assertEqual(self.bodies_sent() == 0, bool(first))
                    self.assertEqual((self.stored(), len(self.quarantine())), (["r1", "r2"], 1))
                    self.check_integrity()
                    kept = {"leave": "", "seen": "S"}.get(after)
                    left = dict.fromkeys(REPORTS, kept) if kept is not None else {}
                    self.assertEqual(self.account.mails(), {**left, **dict.fromkeys(FAILED + OTHERS, "")})
                    self.assertEqual(len(self.account.mails("Archive")), 4 if after == "move Archive" else 0)
                    self.account.forget_commands()
                    self.assertEqual(self.fetch(), {})
                    self.assertEqual([line for line in self.account.commands() if "UID STORE" in line
                                      or "UID MOVE" in line or "UID EXPUNGE" in line], [])

    def test_either_program_is_killed_at_any_moment(self):
        """Each report is there once, and each mail is in one folder, once."""
        self.use({"after": "move Archive"})
        chance = random.Random(1)
        killed, each, turns = 0, 80, 16
        self.account.deliver([mail(report(number)) for number in range(each)])
        start = time.monotonic()
        self.fetch()
        usual = time.monotonic() - start
        for turn in range(1, turns):
            self.account.deliver([mail(report(turn * each + number)) for number in range(each)])
            process = subprocess.Popen(self.arguments("fetch"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=self.env, start_new_session=True)
            time.sleep(chance.uniform(0.1, 0.9) * usual)
            victims = [pid for pid, (session, line, _) in processes().items()
                       if session == process.pid and (turn % 2 or b"tlsrpt-net" in line)]
            with contextlib.suppress(ProcessLookupError):
                for victim in sorted(victims)[:1]:
                    os.kill(victim, signal.SIGKILL)
                    killed += 1
            self.assertIn(process.wait(100), (0, 69, -signal.SIGKILL))
            if os.path.exists(self.db):
                self.check_integrity()
        self.assertGreater(killed, 0)
        self.wait_for(lambda: b"tlsrpt-net" not in b"".join(line for session, line, _ in processes().values()
                                                            if session == process.pid), "tlsrpt-net stays", 10)
        self.fetch(timeout=200)
        self.assertEqual(self.stored(), sorted(f"r{number}" for number in range(each * turns)))
        self.assertEqual(self.account.mails(), {})
        bodies = self.account.bodies("Archive")
        self.assertEqual((len(bodies), len(set(bodies))), (each * turns, each * turns))


class Watched(Mailbox):
    def watch(self, *arguments, env=None):
        process = subprocess.Popen(self.arguments("fetch", "--watch", "-v", *arguments), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**self.env, **(env or {})},
                                   start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def end(self, process, number=signal.SIGTERM):
        """What it printed; it ends with 0, soon, and alone."""
        process.send_signal(number)
        out, said = process.communicate(timeout=15)
        self.check_said(out + said)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual([line for session, line, _ in processes().values() if session == process.pid], [])
        return out + said

    def arrives(self, *ids, seconds=20):
        self.wait_for(lambda: self.stored_while_running() == sorted(ids), f"{ids} are not stored", seconds)


class Watching(Watched):
    def test_mail_that_comes_while_it_waits_is_stored(self):
        self.account.deliver([mail(report(1))])
        self.use({"after": "move Archive"})
        process = self.watch()
        self.arrives("r1")
        self.wait_for(lambda: any(line.endswith("IDLE") for line in self.account.commands()), "no IDLE")
        for number in (2, 3):
            self.account.deliver([SPAM, mail(report(number))])
            self.arrives(*(f"r{one}" for one in range(1, number + 1)), seconds=10)
        self.wait_for(lambda: len(self.account.mails("Archive")) == 3, "not moved")
        self.end(process)
        self.assertEqual(len(self.account.mails()), 2)
        self.assertEqual(self.fetch(), {})

    def test_it_comes_back_after_the_server_was_away_with_a_fresh_token(self):
        self.account.deliver([mail(report(1))])
        self.use({"auth": "xoauth2", "token_command": self.token("first")})
        process = self.watch()
        self.arrives("r1")
        self.server.stop()
        self.server.tokens.users.clear()
        self.token("second")
        time.sleep(1)
        self.account.deliver([mail(report(2))])
        self.server.start()
        self.arrives("r1", "r2", seconds=60)
        self.account.deliver([mail(report(3))])
        self.arrives("r1", "r2", "r3")
        self.end(process, signal.SIGINT)
        with open(self.path("asked")) as asked:
            self.assertGreater(len(asked.readlines()), 1)

    def test_two_mailboxes_are_watched_at_once(self):
        other = self.new_account()
        self.use({"name": "a"}, {"name": "b", "user": other.name})
        process = self.watch()
        self.wait_for(lambda: all(any("IDLE" in line for line in one.commands()) for one in (self.account, other)),
                      "not both are watched")
        other.deliver([mail(report(1))])
        self.arrives("r1")
        self.account.deliver([mail(report(2))])
        self.arrives("r1", "r2")
        self.end(process)

    def test_secrets_are_nowhere(self):
        self.account.deliver(MIXED)
        token = "a-token-that-is-nowhere"
        self.use({"name": "a"}, {"name": "b", "auth": "oauthbearer", "token_command": self.token(token)})
        process = self.watch()
        self.wait_for(lambda: self.stored_while_running() == ["r1", "r2"], "not stored")
        self.wait_for(lambda: sum(line.endswith("IDLE") for line in self.account.commands()) == 2, "no IDLE")
        secrets = (SECRET.encode(), token.encode())
        ours = [(line, environment) for session, line, environment in processes().values() if session == process.pid]
        self.assertTrue(any(b"tlsrpt-net" in line for line, _ in ours))
        seen = [line + environment for line, environment in ours]
        for folder, _, names in os.walk(self.folder):
            for name in names:
                if name not in ("secret", "token"):
                    with open(os.path.join(folder, name), "rb") as file:
                        seen.append(file.read())
        seen.append(self.end(process))
        with open(self.db, "rb") as file:
            seen.append(file.read())
        for secret in secrets:
            self.assertEqual([text for text in seen if secret in text], [])


class WithoutIdle(Watched):
    capability = "IMAP4rev1 ID UIDPLUS MOVE"

    def test_mail_that_comes_while_it_waits_is_stored(self):
        self.use()
        process = self.watch(env={"TLSRPT_TEST_TIMEOUT": "2"})
        self.wait_for(lambda: any(line.endswith("NOOP") for line in self.account.commands()), "no NOOP")
        self.account.deliver([mail(report(1))])
        self.arrives("r1")
        self.end(process)
        self.assertEqual([line for line in self.account.commands() if "IDLE" in line], [])


if __name__ == "__main__":
    main()
