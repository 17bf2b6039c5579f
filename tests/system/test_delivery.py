"""What a mail system sees: 0, 75, and 65 where it was asked for, whatever goes wrong."""
import os, resource, signal, sqlite3, subprocess, threading, time, unittest

from harness import BROKEN, RELEASE, SPAM, Case, mail, main, report


class Delivery(Case):
    def expect(self, status, data, *arguments, **more):
        done = self.deliver(data, *arguments, **more)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, said)
        self.assertLessEqual(len(said), 200, said)
        self.assertLessEqual(said.count(b"\n"), 1, said)
        return done

    def test_every_outcome_is_acknowledged(self):
        for data in (mail(report()), mail(report()), BROKEN, BROKEN, SPAM, b"", b"\0" * 1000):
            self.expect(0, data)
        self.assertEqual(self.report_ids(), ["r1"])
        self.assertEqual(len(self.quarantine()), 1)

    def test_what_is_no_report_is_refused_only_on_request(self):
        self.expect(65, SPAM, "--unrecognized=reject")
        self.expect(0, mail(report()), "--unrecognized=reject")
        self.expect(0, mail(report()), "--unrecognized=reject")
        self.expect(0, BROKEN, "--unrecognized=reject")

    def test_a_postmark_makes_no_difference(self):
        self.expect(0, b"From tls@reporter.example Tue Jun  9 02:00:00 2026\n" + BROKEN)
        self.assertEqual(self.ingest(data=BROKEN), {"messages": 1, "duplicate": 1})
        self.ingest(data=b"From x Tue Jun  9 02:00:00 2026\n" + mail(report()))
        self.assertEqual(self.report_ids(), ["r1"])

    def test_a_report_of_a_day_to_come_is_exported_unless_a_clock_is_named(self):
        days = {"start-datetime": "2099-06-08T00:00:00Z", "end-datetime": "2099-06-08T23:59:59Z"}
        self.expect(0, mail(report(**{"date-range": days})))
        self.assertEqual(self.report_ids(), [])
        done = subprocess.run([self.binary, "--db", self.db, "export"], capture_output=True, env=self.env)
        self.assertEqual(done.stdout.count(b"\n"), 2)

    def test_sender_and_recipient_are_taken_even_empty(self):
        self.expect(0, mail(report()), "--sender", "", "--recipient", "rua@example.com")

    def test_wrong_use_is_put_off(self):
        for arguments in (["--no-such-option"], ["--no-such-option=x", "-"], ["--format", "xml"],
                          ["--format"], ["-Z"], ["-", "x"], ["-", "-"]):
            self.expect(75, mail(report()), *arguments)

    def test_a_wrong_configuration_is_put_off(self):
        with open(self.path("bad.conf"), "w") as file:
            file.write("[tlsrpt]\nquarantine-max = much\n")
        for name in ("none.conf", "bad.conf"):
            self.expect(75, mail(report()), "--config", self.path(name))

    def test_a_warning_in_the_configuration_says_nothing(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nno-such-key = 1\n")
        done = self.expect(0, mail(report()), "--config", self.path("c.conf"))
        self.assertEqual(done.stderr, b"")

    def test_a_database_that_cannot_be_is_put_off(self):
        junk = self.path("junk.db")
        with open(junk, "wb") as file:
            file.write(b"this is no database\n" * 1000)
        newer = self.path("newer.db")
        self.run_tlsrpt("ingest", data=mail(report()), db=newer)
        with sqlite3.connect(newer) as database:
            database.execute("PRAGMA user_version = 9999")
        foreign = self.path("foreign.db")
        with sqlite3.connect(foreign) as database:
            database.execute("CREATE TABLE t (a)")
        for path in (self.path("none", "t.db"), self.folder, junk, newer, foreign):
            self.expect(75, mail(report()), "--db", path)

    def test_a_busy_database_is_waited_for_and_then_put_off(self):
        self.expect(0, mail(report(1)))
        holder = sqlite3.connect(self.db, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN EXCLUSIVE")
        timer = threading.Timer(1.5, lambda: holder.execute("COMMIT"))
        timer.start()
        self.expect(0, mail(report(2)))
        timer.join()
        holder.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        self.expect(75, mail(report(3)))
        self.assertGreater(time.monotonic() - start, 6)
        self.assertLess(time.monotonic() - start, 20)
        holder.execute("COMMIT")
        self.assertEqual(self.report_ids(), ["r1", "r2"])

    def test_a_file_size_limit_is_put_off(self):
        self.expect(0, mail(report(1)))
        limit = os.stat(self.db).st_size + 4096
        done = self.expect(75, mail(report(2)),
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertIn(b"size", done.stderr)
        self.check_integrity()

    def test_a_full_disk_is_put_off(self):
        mount = self.path("small")
        os.mkdir(mount)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", mount],
                          capture_output=True).returncode:
            self.skipTest("no right to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", mount])
        self.db = os.path.join(mount, "t.db")
        statuses = []
        for number in range(400):
            document = report(number, failures=1)
            document["policies"][0]["failure-details"][0]["failure-reason-code"] = f"{number} " * 800
            done = self.deliver(mail(document))
            statuses.append(done.returncode)
            if done.returncode:
                break
        self.assertEqual(statuses[-1], 75)
        stored = [f"r{number}" for number, status in enumerate(statuses) if status == 0]
        self.check_integrity()
        self.assertEqual(self.report_ids(), sorted(stored))

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_a_database_that_may_not_be_written_is_put_off(self):
        self.expect(0, mail(report(1)))
        self.open_to_all()
        os.chmod(self.folder, 0o755)
        os.chmod(self.db, 0o644)
        self.env["HOME"] = "/nonexistent"
        self.env.pop("XDG_STATE_HOME")
        for path in (self.db, self.path("new.db")):
            self.expect(75, mail(report(2)), "--db", path, user="nobody")

    def test_a_fatal_signal_is_put_off(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1, signal.SIGQUIT):
            read, write = os.pipe()
            process = subprocess.Popen(self.arguments("ingest"), stdin=read, env=self.env,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            os.close(read)
            os.write(write, mail(report()))
            time.sleep(0.5)
            process.send_signal(number)
            process.communicate(timeout=20)
            os.close(write)
            self.assertEqual(process.returncode, 75, signal.Signals(number).name)

    def test_stdin_is_read_to_its_end(self):
        """More than a pipe holds, so that a writer would meet SIGPIPE if it were not read."""
        large = SPAM + b"x" * (40 << 20)
        for arguments in ([], ["--no-such-option"], ["--db", self.path("none", "t.db")],
                          ["--config", self.path("none.conf")]):
            process = subprocess.Popen(self.arguments("ingest", *arguments), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
            written = 0
            with process.stdin as pipe:
                while written < len(large):
                    written += pipe.write(large[written:written + 65536])
            process.stdout.read(), process.stderr.read()
            self.assertIn(process.wait(20), (0, 75))
            self.assertEqual(written, len(large))

    def test_no_word_of_the_mail_is_printed(self):
        for data in (mail(report(1)), mail(b'{"policies": ["sesame"'), b"Subject: sesame\n\nsesame"):
            for arguments in ([], ["-v"], ["--unrecognized=reject"], ["--db", self.path("none", "x")]):
                done = self.deliver(data.replace(b"Reporter", b"sesame"), *arguments)
                self.assertNotIn(b"sesame", done.stdout + done.stderr)

    def test_a_closed_stdout_and_stderr_do_no_harm(self):
        def close():
            os.close(1)
            os.close(2)
        for number, arguments in enumerate(([], ["--format", "json"])):
            done = subprocess.run(self.arguments("ingest", *arguments), input=mail(report(number)),
                                  env=self.env, preexec_fn=close)
            self.assertIn(done.returncode, (0, 75))
        self.check_integrity()

    @unittest.skipUnless(RELEASE, "needs the release build: a sanitizer needs more memory than any limit")
    def test_a_lack_of_memory_is_put_off_or_quarantined(self):
        self.binary = RELEASE
        seen = set()
        for megabytes in (16, 20, 24, 28, 32, 40, 48, 64, 96, 128, 256):
            size = megabytes << 20
            done = self.deliver(mail(report(megabytes)),
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
            # 127 is the dynamic linker, before the program has begun.
            seen.add(done.returncode)
            self.assertIn(done.returncode, (0, 75, 127), done.stderr)
        self.assertIn(0, seen)


if __name__ == "__main__":
    main()
