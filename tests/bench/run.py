#!/usr/bin/env python3
"""run.py TLSRPT [MAILS [RUNS]]: a Maildir into an empty database, beside a plain Python script that does the
same with the same files, in turn. Prints seconds, mails a second, peak memory, and the ratio."""
import os, statistics, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))


def timed(command):
    """Seconds, and the peak memory in MiB of the largest process."""
    script = ("import resource,subprocess,sys,time\n"
              "start=time.monotonic()\n"
              "subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL)\n"
              "print(time.monotonic()-start,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024)")
    out = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True).stdout
    return [float(word) for word in out.split()]


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    tlsrpt = os.path.abspath(sys.argv[1])
    mails = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory(prefix="tlsrpt-bench-") as folder:
        box, db = os.path.join(folder, "box"), os.path.join(folder, "db")
        subprocess.run([sys.executable, os.path.join(here, "generate.py"), box, str(mails)], check=True)
        commands = {
            "python": [sys.executable, os.path.join(here, "peer.py"), box, db],
            "tlsrpt": [tlsrpt, "--config", "/dev/null", "--db", db, "ingest", "-q", box],
            "tlsrpt again": [tlsrpt, "--config", "/dev/null", "--db", db, "ingest", "-q", box],
        }
        taken = {name: [] for name in commands}
        size = 0
        for _ in range(runs):
            for name, command in commands.items():
                if name != "tlsrpt again" and os.path.exists(db):
                    os.unlink(db)
                taken[name].append(timed(command))
            size = os.path.getsize(db)
        print(f"{mails} mails, {runs} runs in turn, {os.cpu_count()} cores; the database has {size / mails:.0f} bytes a report")
        print(f"{'':14}{'min s':>9}{'median s':>10}{'max s':>9}{'mails/s':>10}{'MiB':>7}")
        medians = {}
        for name, results in taken.items():
            seconds = [result[0] for result in results]
            medians[name] = statistics.median(seconds)
            print(f"{name:14}{min(seconds):9.3f}{medians[name]:10.3f}{max(seconds):9.3f}"
                  f"{mails / medians[name]:10.0f}{max(result[1] for result in results):7.0f}")
        print(f"tlsrpt is {medians['python'] / medians['tlsrpt']:.1f} times as fast as the script")


main()
