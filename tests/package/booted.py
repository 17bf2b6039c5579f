"""A systemd that has booted on an overlay of this machine, in namespaces of its own."""
import os, pathlib, shutil, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).parent
RELEASE = os.environ.get("TLSRPT_RELEASE", "")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def cgroups():
    """Where the unified hierarchy is mounted."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, folder, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(folder)
    skip("no unified cgroups here")


def only_child(pid):
    for _ in range(100):
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise RuntimeError("nothing was started")


def need():
    """Skips the test where no systemd can be booted, or where there is only a program with sanitizers,
    which cannot run so shut in."""
    if os.geteuid() != 0:
        skip("only root can boot a systemd")
    if not os.access("/lib/systemd/systemd", os.X_OK) or not shutil.which("cmake"):
        skip("no systemd or no cmake here")
    if not RELEASE:
        skip("no release build was named (contrib/test does)")


def install(stage):
    """What `cmake --install` of the release puts into /usr, and the fixtures in /srv."""
    os.chmod(stage, 0o755)
    subprocess.run(["cmake", "--install", pathlib.Path(RELEASE).parents[1], "--prefix", "/usr"], check=True,
                   env=dict(os.environ, DESTDIR=str(stage)), stdout=subprocess.DEVNULL)
    shutil.copytree(HERE.parents[1] / "fixtures", pathlib.Path(stage, "srv/fixtures"))


class Machine:
    """Runs with the files of STAGE over those of this machine, until stop(); with a network of its own, or in
    that of the test."""

    def __init__(self, stage, own_network=True):
        self.log = tempfile.TemporaryFile()
        self.group = cgroups() / f"tlsrpt-test-{os.getpid()}"
        try:
            self.group.mkdir()
        except OSError as error:
            skip(f"no cgroup can be made: {error}")
        join = f"echo $$ >{self.group}/cgroup.procs && exec \"$@\""
        self.process = subprocess.Popen(
            ["sh", "-c", join, "sh", "unshare", "--fork", "--kill-child", "--pid", "--mount", "--uts", "--ipc",
             "--cgroup", *(["--net"] if own_network else []), HERE / "boot", stage],
            stdout=self.log, stderr=self.log, cwd="/")
        self.pid = only_child(self.process.pid)
        if not self.wait_for(lambda: self.run("systemctl", "is-active", "basic.target", check=False).stdout == "active\n"):
            self.log.seek(0)
            said = self.log.read().decode(errors="replace").strip()
            self.stop()
            skip(f"systemd does not boot here: {said[-300:]}")
        self.run("systemd-sysusers", "tlsrpt.conf")
        self.run("systemd-tmpfiles", "--create", "tlsrpt.conf")

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if condition():
                return True
            time.sleep(0.1)
        return False

    def run(self, *command, check=True, **more):
        done = subprocess.run(["nsenter", "-t", str(self.pid), "-a", *command], capture_output=True, text=True,
                              timeout=120, **more)
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def write(self, path, text):
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path, input=text)

    def instead(self, service, *lines):
        """A drop-in for SERVICE, in place of an earlier one."""
        self.write(f"/run/systemd/system/{service}.d/test.conf", "\n".join(["[Service]", *lines, ""]))
        self.run("systemctl", "daemon-reload")

    def as_it_was(self, service):
        self.run("rm", "-rf", f"/run/systemd/system/{service}.d")
        self.run("systemctl", "daemon-reload")

    def stop(self):
        self.process.kill()
        self.process.wait()
        for _ in range(100):
            try:
                for folder in sorted(self.group.rglob("*/"), reverse=True):
                    folder.rmdir()
                self.group.rmdir()
                return
            except OSError:
                time.sleep(0.1)
