"""The units are well-formed, lead to programs that are there, and forbid what they can."""
import os, pathlib, re, shutil, subprocess, sys, tempfile, unittest

SOURCE = pathlib.Path(__file__).parents[2]
TLSRPT = pathlib.Path(os.environ["TLSRPT"])
# The most that `systemd-analyze security` of Debian 12 may say, from 0 (nothing is open) to 10.
EXPOSURE = {"ingest@": 0.5, "prune": 0.5, "metrics": 0.5, "observe": 1.4, "fetch": 1.4, "check": 6.5, "summary": 6.5}


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tlsrpt-units-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run(["cmake", "-D", f"BINDIR={TLSRPT.parent}", "-D", f"OUT={cls.folder}", "-P",
                        SOURCE / "contrib/systemd/units.cmake"], check=True)
        cls.units = sorted(cls.folder.iterdir())

    def named(self, kind):
        return {path.stem.removeprefix("tlsrpt-"): path for path in self.units if path.suffix == kind}

    def test_nothing_is_left_to_fill_in(self):
        for path in self.units:
            self.assertNotRegex(path.read_text(), r"@[a-z-]+@", path.name)

    def test_systemd_takes_each(self):
        status, said = analyze("verify", "--man=no", *self.units)
        # What the machine lacks, as a network to wait for, is not the units' fault.
        self.assertEqual([line for line in said.splitlines() if "tlsrpt" in line], [])

    def test_each_service_is_started_by_a_timer(self):
        self.assertEqual(set(self.named(".service")), set(self.named(".timer")))
        self.assertEqual(set(self.named(".service")), set(EXPOSURE))

    def test_each_runs_a_command_with_options_that_are_there(self):
        for name, path in self.named(".service").items():
            command = re.search(r"tlsrpt ([a-z]+)([^|)\n]*)", re.search("(?m)^ExecStart=(.*)", path.read_text())[1])
            usage = subprocess.run([TLSRPT, "help", command[1]], capture_output=True, text=True)
            with self.subTest(name):
                self.assertEqual(usage.returncode, 0, usage.stderr)
                for option in re.findall(r"--[a-z-]+", command[2]):
                    self.assertIn(option + " ", usage.stdout.replace("\n", " "))

    def test_no_more_is_open_than_has_to_be(self):
        for name, path in self.named(".service").items():
            with self.subTest(name):
                status, said = analyze("security", "--offline=yes", "--no-pager", path)
                self.assertLessEqual(float(re.search(r"exposure level.*?([0-9]+\.[0-9])", said)[1]), EXPOSURE[name], said)

    def test_only_what_has_to_has_the_network(self):
        closed = {name for name, path in self.named(".service").items() if "\nPrivateNetwork=yes\n" in path.read_text()}
        self.assertEqual(closed, {"ingest@", "metrics", "prune"})

    def test_account_and_folder(self):
        for tool, file in (("systemd-sysusers", "sysusers.conf"), ("systemd-tmpfiles", "tmpfiles.conf")):
            if not shutil.which(tool):
                continue
            with tempfile.TemporaryDirectory(prefix="tlsrpt-root-") as root, self.subTest(tool):
                for name in ("etc", "var/lib"):
                    os.makedirs(os.path.join(root, name))
                if tool == "systemd-tmpfiles":
                    pathlib.Path(root, "etc/passwd").write_text(f"tlsrpt:x:{os.getuid()}:{os.getgid()}::/:/bin/sh\n")
                    pathlib.Path(root, "etc/group").write_text(f"tlsrpt:x:{os.getgid()}:\n")
                mode = ["--create"] if tool == "systemd-tmpfiles" else []
                done = subprocess.run([tool, f"--root={root}", *mode, SOURCE / "contrib/systemd" / file],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                if mode:
                    self.assertEqual(os.stat(os.path.join(root, "var/lib/tlsrpt")).st_mode & 0o777, 0o750)
                else:
                    self.assertRegex(pathlib.Path(root, "etc/passwd").read_text(), "(?m)^tlsrpt:.*:/var/lib/tlsrpt:.*nologin$")

    def test_cron_lines_have_a_time_an_account_and_a_command(self):
        lines = [line for line in (SOURCE / "contrib/cron/tlsrpt").read_text().splitlines() if line.startswith(("*", "0", "1", "4"))]
        commands = [re.fullmatch(r"(?:[0-9*/]+ ){5} *tlsrpt  tlsrpt ([a-z]+)( .*)?", line) for line in lines]
        self.assertTrue(all(commands), lines)
        self.assertEqual({command[1] for command in commands}, {name.rstrip("@") for name in EXPOSURE} - {"metrics"})

    def test_the_example_of_a_configuration_is_right(self):
        text = (SOURCE / "contrib/tlsrpt.conf").read_text()
        # With everything on that is commented out: `# key = value` and `# [section]`.
        every = re.sub(r"(?m)^# (?=\[|[a-z-]+ = )", "", text)
        self.assertGreaterEqual(every.count("\n["), 3)
        for written in (text, every):
            with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(written)
                file.flush()
                done = subprocess.run([TLSRPT, "config", "check", "--config", file.name], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("skipped: no systemd-analyze here")
        sys.exit(77)
    unittest.main(verbosity=2)
