#!/usr/bin/env python3
"""run.py [--mails N] [--reports N] [--runs N] [--folder FOLDER] TLSRPT: how fast, beside what else there is.

Prints a table for README.md: each line the least, the median and the most of several runs, in turn with what it
is measured against, and the ratio of the medians. What is measured against is a plain Python script that does the
same with the same mails, `ls -f`, and an empty program. Times are of the clock, which
others on the machine disturb; they disturb the processor time (all processes, user and system) less."""
import argparse, datetime, glob, os, shutil, sqlite3, statistics, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))


class Bench:
    def __init__(self, tlsrpt, folder, runs, reports):
        self.tlsrpt, self.folder, self.runs = os.path.abspath(tlsrpt), folder, runs
        round_of_domains = min(reports // 997, 335)  # generate.py: 28 days of each month
        self.now = (datetime.datetime(2026, 1 + round_of_domains // 28, 1 + round_of_domains % 28,
                                      tzinfo=datetime.timezone.utc) + datetime.timedelta(days=1))
        self.db = os.path.join(folder, "bench.db")
        print("| what | least | median | most | processor | ratio | of processor time |\n|---|---|---|---|---|---|---|",
              flush=True)

    def command(self, *words, db=None):
        return [self.tlsrpt, "--config", "/dev/null", "--offline", "--now", self.now.strftime("%Y-%m-%dT00:00:00Z"),
                "--db", db or self.db, *words]

    def generate(self, box, count, first=0):
        subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), box, str(count), str(first)], check=True)

    def in_turn(self, commands, before=lambda: None, runs=None):
        """For each command a list of (seconds, processor seconds)."""
        taken = [[] for _ in commands]
        for number in range(runs or self.runs):
            for at, command in enumerate(commands):
                before()
                taken[at].append(once(command, number))
        return taken

    def line(self, what, taken, against=None, faster=False, note=""):
        clock, used = ([each[at] for each in taken] for at in (0, 1))
        ratios = ["", ""]
        for at in (0, 1) if against else ():
            ours, theirs = (statistics.median(each[at] for each in side) for side in (taken, against))
            ratios[at] = f"{theirs / ours if faster else ours / theirs:.1f}{note}"
        words = [in_words(value) for value in (min(clock), statistics.median(clock), max(clock), statistics.median(used))]
        print(f"| {' | '.join([what, *words, *ratios])} |", flush=True)

    def fact(self, what, value):
        print(f"| {what} | | {value} | | | | |", flush=True)


