"""Port 25 blocked on the way out is said, and not blamed on the domain (SPEC.md, findings)."""
import lab

lab.enter()

import subprocess, unittest

from servers import Lab, Smtp

HERE, FAR, NOBODY = "198.51.100.1", "203.0.113.1", "192.0.2.1"


class Blocked(Lab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls.leaf("good", ["mx.example.com"])

    def ip(self, *arguments):
        subprocess.run(["ip", *arguments], check=True, timeout=10)

    def have(self, kind, what):
        self.ip(kind, "add", what, "dev", "lo")
        self.addCleanup(self.ip, kind, "del", what, "dev", "lo")

    def statuses(self, *addresses, port=25):
        arguments = [part for address in addresses for part in ("--address", address)]
        found = self.probe("smtp", "mx.example.com", *arguments, "--port", str(port), "--judge", "1", seconds=1)
        self.entries = found[0]["smtp"]
        return [one["status"] for one in self.entries]

    def test_a_refusal_in_the_name_of_nobody_is_a_block(self):
        self.have("addr", HERE + "/32")
        self.have("addr", NOBODY + "/32")
        self.assertEqual(self.statuses(HERE), ["not-probed"])
        self.assertIn("blocked", self.entries[0]["detail"])

    def test_a_refusal_of_the_host_alone_is_its_own(self):
        self.have("addr", HERE + "/32")
        self.assertEqual(self.statuses(HERE), ["connect-error"])

    def test_where_nobody_ever_answers_the_port_is_blocked(self):
        # Packets to such an address leave by lo, come back, and are no one's.
        self.have("route", FAR + "/32")
        self.assertEqual(self.statuses(FAR, FAR), ["not-probed", "not-probed"])

    def test_another_port_is_not_judged(self):
        self.have("route", FAR + "/32")
        self.assertEqual(self.statuses(FAR, port=2525), ["timeout"])

    def test_one_host_that_answers_proves_the_port_open(self):
        self.have("addr", HERE + "/32")
        self.have("route", FAR + "/32")
        self.start(Smtp(self.good.context(), address=HERE, port=25))
        self.assertEqual(self.statuses(HERE, FAR), ["ok", "timeout"])

    def test_a_network_without_a_route_says_nothing_about_the_host(self):
        self.assertEqual(self.statuses("2001:db8::1"), ["not-probed"])
        self.assertIn("route", self.entries[0]["detail"])


if __name__ == "__main__":
    unittest.main()
