#!/usr/bin/env python3
"""fetch.py TLSRPT [MAILS [RUNS [alone]]]: a mailbox of a Dovecot on loopback into an empty database, beside mbsync into an
empty Maildir, in turn, from the same mailbox; `alone` is without mbsync. Prints seconds, mails a second and the peak
memory of each program."""
import os, shutil, statistics, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, os.pardir, "lab")]

from imap import Dovecot
from servers import Certificate

HOST = "localhost"


def below(pid):
    """The processes below PID."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            for child in map(int, file.read().split()):
                found += [child, *below(child)]
    except OSError:
        pass
    return found


def peaks(pids, most):
    """Notes in MOST, by name, the peak MiB of each process so far."""
    for pid in pids:
        try:
            with open(f"/proc/{pid}/comm") as comm, open(f"/proc/{pid}/status") as status:
                name = comm.read().strip()
                peak = next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0)
                most[name] = max(most.get(name, 0), peak)
        except OSError:
            pass


def timed(command, env):
    """Seconds, and the peaks by the names of the programs."""
    start, most = time.monotonic(), {}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    while process.poll() is None:
        peaks([process.pid, *below(process.pid)], most)
        time.sleep(0.01)
    seconds = time.monotonic() - start
    if process.returncode:
        sys.exit(f"{command[0]}: status {process.returncode}: {process.stderr.read().decode()}")
    return seconds, most


def recipe(folder, server, root):
    """That of contrib/imap for this server."""
    with open(os.path.join(here, os.pardir, os.pardir, "contrib", "imap", "mbsyncrc"), encoding="utf-8") as file:
        text = file.read()
    for old, new in (("imap.example.com", f"{HOST}\nPort {server.implicit}"), ("reports@example.com", "reports"),
                     ("/etc/tlsrpt/imap-password", folder + "/secret"), ("/var/lib/tlsrpt/mail/INBOX", folder + "/copy"),
                     ("/etc/ssl/certs/ca-certificates.crt", root.file)):
        text = text.replace(old, new)
    return text


def set_up(folder, mails):
    """A server with the mails; returns it and what the programs need to know."""
    root = Certificate(folder, "root", authority=True, end=900)
    server = Dovecot(os.path.join(folder, "dovecot"), Certificate(folder, HOST, issuer=root, names=[HOST]))
    server.start()
    account = server.user("reports")
    shutil.rmtree(account.maildir())
    subprocess.run([sys.executable, os.path.join(here, "generate.py"), account.maildir(), str(mails)], check=True)
    server.give(account.maildir())
    files = {
        "secret": account.password + "\n",
        "tlsrpt.conf": f"[tlsrpt]\n[mailbox reports]\nhost = {HOST}\nport = {server.implicit}\nca-file = {root.file}\n"
                       f"user = reports\npassword-command = cat {folder}/secret\n",
        "mbsyncrc": recipe(folder, server, root),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return server


def main():
    if not 2 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    tlsrpt = os.path.abspath(sys.argv[1])
    mails = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory(prefix="tlsrpt-bench-") as folder:
        server = set_up(folder, mails)
        try:
            compare(tlsrpt, folder, mails, runs, alone=len(sys.argv) > 4)
        finally:
            server.close()


def compare(tlsrpt, folder, mails, runs, alone):
    db, copy = os.path.join(folder, "db"), os.path.join(folder, "copy")
    env = {name: value for name, value in os.environ.items() if name not in ("TLSRPT_NET", "TLSRPT_DB")}
    program = [tlsrpt, "--config", os.path.join(folder, "tlsrpt.conf"), "--db", db]
    commands = {
        "mbsync": ["mbsync", "-q", "-c", os.path.join(folder, "mbsyncrc"), "reports"],
        "ingest of that": [*program, "ingest", "-q", copy],
        "tlsrpt fetch": [*program, "fetch", "-q", "reports"],
        "tlsrpt fetch again": [*program, "fetch", "-q", "reports"],
    }
    if alone or not shutil.which("mbsync"):
        del commands["mbsync"], commands["ingest of that"]
    # The first to ask for the sizes waits for the server, which then has them: that is nobody's rate.
    subprocess.run([*program, "fetch", "-q", "--dry-run", "reports"], check=True, stdout=subprocess.DEVNULL, env=env)
    taken = {name: [] for name in commands}
    for _ in range(runs):
        shutil.rmtree(copy, True)
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(copy, part))
        for name, command in commands.items():
            if name in ("ingest of that", "tlsrpt fetch"):
                for end in ("", "-wal", "-shm"):
                    if os.path.exists(db + end):
                        os.unlink(db + end)
            taken[name].append(timed(command, env))
    print(f"{mails} mails, {runs} runs in turn, {os.cpu_count()} cores")
    print(f"{'':20}{'min s':>9}{'median s':>10}{'mails/s':>10}  peak MiB")
    for name, results in taken.items():
        seconds = [result[0] for result in results]
        memory = {}
        for _, most in results:
            for program_name, peak in most.items():
                memory[program_name] = max(memory.get(program_name, 0), peak)
        print(f"{name:20}{min(seconds):9.2f}{statistics.median(seconds):10.2f}{mails / statistics.median(seconds):10.0f}  "
              + ", ".join(f"{one} {peak:.1f}" for one, peak in sorted(memory.items()) if one not in ("sh", "cat", "python3")))


main()