def in_words(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms" if seconds >= 0.03 else f"{seconds * 1000:.1f} ms"


def once(command, number=0):
    """Seconds and processor seconds of COMMAND, whose last word may be a file for its standard input."""
    words = command(number) if callable(command) else command
    source = "/dev/null"
    if words[-1].startswith("<"):
        source, words = words[-1][1:], words[:-1]
    actions = [(os.POSIX_SPAWN_OPEN, 0, source, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
               (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
    start = time.perf_counter()
    child = os.posix_spawnp(words[0], words, os.environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1, 2, 3):  # check answers by its status
        sys.exit(f"{' '.join(words)}: status {os.waitstatus_to_exitcode(status)}")
    return seconds, used.ru_utime + used.ru_stime


def peak_of_all(command):
    """MiB: what all processes of COMMAND take at once at most, shared pages once. An untimed run."""
    child, peak = subprocess.Popen(command, stdout=subprocess.DEVNULL), 0
    while child.poll() is None:
        total = 0
        for process in [str(child.pid)] + children_of(child.pid):
            try:
                with open(f"/proc/{process}/smaps_rollup") as file:
                    total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            except (OSError, StopIteration):
                pass
        peak = max(peak, total)
        time.sleep(0.01)
    return peak / 1024


def children_of(process):
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return file.read().split()
    except OSError:
        return []


def remove(path):
    for each in (path, path + "-journal"):
        if os.path.exists(each):
            os.unlink(each)


def bulk(bench, mails):
    box, peer_db = os.path.join(bench.folder, "box"), os.path.join(bench.folder, "peer.db")
    bench.generate(box, mails)
    python = [sys.executable, os.path.join(HERE, "peer.py"), box, peer_db]
    ours = bench.command("ingest", "-q", box)
    taken = bench.in_turn([python, ours], lambda: (remove(peer_db), remove(bench.db)))
    bench.line(f"{mails} mails by the Python script", taken[0])
    bench.line(f"{mails} mails by tlsrpt", taken[1], against=taken[0], faster=True, note=" times as fast")
    taken = bench.in_turn([["ls", "-f", os.path.join(box, "new")], bench.command("ingest", "-q", box)])
    bench.line(f"ls -f of {mails} files", taken[0])
    bench.line(f"looking again at {mails} files", taken[1], against=taken[0])
    remove(bench.db)
    bench.fact("memory of all processes meanwhile", f"{peak_of_all(ours):.0f} MiB")
    return box


def deliveries(bench, box, count):
    mails = sorted(glob.glob(os.path.join(box, "new", "*")))[:count + 50]
    db = os.path.join(bench.folder, "delivery.db")
    empty = os.path.join(bench.folder, "empty")
    with open(empty + ".c", "w") as file:
        file.write("int main(void)\n{\n    return 0;\n}\n")
    subprocess.run(["cc", "-O2", "-o", empty, empty + ".c"], check=True)
    deliver = lambda number: bench.command("ingest", "<" + mails[number], db=db)
    taken = bench.in_turn([[empty], deliver], runs=len(mails) - 50)
    tenth = max(len(taken[1]) // 10, 1)
    bench.line("an empty program", taken[0])
    bench.line("one delivery", taken[1], against=taken[0])
    bench.line(f"the last {tenth} of {len(taken[1])} deliveries", taken[1][-tenth:], against=taken[1][:tenth],
               note=" of the first")
    failed, lock = [], threading.Lock()

    def one(mail):
        with open(mail, "rb") as file:
            status = subprocess.run(bench.command("ingest", db=db), stdin=file).returncode
        with lock:
            failed.extend([mail] if status else [])
    threads = [threading.Thread(target=one, args=(mail,)) for mail in mails[-50:]]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite3.connect(db) as database:
        stored = database.execute("SELECT count(*) FROM report").fetchone()[0]
    bench.fact("50 deliveries at once", f"{time.perf_counter() - start:.2f} s, {len(failed)} failed, "
               f"{len(mails) - stored} lost")


def fill(bench, reports):
    """A database of REPORTS, in parts; what a part of 10,000 takes at first and at last."""
    remove(bench.db)
    part, early, done = 10000, None, 0
    while done < reports:
        box = os.path.join(bench.folder, f"part{done}")
        measured = done == part or done + part >= reports
        count = part if done <= part or measured else min(90000, reports - part - done)
        bench.generate(box, count, done)
        seconds = once(bench.command("ingest", "-q", box))
        shutil.rmtree(box)
        if done == part:
            early = seconds
        done += count
    bench.line("10,000 mails into 10,000", [early])
    bench.line(f"10,000 mails into {reports - part:,}", [seconds], against=[early])
    bench.fact("the database", f"{os.path.getsize(bench.db) / reports:.0f} bytes a report")


SUMMARY = """SELECT domain.text, sums.successful, sums.failed FROM
    (SELECT attribution, sum(successful) AS successful, sum(failed) AS failed FROM policy
     WHERE counted = 1 AND begin_at >= ? GROUP BY attribution) sums
    JOIN attribution a ON a.id = sums.attribution JOIN text domain ON domain.id = a.domain"""


def questions(bench):
    with sqlite3.connect(f"file:{bench.db}?mode=ro", uri=True) as database:
        taken = []
        for _ in range(bench.runs):
            start, used = time.perf_counter(), time.process_time()
            database.execute(SUMMARY, (bench.now.timestamp() - 30 * 86400,)).fetchall()
            taken.append((time.perf_counter() - start, time.process_time() - used))
    bench.line("sums of 30 days by domain, in SQL", taken)
    for words in (["check", "d1.example"], ["check"], ["analyze", "--format", "json"], ["summary", "--format", "json"]):
        taken = bench.in_turn([bench.command(*words)])[0]
        bench.line(f"`tlsrpt {' '.join(words)}`", taken)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("tlsrpt")
    words.add_argument("--mails", type=int, default=100000)
    words.add_argument("--reports", type=int, default=1000000)
    words.add_argument("--deliveries", type=int, default=5000)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--folder", help="where there is room for the mails; default: of the system")
    options = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="tlsrpt-bench-", dir=options.folder) as folder:
        reports = max(options.reports, 30000)
        bench = Bench(options.tlsrpt, folder, options.runs, reports)
        box = bulk(bench, options.mails)
        deliveries(bench, box, min(options.deliveries, options.mails - 50))
        shutil.rmtree(box)
        fill(bench, reports)
        questions(bench)
    print(f"\n{options.runs} runs in turn, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at the end")


main()
