"""Every allocation of one delivery is refused in turn, in the parent and in the worker: the mail is
acknowledged and kept, or put off, or in quarantine; never bounced, never lost."""
import struct

from faults import SOAK, FaultCase, main

# How many allocations are left out between two that are refused.
STRIDE = 1 if SOAK else 23


class Memory(FaultCase):
    def counted(self, **environment):
        """A run, and what parent and worker did: allocations, filters of system calls."""
        path = self.path("counts")
        with open(path, "wb") as file:
            file.write(bytes(32))
        self.fresh()
        done = self.hurt("fail_memory", FAIL_COUNTS=path, **environment)
        with open(path, "rb") as file:
            numbers = struct.unpack("QQQQ", file.read())
        return done, dict(zip(("parent", "worker"), numbers)), numbers[2:]

    def sweep(self, who, **more):
        done, counts, filters = self.counted(FAIL_AT=0)
        self.assertEqual(done.returncode, 0, done.stderr)
        count = counts[who]
        self.assertGreater(count, 100)
        seen = {}
        for number in range(1, count + 1, STRIDE):
            done, _, in_force = self.counted(FAIL_WHO=who, FAIL_AT=number, **more)
            where = f"allocation {number} of the {who}"
            quarantined = self.judge(done.returncode, done.stderr, where)
            if done.returncode == 0 and not quarantined:
                self.assertEqual(in_force, filters, f"{where}: read without a sandbox")
            outcome = done.returncode, "quarantined" if quarantined else "stored"
            seen[outcome] = seen.get(outcome, 0) + 1
        print(f"{who}: {count} allocations; status, mail in the end: runs: {seen}", flush=True)
        return seen

    def test_one_allocation_of_the_parent_is_refused(self):
        seen = self.sweep("parent")
        self.assertIn((75, "stored"), seen)

    def test_all_allocations_of_the_parent_from_one_on_are_refused(self):
        seen = self.sweep("parent", FAIL_ON=1)
        self.assertIn((75, "stored"), seen)

    def test_one_allocation_of_the_worker_is_refused(self):
        seen = self.sweep("worker")
        self.assertIn((0, "quarantined"), seen)

    def test_all_allocations_of_the_worker_from_one_on_are_refused(self):
        seen = self.sweep("worker", FAIL_ON=1)
        self.assertEqual({status for status, _ in seen}, {0})


if __name__ == "__main__":
    main()
