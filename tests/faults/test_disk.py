"""Every call that touches the database's folder fails in turn: with an error, a full disk, half a
write; or the program is killed before it, or in the midst of a write."""
import os, shutil

from faults import SOAK, FaultCase, main

WRITES = ("write",)
ANY = None


class Disk(FaultCase):
    def calls(self, empty=False, arguments=(), folder="run"):
        """The names of the calls, in order, when none fails."""
        log = self.path("log")
        if os.path.exists(log):
            os.unlink(log)
        self.fresh(empty)
        done = self.hurt("fail_disk", *arguments, FAIL_UNDER=self.path(folder), FAIL_AT=0, FAIL_LOG=log)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log) as file:
            return [line.split()[0] for line in file]

    def sweep(self, how, only=ANY, empty=False, on=False, good=(0, 75), stride=1):
        calls = self.calls(empty)
        self.assertGreater(len(calls), 30)
        seen = {}
        numbers = [number for number, call in enumerate(calls, 1) if only is ANY or call in only]
        for number in numbers[::1 if SOAK else stride]:
            self.fresh(empty)
            more = {"FAIL_ON": 1} if on else {}
            done = self.hurt("fail_disk", FAIL_UNDER=self.path("run"), FAIL_AT=number, FAIL_HOW=how, **more)
            self.judge(done.returncode, done.stderr, f"{how} at call {number} ({calls[number - 1]})", empty, good)
            seen[done.returncode] = seen.get(done.returncode, 0) + 1
        print(f"{how}: {len(numbers)} of {len(calls)} calls; status: runs: {seen}", flush=True)
        return seen

    def test_one_call_fails(self):
        for how in ("io", "full"):
            self.assertIn(75, self.sweep(how))

    def test_all_calls_from_one_on_fail(self):
        for how in ("io", "full"):
            self.assertIn(75, self.sweep(how, on=True))

    def test_a_write_is_torn_and_the_disk_full(self):
        # Of a write that was short once the rest is written; only a disk that stays full is one.
        self.assertEqual(set(self.sweep("torn", WRITES)), {0})
        self.assertIn(75, self.sweep("torn", WRITES, on=True))

    def test_it_is_killed_before_a_call(self):
        self.assertEqual(set(self.sweep("kill", good=(-9,))), {-9})

    def test_it_is_killed_in_the_midst_of_a_write(self):
        self.assertEqual(set(self.sweep("torn-kill", WRITES, good=(-9,))), {-9})

    def test_the_same_while_the_database_is_made(self):
        for how in ("io", "full"):
            self.sweep(how, empty=True, stride=11)
        self.sweep("torn", WRITES, empty=True, stride=11)
        self.sweep("kill", empty=True, good=(-9,), stride=11)
        self.sweep("torn-kill", WRITES, empty=True, good=(-9,), stride=11)

    def test_a_mail_is_touched_only_after_it_is_on_disk(self):
        """A Maildir's mail is marked or deleted only if its report is in the database."""
        for option in ("--mark-seen", "--delete"):
            new, box = self.mailbox()
            count = len(self.calls(arguments=("ingest", option, box)))
            for number in range(1, count + 1, 1 if SOAK else 3):
                for how in ("io", "kill"):
                    self.fresh()
                    new, box = self.mailbox()
                    done = self.hurt("fail_disk", "ingest", option, box, FAIL_UNDER=self.path("run"),
                                     FAIL_AT=number, FAIL_HOW=how)
                    where = f"{option}, {how} at call {number}"
                    found = self.look(self.db)
                    if not os.listdir(new):
                        self.assertIn("r1", found[0], where)
                    self.judge(done.returncode, done.stderr, where, good=(0, 74, 75, -9))

    def test_a_mailbox_that_cannot_be_changed_is_said(self):
        for option in ("--mark-seen", "--delete"):
            self.fresh()
            new, box = self.mailbox()
            done = self.hurt("fail_disk", "ingest", option, box, FAIL_UNDER=box, FAIL_AT=1, FAIL_HOW="io",
                             FAIL_ON=1)
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertEqual(len(os.listdir(new)), 1)

    def mailbox(self):
        """A Maildir with the one mail; its new/ and itself."""
        shutil.rmtree(self.path("Maildir"), ignore_errors=True)
        box = self.maildir([self.MAIL])
        return os.path.join(box, "new"), box


if __name__ == "__main__":
    main()
