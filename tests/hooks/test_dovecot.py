"""Dovecot's delivery agent and both of the Sieve recipes: what cannot be stored is in INBOX."""
import os, subprocess

from hooks import ADDRESS, Lda, Troubles, lab, main, need, skip

need("sievec", "doveconf")
LDA = "/usr/lib/dovecot/dovecot-lda"
PLUGIN = "/usr/lib/dovecot/modules/sieve/lib90_sieve_extprograms_plugin.so"
if not os.access(LDA, os.X_OK) or not os.access(PLUGIN, os.R_OK):
    skip("no dovecot-lda with sieve_extprograms here")

CONFIG = """base_dir = {folder}/run
log_path = {folder}/home/log
mail_location = maildir:{inbox}
mail_home = {folder}/home
ssl = no
protocol lda {{
  mail_plugins = sieve
}}
"""


class Dovecot(Lda):
    falls_back = True
    script = None

    def setUp(self):
        super().setUp()
        for name in ("run", "sieve", "sieve-bin"):
            os.mkdir(self.path(name))
        self.write_recipe(self.path("sieve-bin", "tlsrpt-hook"), "dovecot/tlsrpt-hook", mode=0o755)
        settings = self.recipe("dovecot/dovecot.conf", {"/etc/dovecot": self.folder})
        with open(self.path("dovecot.conf"), "w") as file:
            file.write(CONFIG.format(folder=self.folder, inbox=self.inbox_path))
            file.write(settings)
        self.write_recipe(self.path("sieve", "tlsrpt.sieve"), f"dovecot/{self.script}.sieve",
                          mode=0o644)
        done = subprocess.run(["sievec", "-c", self.path("dovecot.conf"), self.path("sieve", "tlsrpt.sieve")],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def command(self):
        # For root, and with -d, it would ask the daemon who the user is.
        return [LDA, "-c", self.path("dovecot.conf"), "-f", "sender@example.com", "-a", ADDRESS]


class Pipe(Troubles, Dovecot):
    script = "pipe"


class Execute(Troubles, Dovecot):
    script = "execute"


if __name__ == "__main__":
    main()
