"""Servers for the tests that need real ones. Each test runs in a network of its own with nothing but
loopback in it, so that no question ever leaves the machine."""
import os, shutil, socket, subprocess, sys, threading, time

TLSRPT_NET = os.path.abspath(os.environ.get("TLSRPT_NET", "build/dev/cli/net/tlsrpt-net"))
INSIDE = "TLSRPT_LAB"


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def need(*programs):
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for program in programs:
        if not shutil.which(program):
            skip(f"no {program} here")


def enter(required=True):
    """Starts this very test again in a network of its own; where that is not allowed, skips it if it is REQUIRED.
    Where it can be, its processes are its own too, so that no server outlives it."""
    if os.environ.get(INSIDE):
        return
    if not required and not (shutil.which("unshare") and shutil.which("ip")):
        return
    need("unshare", "ip")
    user = [] if os.geteuid() == 0 else ["-r"]
    up = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    for own in (["-n", "-p", "-f", "--kill-child", "--mount-proc"], ["-n"]):
        command = ["unshare", *user, *own, *up]
        if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(command[0], [*command, sys.executable, "-B", *sys.argv])
    if required:
        skip("no right to a network of its own")


def wait_until(true, what, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} does not start")
        time.sleep(0.05)


class Knot:
    """One knotd. ZONES maps names to the texts of their files; `addresses` it listens on, port 53."""

    def __init__(self, folder, addresses, zones):
        self.folder, self.addresses = folder, addresses
        os.makedirs(os.path.join(folder, "db"), exist_ok=True)
        for name, text in zones.items():
            with open(os.path.join(folder, name + ".zone"), "w", encoding="ascii") as file:
                file.write(text)
        self.config = os.path.join(folder, "knot.conf")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(self.configuration(zones))
        self.process = None

    def configuration(self, zones):
        lines = ["server:", f"    rundir: {self.folder}",
                 "    listen: [%s]" % ", ".join(f"{address}@53" for address in self.addresses),
                 "database:", f"    storage: {self.folder}/db",
                 "log:", "  - target: stderr", "    any: error",
                 "policy:", "  - id: lab", "    algorithm: ecdsap256sha256",
                 "    single-type-signing: on", "    nsec3: off", "    cds-cdnskey-publish: none",
                 "zone:"]
        for name in zones:
            lines += [f"  - domain: {name}", f"    storage: {self.folder}", f"    file: {name}.zone",
                      "    zonefile-load: whole", "    semantic-checks: off", "    journal-content: none",
                      "    dnssec-policy: lab"]
        return "\n".join(lines) + "\n"

    def start(self):
        self.process = subprocess.Popen(["knotd", "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=open(os.path.join(self.folder, "log"), "wb"))
        wait_until(self.answers, "knotd")

    def answers(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
                raise RuntimeError(log.read())
        return all(self.answers_at(address) for address in self.addresses)

    @staticmethod
    def answers_at(address):
        query = b"\0\1\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1"  # . SOA
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.2)
            try:
                asking.sendto(query, (address, 53))
                return bool(asking.recv(512))
            except OSError:
                return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)


def sign(folder, name, text, at=None):
    """The zone signed with a new key, as of time AT, and its DS record."""
    knot = Knot(folder, ["127.0.0.1"], {name: text})
    with open(knot.config, "r+", encoding="ascii") as file:
        config = file.read()
        file.seek(0)
        file.write(config.replace("    dnssec-policy", "    dnssec-signing: on\n    dnssec-policy"))
    out = os.path.join(folder, "signed")
    os.makedirs(out, exist_ok=True)
    when = ["-t", str(at)] if at else []
    subprocess.run(["keymgr", "-c", knot.config, name, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes",
                    "zsk=yes", *([f"created={at}", f"publish={at}", f"ready={at}", f"active={at}"] if at else [])],
                   check=True, capture_output=True)
    subprocess.run(["kzonesign", "-c", knot.config, "-o", out, *when, name], check=True, capture_output=True)
    record = subprocess.run(["keymgr", "-c", knot.config, name, "ds"], check=True, capture_output=True,
                            text=True).stdout.splitlines()[0]
    with open(os.path.join(out, name + ".zone"), encoding="ascii") as file:
        return file.read(), record


class Resolver:
    """A resolver that says what SAYS says: called with name and type, it returns None for silence, or a
    response code and, for code 0, the data of one record or nothing."""

    def __init__(self, address, says):
        self.says = says
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.socket.settimeout(0.1)
        self.stops = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.stops:
            try:
                query, peer = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            said = self.says(".".join(labels).lower(), int.from_bytes(query[at + 1:at + 3], "big"))
            if said:
                self.socket.sendto(self.answer(query, at + 5, *said), peer)

    @staticmethod
    def answer(query, end, code, data=b""):
        head = query[:2] + bytes([0x81, 0x80 | code]) + b"\0\1" + bytes([0, bool(data)]) + b"\0\0\0\0"
        record = b"\xc0\x0c" + query[end - 4:end] + b"\0\0\1\x2c" + len(data).to_bytes(2, "big") + data
        return head + query[12:end] + (record if data else b"")

    def stop(self):
        self.stops = True
        self.thread.join()
        self.socket.close()
