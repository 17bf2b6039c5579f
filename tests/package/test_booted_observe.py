"""The unit that observes sees what the command sees: nothing that it forbids is needed. Against the lab's
signed zone, policy host and MX, under a systemd of the test's own."""
import atexit, pathlib, shutil, sys, tempfile, unittest

from booted import Machine, install, need

need()
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))
import json

import test_observe
from test_observe import DOMAIN


class Booted(test_observe.Observe):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stage = tempfile.mkdtemp(prefix="tlsrpt-stage-")
        atexit.register(shutil.rmtree, stage, True)
        install(stage)
        cls.machine = Machine(stage, own_network=False)
        cls.addClassCleanup(cls.machine.stop)

    def test_the_unit_sees_what_the_command_sees(self):
        machine = self.machine
        # The configuration of the lab, where the account can read it.
        files = {"trust-anchor": "/etc/tlsrpt/anchor", "policy-ca": "/etc/tlsrpt/root.pem"}
        lines = pathlib.Path(self.config).read_text().splitlines()
        for number, line in enumerate(lines):
            key, _, value = line.partition(" = ")
            if key in files:
                machine.write(files[key], pathlib.Path(value).read_text())
                lines[number] = f"{key} = {files[key]}"
        machine.write("/etc/tlsrpt/tlsrpt.conf", "\n".join(lines))

        started = machine.run("systemctl", "start", "tlsrpt-observe", check=False)
        journal = machine.run("journalctl", "--no-pager", "-o", "cat", "-u", "tlsrpt-observe").stdout
        self.assertEqual(started.returncode, 0, journal)
        audit = json.loads(machine.run("runuser", "-u", "tlsrpt", "--", "env", "XDG_STATE_HOME=/var/lib", "tlsrpt",
                                       "audit", "--offline", "--format", "json", DOMAIN).stdout)["domains"][0]
        self.assertEqual((audit["record"], audit["mta_sts_mode"]), (f"v=TLSRPTv1; rua=mailto:tlsrpt@{DOMAIN}", "enforce"))

        machine.instead("tlsrpt-observe.service", "ExecStart=", f"ExecStart=/usr/bin/tlsrpt observe --print {DOMAIN}",
                        "StandardOutput=file:/var/lib/tlsrpt/printed")
        machine.run("systemctl", "start", "tlsrpt-observe")
        in_unit = json.loads(machine.run("cat", "/var/lib/tlsrpt/printed").stdout)
        outside = self.observe("--print")
        self.assertEqual(outside["smtp"][0]["dane"], "match")
        for seen in (in_unit, outside):
            del seen["taken_at"]
        self.assertEqual(in_unit, outside)


if __name__ == "__main__":
    unittest.main(defaultTest="Booted.test_the_unit_sees_what_the_command_sees", verbosity=2, warnings="ignore")
