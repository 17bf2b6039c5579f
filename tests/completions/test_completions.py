"""The completions, asked of the real shells: each offers what `tlsrpt help` tells of."""
import os, pathlib, pty, re, select, shutil, subprocess, sys, tempfile, time, unittest

HERE = pathlib.Path(__file__).parent
TLSRPT, BUILT = os.environ["TLSRPT"], pathlib.Path(os.environ["BUILT"])


def output(*command):
    return subprocess.run([TLSRPT, *command], check=True, capture_output=True, text=True).stdout


def commands():
    return [line[2:20].strip() for line in output("help").split("Commands:\n")[1].split("\n\n")[0].splitlines()]


def options(*command):
    """The options of a command with their choices, as its help shows them."""
    return dict(re.findall(r"^  (?:-\w, )?(--[a-z-]+) ?([a-z0-9|]*\|[a-z0-9|]*)?", output("help", *command), re.M))


class Shell:
    """Tests of a shell that offers what offers(WORDS) returns: the last of WORDS is to be completed."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tlsrpt-shell-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("one report.eml", "one.db", "other"):
            pathlib.Path(self.folder, name).touch()
        os.mkdir(os.path.join(self.folder, "only"))
        self.env = {"PATH": os.path.dirname(TLSRPT) + ":/usr/bin:/bin", "HOME": self.folder, "TERM": "dumb", "LANG": "C.UTF-8"}

    def test_the_first_word_is_a_command(self):
        self.assertEqual(self.offers(""), {name.split()[0] for name in commands()} | {"help"})
        self.assertEqual(self.offers("an"), {"analyze"})

    def test_a_second_word(self):
        for group in {name.split()[0] for name in commands() if " " in name}:
            expected = {name.split()[1] for name in commands() if name.startswith(group + " ")}
            self.assertEqual(self.offers(group, ""), expected)
            self.assertEqual(self.offers("--db", "x", group, ""), expected)
            self.assertEqual(self.offers("help", group, ""), expected)

    def test_help_takes_a_command(self):
        self.assertEqual(self.offers("help", "obs"), {"observe"})

    def test_every_option_of_every_command(self):
        for name in commands():
            with self.subTest(name):
                self.assertEqual(self.offers(*name.split(), "--"), set(options(*name.split())))

    def test_options_of_all_before_a_command(self):
        offered = self.offers("--")
        self.assertIn("--db", offered)
        self.assertNotIn("--format", offered)

    def test_a_choice(self):
        tried = 0
        for name in commands():
            for option, choice in options(*name.split()).items():
                if choice:
                    with self.subTest(name, option=option):
                        self.assertEqual(self.offers(*name.split(), option, ""), set(choice.split("|")))
                    tried += 1
        self.assertGreater(tried, 15)

    def test_a_choice_behind_an_equals_sign(self):
        self.assertEqual(self.offers_value("analyze", "--format=", "h"), {"html"})

    def test_a_file(self):
        self.assertEqual(self.offers("--db", "on"), {"one report.eml", "one.db", "only"})
        self.assertEqual(self.offers("ingest", "--config", "other"), {"other"})
        self.assertEqual(self.offers("explain", "on"), {"one report.eml", "one.db", "only"})

    def test_a_file_behind_a_letter(self):
        self.assertEqual(self.offers("export", "-o", "oth"), {"other"})
        self.assertEqual(self.offers("-q", "export", "-o", "x", "--format", "c"), {"csv"})

    def test_a_folder(self):
        self.assertEqual(self.offers("ingest", "--move-to", "o"), {"only"})

    def test_a_command(self):
        self.assertIn("sendmail-of-this-test", self.offers("check", "--notify", "sendmail-of-this"))

    def test_nothing_where_nothing_is_known(self):
        self.assertEqual(self.offers("prune", "--older-than", ""), set())
        self.assertEqual(self.offers("analyze", ""), set())

    def test_two_dashes_end_the_options(self):
        self.assertEqual(self.offers("ingest", "--", "oth"), {"other"})

    def test_the_value_of_an_option_is_no_command(self):
        self.assertEqual(self.offers("--now", "ingest", "an"), {"analyze"})


def with_command(env, folder):
    """Puts a command of its own into the PATH of ENV."""
    bin_folder = os.path.join(folder, ".bin")
    os.mkdir(bin_folder)
    path = os.path.join(bin_folder, "sendmail-of-this-test")
    pathlib.Path(path).write_text("#!/bin/sh\n")
    os.chmod(path, 0o755)
    env["PATH"] = bin_folder + ":" + env["PATH"]


class Bash(Shell, unittest.TestCase):
    def setUp(self):
        super().setUp()
        with_command(self.env, self.folder)

    def ask(self, words):
        script = 'source "$1"; shift; COMP_WORDS=(tlsrpt "$@"); COMP_CWORD=$#; _tlsrpt; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", BUILT / "tlsrpt.bash", *words],
                              capture_output=True, text=True, env=self.env, cwd=self.folder, timeout=30)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split("\n")) - {""}

    def offers(self, *words):
        return self.ask(words)

    def offers_value(self, *words):
        # To bash the sign is a word of its own.
        *before, option, value = words
        self.assertEqual(self.ask([*before, option[:-1], "="]), self.ask([*before, option[:-1], "=", ""]))
        return self.ask([*before, option[:-1], "=", value])

    def test_it_is_registered(self):
        done = subprocess.run(["bash", "--norc", "-c", f"source {BUILT}/tlsrpt.bash; complete -p tlsrpt"],
                              capture_output=True, text=True)
        self.assertEqual(done.stdout, "complete -F _tlsrpt tlsrpt\n")


class Fish(Shell, unittest.TestCase):
    def setUp(self):
        super().setUp()
        with_command(self.env, self.folder)

    def ask(self, line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {BUILT}/tlsrpt.fish; complete -C $argv[1]", line],
                              capture_output=True, text=True, env=self.env, cwd=self.folder, timeout=30)
        self.assertEqual(done.stderr, "")
        return {offer.split("\t")[0].rstrip("/") for offer in done.stdout.splitlines()}

    def offers(self, *words):
        return self.ask(" ".join(["tlsrpt", *words]))

    def offers_value(self, *words):
        *before, option, value = words
        return {offer.removeprefix(option) for offer in self.ask(" ".join(["tlsrpt", *before, option + value]))}


class Zsh(Shell, unittest.TestCase):
    """Completion needs zsh's line editor, so that it runs on a terminal of its own."""

    def setUp(self):
        super().setUp()
        with_command(self.env, self.folder)
        self.capture = os.path.join(self.folder, ".capture")
        self.env.update(FOLDER=str(BUILT), CAPTURE=self.capture)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], self.env)
        self.addCleanup(self.end)
        self.type(f"source {HERE}/capture.zsh; print ready >$CAPTURE\n")
        self.wait_for("ready")

    def end(self):
        os.close(self.terminal)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, last):
        """The lines that were captured, up to the line LAST."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.02)[0]:
                os.read(self.terminal, 65536)
            if os.path.exists(self.capture):
                lines = pathlib.Path(self.capture).read_text().splitlines()
                if lines and lines[-1] == last:
                    os.remove(self.capture)
                    return lines[:-1]
        self.fail("zsh does not answer")

    def offers(self, *words):
        self.type(" ".join(["tlsrpt", *words]) + "\t")
        return {offer.rstrip("/").replace("\\ ", " ") for offer in self.wait_for("the end")}

    def offers_value(self, *words):
        *before, option, value = words
        return self.offers(*before, option + value)


def can_run(shell):
    if shell is Zsh:
        try:
            for end in pty.openpty():
                os.close(end)
        except OSError:
            return False
    return shutil.which(shell.__name__.lower())


if __name__ == "__main__":
    found = [shell for shell in (Bash, Fish, Zsh) if can_run(shell)]
    chosen = [shell for shell in found if not sys.argv[1:] or shell.__name__.lower() in sys.argv[1:]]
    if not chosen:
        print("skipped: no such shell here, or for zsh no terminal:", *sys.argv[1:])
        sys.exit(77)
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(shell) for shell in chosen)
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
