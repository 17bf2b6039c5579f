"""The unit that fetches mailboxes does so with everything that it forbids, from a real IMAP server."""
import atexit, os, shutil, subprocess, tempfile, unittest

from booted import Machine, install, need, skip

HOST = "imap.example.test"
DOVECOT = f"""protocols = imap
listen = 127.0.0.1
base_dir = /run/dovecot-test
log_path = /run/dovecot-test.log
ssl = required
ssl_cert = </etc/tlsrpt/server.pem
ssl_key = </etc/tlsrpt/server.key
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home=/srv/imap
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
mail_access_groups = mail
"""
CONFIGURATION = f"""[tlsrpt]
[mailbox reports]
host = {HOST}
ca-file = /etc/tlsrpt/server.pem
user = reports
password-command = cat /etc/tlsrpt/reports.password
"""


class Fetch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stage = tempfile.mkdtemp(prefix="tlsrpt-stage-")
        atexit.register(shutil.rmtree, stage, True)
        install(stage)
        os.makedirs(f"{stage}/etc/tlsrpt")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
                        "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", f"{stage}/etc/tlsrpt/server.key",
                        "-out", f"{stage}/etc/tlsrpt/server.pem"], check=True, capture_output=True)
        cls.machine = Machine(stage)
        cls.addClassCleanup(cls.machine.stop)

    def test_the_mails_of_a_mailbox_become_reports(self):
        machine = self.machine
        machine.write("/etc/tlsrpt/tlsrpt.conf", CONFIGURATION)
        machine.write("/etc/tlsrpt/reports.password", "secret\n")
        machine.write("/etc/dovecot-test.conf", DOVECOT)
        machine.run("sh", "-ec", f"""ip link set lo up
            cp /etc/hosts /etc/hosts.new; echo 127.0.0.1 {HOST} >>/etc/hosts.new; mv /etc/hosts.new /etc/hosts
            chown tlsrpt /etc/tlsrpt/reports.password; chmod 400 /etc/tlsrpt/reports.password
            mkdir /srv/imap; cp -r /srv/fixtures/maildir /srv/imap/Maildir; chown -R mail:mail /srv/imap""")
        machine.run("systemd-run", "--unit=dovecot-test", "-p", "RuntimeDirectory=dovecot-test", "/usr/sbin/dovecot", "-F", "-c", "/etc/dovecot-test.conf")
        answers = machine.wait_for(lambda: machine.run("sh", "-c", "ss -ltn | grep -q :993", check=False).returncode == 0, 20)
        self.assertTrue(answers, machine.run("sh", "-c", "journalctl --no-pager -u dovecot-test; cat /run/dovecot-test.log", check=False).stdout)

        started = machine.run("systemctl", "start", "tlsrpt-fetch", check=False)
        said = machine.run("sh", "-c", "journalctl --no-pager -o cat -u tlsrpt-fetch; cat /run/dovecot-test.log").stdout
        self.assertEqual(started.returncode, 0, said)
        rows = machine.run("runuser", "-u", "tlsrpt", "--", "env", "XDG_STATE_HOME=/var/lib", "tlsrpt", "export").stdout
        self.assertGreater(rows.count('"kind":"policy"'), 20)


if __name__ == "__main__":
    need()
    for program in ("/usr/sbin/dovecot", "/usr/lib/dovecot/imap"):
        if not os.access(program, os.X_OK):
            skip(f"no {program} here")
    unittest.main(verbosity=2, warnings="ignore")
