"""The Debian package, packed from what is built already: what is in it, and what it says of itself."""
import os, pathlib, re, shutil, subprocess, sys, tempfile, unittest

SOURCE = pathlib.Path(__file__).parents[2]
BUILT = pathlib.Path(os.environ.get("TLSRPT_RELEASE") or os.environ["TLSRPT"]).parents[1]
FILES = """
    etc/tlsrpt/tlsrpt.conf
    usr/bin/tlsrpt
    usr/libexec/tlsrpt/tlsrpt-net
    usr/lib/sysusers.d/tlsrpt.conf
    usr/lib/tmpfiles.d/tlsrpt.conf
    usr/lib/systemd/system/tlsrpt-ingest@.path
    usr/share/bash-completion/completions/tlsrpt
    usr/share/fish/vendor_completions.d/tlsrpt.fish
    usr/share/zsh/vendor-completions/_tlsrpt
    usr/share/doc/tlsrpt/README.md
    usr/share/doc/tlsrpt/changelog.Debian.gz
    usr/share/doc/tlsrpt/copyright
    usr/share/doc/tlsrpt/examples/cron
    usr/share/doc/tlsrpt/examples/monitoring/alerts.yml
    usr/share/doc/tlsrpt/examples/tlsrpt.conf
    usr/share/man/man1/tlsrpt.1.gz
    usr/share/man/man5/tlsrpt.conf.5.gz
    usr/share/man/man7/tlsrpt-diagnosis.7.gz
""".split()


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Deb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tlsrpt-deb-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run(["cpack", "--config", BUILT / "CPackConfig.cmake", "-B", cls.folder], check=True,
                       stdout=subprocess.DEVNULL)
        cls.package, = cls.folder.glob("*.deb")
        cls.unpacked = cls.folder / "unpacked"
        subprocess.run(["dpkg-deb", "-R", cls.package, cls.unpacked], check=True)
        cls.names = {str(path.relative_to(cls.unpacked)) for path in cls.unpacked.rglob("*")
                     if not path.is_dir() and "DEBIAN" not in path.parts}

    def control(self):
        return dict(re.findall(r"(?m)^(\S+): (.*(?:\n .*)*)", (self.unpacked / "DEBIAN/control").read_text()))

    def test_everything_has_its_place(self):
        self.assertEqual([name for name in FILES if name not in self.names], [])
        allowed = r"etc/tlsrpt/|usr/(bin|libexec/tlsrpt|lib/(systemd/system|sysusers\.d|tmpfiles\.d)|share/(doc/tlsrpt|man/man[157]|bash-completion/completions|zsh/vendor-completions|fish/vendor_completions\.d))/"
        self.assertEqual([name for name in self.names if not re.match(allowed, name)], [])

    def test_each_unit_and_each_page_is_there(self):
        units = {path.name.removesuffix(".in") for path in (SOURCE / "contrib/systemd").glob("*.in")}
        self.assertEqual(units, {pathlib.Path(name).name for name in self.names if "/systemd/system/" in name})
        pages = {path.name + ".gz" for path in (BUILT / "man/man1").iterdir()}
        self.assertEqual(pages, {pathlib.Path(name).name for name in self.names if "/man1/" in name})

    def test_units_name_the_program_where_it_is(self):
        for path in (self.unpacked / "usr/lib/systemd/system").glob("*.service"):
            self.assertRegex(path.read_text(), r"(?m)^ExecStart=.*/usr/bin/tlsrpt ", path.name)

    def test_files_belong_to_root_and_only_root_writes(self):
        for line in output("dpkg-deb", "-c", self.package).splitlines():
            mode, owner, name = line.split()[0], line.split()[1], line.split()[-1]
            programs = ("/usr/bin/tlsrpt", "/tlsrpt-net")
            expected = "-rwxr-xr-x" if name.endswith(programs) else "drwxr-xr-x" if name.endswith("/") else "-rw-r--r--"
            self.assertEqual((mode, owner), (expected, "root/root"), name)

    def test_the_control_file(self):
        control = self.control()
        version = output(os.environ["TLSRPT"], "--version").split()[1]
        self.assertEqual(control["Package"], "tlsrpt")
        self.assertEqual(control["Version"], version + "-1")
        self.assertEqual(control["Section"], "mail")
        self.assertRegex(control["Maintainer"], r".+ <.+@.+>$")
        self.assertRegex(control["Description"], r"^\S.*\n  ?\S")
        depends = re.findall(r"(?:^|, )([a-z0-9.+-]+)", control["Depends"])
        for name in ("libc6", "libcurl4", "libgmime-3.0-0", "libsqlite3-0", "libssl3", "libunbound8",
                     "dns-root-data", "ca-certificates", "systemd"):
            self.assertTrue([one for one in depends if one.startswith(name)], (name, depends))
        self.assertEqual((self.unpacked / "DEBIAN/conffiles").read_text(), "/etc/tlsrpt/tlsrpt.conf\n")

    def test_the_scripts_are_shell_and_start_nothing(self):
        for name in ("postinst", "prerm", "postrm"):
            script = self.unpacked / "DEBIAN" / name
            self.assertEqual(script.stat().st_mode & 0o777, 0o755)
            subprocess.run(["sh", "-n", script], check=True)
            self.assertNotRegex(script.read_text(), r"systemctl .*\b(enable|start|restart)\b")

    def test_it_names_nothing_of_the_machine_that_built_it(self):
        for path in self.unpacked.rglob("*"):
            if path.is_file() and not path.name.endswith(".gz") and "bin/tlsrpt" not in str(path) and path.name != "tlsrpt-net":
                self.assertNotIn(str(SOURCE), path.read_text(), path)


if __name__ == "__main__":
    for program in ("dpkg-deb", "dpkg-shlibdeps", "cpack", "file"):
        if not shutil.which(program):
            print(f"skipped: no {program} here")
            sys.exit(77)
    unittest.main(verbosity=2)
