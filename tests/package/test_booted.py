"""The installed units, run by systemd itself with everything that they forbid."""
import atexit, pathlib, shutil, tempfile, unittest

from booted import Machine, install, need

SOURCE = pathlib.Path(__file__).parents[2]
MAILDIR, IN_HOME = "/var/lib/tlsrpt/Maildir", "/home/reports/Maildir"
# A sendmail as Postfix has it: only the group that it gains may write to the queue.
SENDMAIL = "#!/bin/sh\nexec /usr/lib/queue-a-mail of=/var/spool/queue/mail 2>/dev/null\n"


def instance(maildir):
    return f"tlsrpt-ingest@{maildir[1:].replace('/', '-')}"


class Booted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = pathlib.Path(tempfile.mkdtemp(prefix="tlsrpt-stage-"))
        atexit.register(shutil.rmtree, cls.stage, True)
        install(cls.stage)
        cls.machine = Machine(cls.stage)
        cls.addClassCleanup(cls.machine.stop)
        run, write = cls.machine.run, cls.machine.write
        write("/etc/tlsrpt/tlsrpt.conf",
              "[tlsrpt]\nmail-to = postmaster@example.net\nretention = 400d\n[domain example.com]\n")
        for maildir in (MAILDIR, IN_HOME):
            run("mkdir", "-p", maildir + "/new", maildir + "/cur", maildir + "/tmp")
            run("chown", "-R", "tlsrpt:", maildir)
        run("chmod", "700", "/home/reports")
        write("/usr/sbin/sendmail", SENDMAIL)
        run("sh", "-c", "groupadd -f queuers && install -d -g queuers -m 0730 /var/spool/queue && "
            "install -g queuers -m 2755 /bin/dd /usr/lib/queue-a-mail && chmod 755 /usr/sbin/sendmail")
        run("systemctl", "daemon-reload")

    def tlsrpt(self, *arguments):
        return self.machine.run("runuser", "-u", "tlsrpt", "--", "env", "XDG_STATE_HOME=/var/lib", "tlsrpt", *arguments).stdout

    def succeed(self, unit):
        done = self.machine.run("systemctl", "start", unit, check=False)
        self.assertEqual(done.returncode, 0, self.journal(unit))

    def journal(self, unit):
        return self.machine.run("journalctl", "--no-pager", "-o", "cat", "-u", unit).stdout

    def instead(self, service, *lines):
        """A drop-in for SERVICE, for this test."""
        self.machine.instead(service, *lines)
        self.addCleanup(self.machine.as_it_was, service)

    def arrive(self, maildir, name):
        source = next((SOURCE / "fixtures/maildir").glob(f"*/{name}*"))
        self.machine.run("install", "-o", "tlsrpt", "/srv/fixtures/maildir/" + str(source.relative_to(SOURCE / "fixtures/maildir")),
                         f"{maildir}/tmp/{name}")
        self.machine.run("mv", f"{maildir}/tmp/{name}", f"{maildir}/new/{name}")

    def files(self, folder):
        return self.machine.run("ls", folder).stdout.split()

    def fill(self):
        self.tlsrpt("ingest", "-q", "/srv/fixtures/maildir")
        self.tlsrpt("observe", "-q", "--import", "/srv/fixtures/observations/march.ndjson")

    def test_the_account_has_its_folder_and_others_have_not(self):
        self.assertEqual(self.machine.run("stat", "-c", "%U:%G %a", "/var/lib/tlsrpt").stdout, "tlsrpt:tlsrpt 750\n")
        self.assertIn("/nologin", self.machine.run("getent", "passwd", "tlsrpt").stdout)

    def test_a_mail_that_arrives_is_read(self):
        for maildir, name in ((MAILDIR, "1772500000"), (IN_HOME, "1772560000")):
            with self.subTest(maildir):
                self.machine.run("systemctl", "start", instance(maildir) + ".path", instance(maildir) + ".timer")
                self.arrive(maildir, name)
                read = self.machine.wait_for(lambda: f"{name}:2,S" in self.files(maildir + "/cur"), 30)
                self.assertTrue(read, self.journal(instance(maildir)))
                self.machine.run("systemctl", "stop", instance(maildir) + ".path", instance(maildir) + ".timer")
        self.assertEqual(self.machine.run("stat", "-c", "%U:%G %a", "/var/lib/tlsrpt/tlsrpt.db").stdout,
                         "tlsrpt:tlsrpt 640\n")

    def test_what_reads_mails_is_shut_in_there_too(self):
        loud = "ExecStart=/usr/bin/tlsrpt ingest -v --mark-seen %f"
        self.instead("tlsrpt-ingest@.service", "ExecStart=", loud)
        self.arrive(MAILDIR, "1772620000")
        self.succeed(instance(MAILDIR))
        said = self.journal(instance(MAILDIR))
        self.assertRegex(said, "mails? read")
        self.assertNotIn("no Landlock", said)
        self.assertNotIn("no seccomp", said)
        # What is said where the filter lacks these calls: else the lines above could not fail.
        self.instead("tlsrpt-ingest@.service", "ExecStart=", loud, "SystemCallFilter=", "SystemCallFilter=@system-service")
        self.succeed(instance(MAILDIR))
        if self.machine.run("systemd-analyze", "syscall-filter", "@sandbox", check=False).returncode:
            self.assertIn("no Landlock", self.journal(instance(MAILDIR)))

    def test_somebody_is_told_by_a_sendmail_that_gains_a_group(self):
        self.fill()
        self.instead("tlsrpt-check.service", "ExecStart=",
                     'ExecStart=/usr/bin/tlsrpt --now 2026-03-16T12:00:00Z --offline check -q --notify "/usr/sbin/sendmail -t"')
        self.succeed("tlsrpt-check")
        mail = self.machine.run("cat", "/var/spool/queue/mail").stdout
        self.assertIn("To: postmaster@example.net", mail)

    def test_the_summary_is_mailed(self):
        self.fill()
        self.succeed("tlsrpt-summary")
        mail = self.machine.run("cat", "/var/spool/queue/mail").stdout
        self.assertRegex(mail, "(?m)^Subject: .*summary|^Subject: .*TLS")

    def test_gauges_are_written_for_others_to_read(self):
        self.fill()
        self.succeed("tlsrpt-metrics")
        nobody = self.machine.run("runuser", "-u", "nobody", "--", "cat", "/run/tlsrpt/tlsrpt.prom").stdout
        self.assertIn('tlsrpt_sessions{domain="example.com"', nobody)

    def test_what_is_old_is_removed(self):
        self.fill()
        self.succeed("tlsrpt-prune")
        self.assertIn("removed ", self.journal("tlsrpt-prune"))


if __name__ == "__main__":
    need()
    unittest.main(verbosity=2, warnings="ignore")
