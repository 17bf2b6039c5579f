"""Postfix with both of its recipes: a transport that pipes to the program, and an alias."""
import os, shutil, subprocess

from hooks import ADDRESS, Mta, Troubles, find_port, main, need, skip, wait_until

if os.geteuid():
    skip("only root can start Postfix")
need("postfix", "postmap", "postalias")

# An instance beside the one of the machine, if there is any: nothing in common with it, and no word to the network.
MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.com
mydestination = example.com
default_transport = error:5.1.1 nothing leaves this machine
relay_transport = $default_transport
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_recipient_restrictions = permit_mynetworks, reject
local_recipient_maps = $alias_maps
alias_maps = hash:{folder}/etc/aliases
alias_database =
"""
MASTER = """{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
# The sender has a mailbox, for what might bounce.
ALIASES = """someone: "{inbox}/"
sender: "{folder}/bounces/"
"""


class Postfix(Mta):
    def setUp(self):
        super().setUp()
        self.port, self.etc, self.spool = find_port(), self.path("etc"), self.path("spool")
        for name in ("etc", "spool", "data", "bounces", "bounces/new", "bounces/cur", "bounces/tmp"):
            os.mkdir(self.path(name))
            if name.startswith("bounces"):
                self.own(self.path(name))
        shutil.chown(self.path("data"), "postfix")
        self.write("aliases", ALIASES.format(folder=self.folder, inbox=self.inbox_path))
        self.write("main.cf", MAIN.format(folder=self.folder))
        self.write("master.cf", MASTER.format(port=self.port))
        self.hook()
        self.run_postfix("postalias", f"hash:{self.etc}/aliases")
        self.run_postfix("postfix", "start")
        self.addCleanup(self.run_postfix, "postfix", "stop")

    def hook(self):
        """Adds what the recipe says to the configuration."""
        raise NotImplementedError

    def write(self, name, text, mode="w"):
        with open(os.path.join(self.etc, name), mode) as file:
            file.write(text)

    def run_postfix(self, program, *arguments):
        done = subprocess.run([program, "-c", self.etc, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)

    def count(self, *queues):
        return sum(len(names) for queue in queues for _, _, names in os.walk(os.path.join(self.spool, queue)))

    def settle(self):
        wait_until(lambda: not self.count("incoming", "active", "maildrop"), "a quiet Postfix", 120)

    def queued(self):
        return self.count("deferred", "hold", "corrupt")

    def bounced(self):
        with open(self.path("log")) as file:
            said = [line for line in file if "status=bounced" in line or "non-delivery" in line]
        return said + os.listdir(self.path("bounces", "new"))

    def requeue(self):
        self.run_postfix("postqueue", "-f")
        wait_until(lambda: not self.count("deferred"), "the queue", 60)


class Pipe(Troubles, Postfix):
    def hook(self):
        self.write("main.cf", self.recipe("postfix-pipe/main.cf", {"/etc/postfix": self.etc}), "a")
        self.write("master.cf", self.recipe("postfix-pipe/master.cf", {"user=tlsrpt": f"user={self.user}"}), "a")
        self.write("transport", self.recipe("postfix-pipe/transport"))
        self.run_postfix("postmap", f"hash:{self.etc}/transport")
        # The address must exist, as the recipe says.
        self.write("aliases", "tlsrpt: sender\n", "a")


class Alias(Troubles, Postfix):
    def hook(self):
        own = self.path("own")
        os.mkdir(own)
        self.write("main.cf", self.recipe("postfix-alias/main.cf", {"/etc/aliases": f"{self.etc}/aliases", 
                                                                    "/var/lib/tlsrpt/aliases": f"{own}/aliases"}), "a")
        with open(f"{own}/aliases", "w") as file:
            file.write(self.recipe("postfix-alias/aliases"))
        self.own(own, f"{own}/aliases")
        self.run_postfix("postalias", f"hash:{own}/aliases")


if __name__ == "__main__":
    main()
