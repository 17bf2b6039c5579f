"""Every command with its options, every key of the configuration and every code is in a manual page, and no page
tells of one that is not there."""
import os, pathlib, re, subprocess, unittest

TLSRPT, CONFIG_KEYS = os.environ["TLSRPT"], os.environ["CONFIG_KEYS"]
BUILT, SOURCE = pathlib.Path(os.environ["BUILT"]), pathlib.Path(os.environ["SOURCE"])


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commands():
    listed = output(TLSRPT, "help").split("Commands:\n")[1].split("\n\n")[0]
    return [line[2:20].strip() for line in listed.splitlines()]


def options(text):
    return set(re.findall(r"^  (?:-\w, )?--([a-z-]+)", text, re.M))


def items(page, macro):
    """The names in the .It lines of PAGE."""
    return set(re.findall(rf"^\.It (?:Fl \w , )?{macro}([a-z-]+)", page.replace(r"\-", "-"), re.M))


class Complete(unittest.TestCase):
    def test_each_command_has_a_page_and_each_page_a_command(self):
        pages = {"tlsrpt-" + name.replace(" ", "-") for name in commands()}
        self.assertGreater(len(pages), 10)
        self.assertEqual(pages | {"tlsrpt"}, {path.stem for path in (BUILT / "man1").iterdir()})
        overview = (BUILT / "man1/tlsrpt.1").read_text()
        self.assertEqual(pages, set(re.findall(r"^\.It Xr (\S+) 1", overview, re.M)))

    def test_each_option_is_in_the_page_of_its_command(self):
        for name in commands():
            page = (BUILT / "man1" / f"tlsrpt-{name.replace(' ', '-')}.1").read_text()
            with self.subTest(name):
                self.assertEqual(options(output(TLSRPT, "help", *name.split())), items(page, "Fl -"))

    def test_the_overview_has_the_options_of_all(self):
        overview = (BUILT / "man1/tlsrpt.1").read_text()
        self.assertLessEqual(options(output(TLSRPT, "help")), items(overview, "Fl -"))

    def test_each_key_is_in_the_section_of_its_own_and_has_a_default(self):
        page = (SOURCE / "tlsrpt.conf.5").read_text()
        sections = dict(re.findall(r"^\.Sh SECTION (\w+)\n((?:(?!\.Sh).*\n)*)", page, re.M))
        keys = [line.split() for line in output(CONFIG_KEYS).splitlines()]
        self.assertEqual({section for section, _ in keys}, set(sections))
        for section, text in sections.items():
            self.assertEqual({key for of, key in keys if of == section}, items(text, "Ic "))
            for item in text.split("\n.It Ic ")[1:]:
                with self.subTest(section=section, key=item.split()[0]):
                    self.assertRegex(item, r"\nDefault:\s")

    def test_each_code_has_its_place(self):
        page = (BUILT / "man7/tlsrpt-diagnosis.7").read_text()
        codes = re.findall(r"^[A-Z][A-Z-]+(?= )", output(TLSRPT, "analyze", "--code", "list"), re.M)
        self.assertGreater(len(codes), 70)
        self.assertEqual(sorted(codes), sorted(re.findall(r"^\.Ss (\S+)", page, re.M)))

    def test_no_page_keeps_a_mark_of_the_generator(self):
        for path in (BUILT / "man1").iterdir():
            self.assertNotRegex(path.read_text(), r'\.\\" (more|commands and options)', path.name)


if __name__ == "__main__":
    unittest.main()
