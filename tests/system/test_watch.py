"""`ingest --watch`: what comes into a Maildir is read as it comes, whatever happens to the Maildir."""
import contextlib, json, os, queue, re, shutil, signal, sqlite3, subprocess, sys, threading, time, unittest

from harness import BROKEN, SPAM, Case, mail, main, report

WAIT = 60  # seconds: far beyond what anything here takes


class Watcher:
    """A running `ingest --watch`: what it prints, as it prints it."""

    def __init__(self, case, *arguments, before=None):
        def prepare():
            # A shell's background job has it ignored, and so would this.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.process = subprocess.Popen([*(before or []), *case.arguments("ingest", "--watch", *arguments)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=case.env, text=True, preexec_fn=prepare)
        self.lines, self.said, self.printed = queue.Queue(), [], []
        self.threads = [threading.Thread(target=self.pump, args=pair, daemon=True)
                        for pair in ((self.process.stderr, self.said), (self.process.stdout, self.printed))]
        for thread in self.threads:
            thread.start()
        case.addCleanup(self.end)

    def pump(self, stream, into):
        for line in stream:
            into.append(line)
            self.lines.put(line)

    def until(self, pattern):
        """Waits for a line that has PATTERN in it."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line {pattern!r} in {self.said + self.printed}")
            if re.search(pattern, line):
                return line

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(WAIT)
        for thread in self.threads:
            thread.join(WAIT)
        return status

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT)
        for thread in self.threads:
            thread.join(WAIT)
        self.process.stdout.close()
        self.process.stderr.close()

    def sums(self):
        sums = {}
        for line in self.printed:
            for name, count in json.loads(line).items():
                sums[name] = sums.get(name, 0) + count
        return {name: count for name, count in sums.items() if count}


class Watch(Case):
    def setUp(self):
        super().setUp()
        self.number = 0

    def put(self, path, data, into="new", how=os.rename):
        """Delivers as an MTA does: written in tmp/, then renamed or linked."""
        self.number += 1
        name = f"{1780970000 + self.number}.D{self.number}.mx"
        with open(f"{path}/tmp/{name}", "wb") as file:
            file.write(data)
        how(f"{path}/tmp/{name}", f"{path}/{into}/{name}")
        if how is os.link:
            os.unlink(f"{path}/tmp/{name}")

    def watch(self, *arguments, **more):
        watcher = Watcher(self, *arguments, **more)
        watcher.until("watching")
        return watcher

    def eventually(self, condition):
        deadline = time.monotonic() + WAIT
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it does not come to be")
            time.sleep(0.05)

    def wait_for_reports(self, *numbers):
        wanted = sorted(f"r{number}" for number in numbers)
        self.eventually(lambda: os.path.exists(self.db) and self.report_ids() == wanted)

    def test_mail_is_read_as_it_comes_by_rename_and_by_link(self):
        path = self.maildir([mail(report(1)), SPAM])
        watcher = self.watch(path)
        self.assertIn("2 mails read: 1 stored, 1 ignored\n", watcher.said[0])
        self.put(path, mail(report(2)))
        watcher.until("1 mail read: 1 stored")
        self.put(path, mail(report(3)), how=os.link)
        watcher.until("1 mail read: 1 stored")
        self.put(path, mail(report(4)), into="cur")
        watcher.until("1 mail read: 1 stored")
        self.put(path, BROKEN)
        watcher.until("1 mail read: 1 quarantined")
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(watcher.printed, [])
        self.assertEqual(self.report_ids(), ["r1", "r2", "r3", "r4"])
        self.check_integrity()

    def test_each_round_with_mails_is_one_object(self):
        path = self.maildir([mail(report(1))])
        watcher = Watcher(self, "-q", "--format", "json", path)
        watcher.until('"messages":1,"stored":1')
        self.put(path, mail(report(1)))
        watcher.until('"messages":1,"stored":0,"duplicate":1')
        self.assertEqual(watcher.stop(signal.SIGINT), 0)
        self.assertEqual((len(watcher.printed), watcher.said), (2, []))

    def test_several_maildirs(self):
        paths = [self.maildir([mail(report(number))], f"M{number}") for number in (1, 2)]
        watcher = self.watch(*paths)
        self.put(paths[0], mail(report(3)))
        self.put(paths[1], mail(report(4)))
        self.wait_for_reports(1, 2, 3, 4)
        self.assertEqual(watcher.stop(), 0)

    def test_a_maildir_that_is_renamed_comes_back(self):
        path = self.maildir([])
        watcher = self.watch(path)
        os.rename(path, path + ".away")
        watcher.until("No such file.*tried again")
        # What comes into the folder that was renamed is no mail of PATH's until it is back.
        self.put(path + ".away", mail(report(1)))
        time.sleep(0.5)
        os.rename(path + ".away", path)
        watcher.until("1 mail read: 1 stored")
        self.put(path, mail(report(2)))
        watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)

    def test_a_folder_that_another_takes_the_place_of(self):
        path = self.maildir([])
        for part in ("new", "cur"):
            watcher = self.watch("-v", path)
            os.rename(f"{path}/{part}", f"{path}/{part}.old")
            watcher.until("is no Maildir")
            os.mkdir(f"{path}/{part}")
            self.number += 100
            self.put(path, mail(report(self.number)), into=part)
            watcher.until("1 mail read: 1 stored")
            # What comes into the old folder is nobody's business any more.
            looked = sum("looked at" in line for line in watcher.said)
            self.put(path, mail(report(self.number)), into=f"{part}.old")
            time.sleep(0.7)
            self.assertEqual(sum("looked at" in line for line in watcher.said), looked, watcher.said)
            self.assertEqual(watcher.stop(), 0)
            os.rename(f"{path}/{part}.old", self.path(f"{part}.old"))

    def test_a_maildir_that_is_deleted_and_made_again(self):
        path = self.maildir([mail(report(1))])
        watcher = self.watch(path)
        for number in (2, 3):
            shutil.rmtree(path)
            watcher.until("No such file")
            self.maildir([])
            self.put(path, mail(report(number)))
            watcher.until("1 mail read: 1 stored")
            self.put(path, mail(report(number + 10)))
            watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(self.report_ids(), ["r1", "r12", "r13", "r2", "r3"])

    def test_a_folder_of_the_maildir_that_goes_for_an_instant(self):
        """Too short to be missed: the notices must be of the new folder all the same."""
        path = self.maildir([])
        watcher = self.watch("-v", path)
        for number in range(1, 6):
            os.rename(path + "/new", self.path(f"old{number}"))
            os.mkdir(path + "/new")
            watcher.until("looked at 1 Maildir .something came")
            time.sleep(0.3)
            self.put(path, mail(report(number)))
            watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)

    def test_a_trouble_that_lasts_is_told_once(self):
        path, other = self.maildir([]), self.maildir([], "Other")
        watcher = self.watch("--rescan", "1s", "-v", path, other)
        shutil.rmtree(path)
        watcher.until("No such file")
        for number in range(1, 4):
            self.put(other, mail(report(number)))
            watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(sum("No such file" in line for line in watcher.said), 1, watcher.said)

    def test_other_files_of_an_imap_server_wake_nobody(self):
        path = self.maildir([])
        watcher = self.watch("-v", path)
        for number in range(20):
            with open(f"{path}/dovecot.index.{number}", "w") as file:
                file.write("x")
            os.rename(f"{path}/dovecot.index.{number}", f"{path}/dovecot-uidlist")
            with open(f"{path}/new/.hidden{number}", "w") as file:
                file.write("x")
        time.sleep(1)
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(sum("looked at" in line for line in watcher.said), 1, watcher.said)

    def test_what_was_asked_for_is_done_to_reports(self):
        for option, where in ((["--mark-seen"], "cur"), (["--move-to", "done"], ".done/cur"), (["--delete"], None)):
            path = self.maildir([SPAM], "M" + option[0].strip("-"))
            watcher = self.watch(*option, path)
            for _ in range(3):
                self.put(path, mail(report(self.number + 1)))
                watcher.until("1 mail read: 1 stored")
            self.assertEqual(watcher.stop(), 0)
            self.assertEqual(len(os.listdir(path + "/new")), 1)
            if where:
                self.assertEqual(len(os.listdir(f"{path}/{where}")), 3)

    def test_what_it_does_itself_does_not_keep_it_busy(self):
        path = self.maildir([])
        watcher = self.watch("-v", "--mark-seen", path)
        self.put(path, mail(report(1)))
        watcher.until("1 mail read")
        time.sleep(2)
        self.assertEqual(watcher.stop(), 0)
        self.assertLessEqual(sum("looked at" in line for line in watcher.said), 3, watcher.said)

    def test_a_burst_of_10000_mails_and_lost_notices(self):
        """Stopped meanwhile, the process has more notices to take than the kernel keeps: two for each file."""
        with open("/proc/sys/fs/inotify/max_queued_events") as file:
            kept = int(file.read())
        path = self.maildir([])
        watcher = self.watch("-v", path)
        count = max(10000, kept // 2 + 1000)
        if count > 40000:
            self.skipTest(f"the kernel keeps {kept} notices")
        watcher.process.send_signal(signal.SIGSTOP)
        for number in range(count):
            self.number += 1
            with open(f"{path}/new/{1780970000 + number}.B{number}.mx", "wb") as file:
                file.write(SPAM if number % 10 else mail(report(number)))
        watcher.process.send_signal(signal.SIGCONT)
        watcher.until("lost notices")
        watcher.until(f"^tlsrpt: {count} mails read|mails read")
        self.put(path, mail(report("last")))
        self.eventually(lambda: "rlast" in self.report_ids())
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(len(self.report_ids()), (count + 9) // 10 + 1)
        with contextlib.closing(sqlite3.connect(self.db)) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM seen").fetchone()[0], count + 1)

    def memory(self, process):
        with open(f"/proc/{process.pid}/smaps_rollup") as file:
            return int(re.search(r"^Private_Dirty: +(\d+)", file.read(), re.M)[1])

    def test_memory_does_not_grow_over_10000_mails(self):
        # What the sanitizer keeps of freed memory, to catch its use, is none of the program's.
        self.env["ASAN_OPTIONS"] = (os.environ.get("ASAN_OPTIONS", "") +
                                    ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0")
        # Many domains, so that what a round left behind of them would be seen.
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\n" + "".join(f"[domain d{number}.example]\n" for number in range(5000)))
        path = self.maildir([])
        watcher = Watcher(self, "-q", "--format", "json", "--config", self.path("c.conf"), path)
        sizes = []
        for round in range(10):
            for _ in range(1000):
                self.put(path, mail(report(self.number % 10)) if self.number % 10 == 0 else SPAM)
            self.eventually(lambda: watcher.sums().get("messages", 0) == self.number)
            sizes.append(self.memory(watcher.process))
            for name in os.listdir(path + "/new"):
                os.unlink(f"{path}/new/{name}")
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(watcher.sums()["messages"], 10000)
        # The list of names seen is 24 bytes a mail while a round lasts.
        self.assertLess(max(sizes[5:]) - max(sizes[1:4]), 1024, sizes)

    def test_a_busy_database_is_tried_again(self):
        path = self.maildir([mail(report(1))])
        watcher = self.watch("--rescan", "1s", path)
        with contextlib.closing(sqlite3.connect(self.db, isolation_level=None)) as holder:
            # Nothing is held while it waits.
            holder.execute("BEGIN EXCLUSIVE")
            self.put(path, mail(report(2)))
            watcher.until("busy.*tried again|locked.*tried again")
            holder.execute("COMMIT")
        watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(self.report_ids(), ["r1", "r2"])

    def test_a_database_that_is_busy_at_the_start_is_tried_again(self):
        path = self.maildir([mail(report(1))])
        self.ingest(path)
        with contextlib.closing(sqlite3.connect(self.db, isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            watcher = Watcher(self, "--rescan", "1s", path)
            watcher.until("tried again")
            holder.execute("COMMIT")
        self.put(path, mail(report(2)))
        watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)

    def test_a_database_that_is_put_aside_is_made_again(self):
        path = self.maildir([mail(report(1))])
        watcher = self.watch(path)
        os.rename(self.db, self.path("old.db"))
        self.put(path, mail(report(2)))
        self.wait_for_reports(1, 2)
        self.assertEqual(watcher.stop(), 0)

    def test_a_full_disk_is_tried_again(self):
        mount = self.path("small")
        os.mkdir(mount)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", mount],
                          capture_output=True).returncode:
            self.skipTest("no right to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", mount])
        self.db = os.path.join(mount, "t.db")
        path = self.maildir([mail(report(1))])
        watcher = self.watch("--rescan", "1s", path)
        with contextlib.suppress(OSError), open(mount + "/filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 512)
        self.put(path, mail(report(2)))
        watcher.until("tried again")
        os.unlink(mount + "/filler")
        watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)
        self.check_integrity()

    def test_a_file_system_that_tells_nothing_is_looked_at(self):
        """With no inotify at all, as on one that another machine writes to."""
        without = ["unshare", "--user", "--map-root-user", "sh", "-c",
                   'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', "sh"]
        if subprocess.run([*without, "true"], capture_output=True).returncode:
            self.skipTest("no right to a user namespace")
        path = self.maildir([mail(report(1))])
        watcher = self.watch("--rescan", "1s", path, before=without)
        self.assertTrue(any("max_user_instances" in line for line in watcher.said), watcher.said)
        self.put(path, mail(report(2)))
        watcher.until("1 mail read: 1 stored")
        shutil.rmtree(path)
        watcher.until("No such file")
        self.put(self.maildir([]), mail(report(3)))
        watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)
        self.assertEqual(sum("max_user_instances" in line for line in watcher.said), 1)

    def test_too_few_notices_are_complained_of(self):
        limited = ["unshare", "--user", "--map-root-user", "sh", "-c",
                   'echo 2 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh"]
        if subprocess.run([*limited, "true"], capture_output=True).returncode:
            self.skipTest("no right to a user namespace")
        path, other = self.maildir([]), self.maildir([], "Other")
        watcher = self.watch("--rescan", "1s", path, other, before=limited)
        self.assertTrue(any("max_user_watches" in line for line in watcher.said), watcher.said)
        self.put(other, mail(report(1)))
        watcher.until("1 mail read: 1 stored")
        self.assertEqual(watcher.stop(), 0)

    def test_signals_end_it_in_the_middle_of_many_mails(self):
        """To the whole group, as a terminal and systemd send them: no worker's death puts a mail in quarantine."""
        for number in (signal.SIGTERM, signal.SIGINT):
            path = self.maildir([mail(report(f"{number}-{n}")) for n in range(3000)], f"M{number}")
            db = self.db = self.path(f"{number}.db")
            watcher = Watcher(self, path, before=["setsid"])
            self.eventually(lambda: os.path.exists(db) and os.path.getsize(db) > 0)
            os.killpg(watcher.process.pid, number)
            self.assertEqual(watcher.process.wait(WAIT), 0, watcher.said)
            self.assertEqual(self.quarantine(), [])
            self.check_integrity()
            done = len(self.report_ids())
            self.assertLess(done, 3000)
            rest = 3000 - done
            self.assertEqual(self.ingest(path), {"messages": rest, "stored": rest})

    def test_what_is_no_maildir_at_the_start_is_wrong(self):
        os.mkdir(self.path("plain"))
        with open(self.path("file"), "wb") as file:
            file.write(mail(report(1)))
        path = self.maildir([])
        for arguments, status in (([self.path("plain")], 64), ([self.path("file")], 64), ([self.path("none")], 74),
                                  ([path, self.path("none")], 74), (["--rescan", "0s", path], 64),
                                  (["--rescan", "x", path], 64), (["--unrecognized", "reject", path], 64),
                                  (["--db", self.path("none", "t.db"), path], 74)):
            done = self.run_tlsrpt("ingest", "--watch", *arguments)
            self.assertEqual(done.returncode, status, (arguments, done.stderr))


if __name__ == "__main__":
    if not sys.platform.startswith("linux"):
        print("skipped: inotify is Linux's")
        sys.exit(77)
    main()
