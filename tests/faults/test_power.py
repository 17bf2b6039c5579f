"""A power failure after each call: what was not synced may be on the disk, in part or not at all, in any
order. What was acknowledged is there all the same; what was not is there whole or not at all."""
import os, random, shutil, sqlite3

from faults import SOAK, FaultCase, main

SECTOR = 512
CHANCES = 40 if SOAK else 4  # random states of the disk after each call, beside all and nothing


class Call:
    def __init__(self, line):
        name, self.file, offset, *data = line.split()
        self.name, self.offset = name, int(offset)
        self.data = bytes.fromhex(data[0]) if data else b""


class Disk:
    """The files of a folder, as durable as the calls have made them. What is pending may be lost."""

    def __init__(self, files):
        self.files = {name: bytearray(data) for name, data in files.items()}
        self.pending = []

    def call(self, call):
        if call.name == "sync":
            self.settle(lambda one: self.of_folder(one) if call.file == "." else
                        one.file == call.file and not self.of_folder(one))
        elif call.name in ("write", "truncate", "create", "unlink"):
            self.pending.append(call)

    @staticmethod
    def of_folder(call):
        return call.name in ("create", "unlink")

    def settle(self, chosen):
        for call in [one for one in self.pending if chosen(one)]:
            self.apply(call, self.sectors(call))
        self.pending = [one for one in self.pending if not chosen(one)]

    @staticmethod
    def sectors(call):
        """The parts that a write reaches the disk in."""
        at, end = call.offset, call.offset + len(call.data)
        while at < end:
            upto = min(end, (at // SECTOR + 1) * SECTOR)
            yield at, call.data[at - call.offset:upto - call.offset]
            at = upto

    def apply(self, call, sectors):
        # A file without a name yet: its bytes are there, as soon as its name is.
        content = self.files.setdefault(call.file, bytearray())
        if call.name == "unlink":
            del self.files[call.file]
        elif call.name == "truncate":
            del content[call.offset:]
            content.extend(bytes(call.offset - len(content)))
        elif call.name == "write":
            for at, part in sectors:
                content.extend(bytes(max(0, at + len(part) - len(content))))
                content[at:at + len(part)] = part

    def after(self, keeps):
        """The files after a failure of power; KEEPS decides for each part that is not durable."""
        left = Disk(self.files)
        for call in self.pending:
            if call.name == "write":
                parts = [part for part in self.sectors(call) if keeps()]
                if parts:
                    left.apply(call, parts)
            elif keeps():
                left.apply(call, ())
        return left.files


class Power(FaultCase):
    def record(self):
        """The calls of one delivery, and the files before it."""
        log = self.path("log")
        self.fresh()
        with open(self.db, "rb") as file:
            before = {"t.db": file.read()}
        done = self.hurt("fail_disk", FAIL_UNDER=self.path("run"), FAIL_AT=0, FAIL_LOG=log)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log) as file:
            return [Call(line) for line in file], before

    def put(self, files):
        shutil.rmtree(self.path("run"))
        os.mkdir(self.path("run"))
        for name, data in files.items():
            with open(self.path("run", name), "wb") as file:
                file.write(data)

    def test_power_fails_after_each_call(self):
        calls, before = self.record()
        disk = Disk(before)
        chance = random.Random(4)
        states = lost = 0
        for number, call in enumerate(calls, 1):
            disk.call(call)
            acknowledged = number == len(calls)
            for keeps in [lambda: True, lambda: False] + [lambda: chance.random() < 0.5] * CHANCES:
                self.put(disk.after(keeps))
                where = f"after call {number} of {len(calls)} ({call.name} {call.file})"
                try:
                    found, quarantined = self.look(self.db)
                except (sqlite3.Error, AssertionError) as error:
                    self.fail(f"{where}: {error}")
                self.assertEqual(quarantined, 0, where)
                self.assertIn(found, (["r0", "r1"],) if acknowledged else (["r0"], ["r0", "r1"]), where)
                states += 1
                lost += found == ["r0"]
            # The program goes on from the last of these states.
            self.assertEqual(self.deliver(self.MAIL).returncode, 0, where)
            self.assertEqual(self.look(self.db), (["r0", "r1"], 0), where)
        print(f"{len(calls)} calls, {states} states of the disk, the report not yet there in {lost}", flush=True)
        self.assertGreater(lost, 0)


if __name__ == "__main__":
    main()
