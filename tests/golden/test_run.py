#!/usr/bin/env python3
"""The golden runner itself: what it lets through and what not."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import run

PROGRAM = """#!/bin/sh
case $1 in
say) shift; echo "$1";;
copy-of-stdin) cat;;
clock) echo "$@";;
zone) echo "$TZ $HOME";;
fail) echo "${2:-}" >&2; exit 75;;
esac
"""


class Runner(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.case = Path(folder.name)
        self.program = self.case / "program"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)

    def passes(self, commands, expected):
        (self.case / "commands").write_text(commands + "\n")
        (self.case / "expected").write_text(expected + "\n")
        with contextlib.redirect_stdout(io.StringIO()):
            return run.check(str(self.program), self.case, False)

    def test_output_must_be_the_same(self):
        self.assertTrue(self.passes("say hello", "$ say hello\nhello\nexit 0"))
        self.assertFalse(self.passes("say hello", "$ say hello\nhallo\nexit 0"))
        self.assertFalse(self.passes("say hello", "$ say hello\nexit 0"))
        self.assertFalse(self.passes("say hello", "$ say hello\nhello\nmore\nexit 0"))

    def test_exit_status_must_be_the_same(self):
        self.assertTrue(self.passes("fail", "$ fail\nexit 75"))
        self.assertFalse(self.passes("fail", "$ fail\nexit 0"))

    def test_open_places(self):
        for expected, said, fits in (
                ('"reason":"…"', '"reason":"any \\" thing"', True),
                ('"reason":"…"', '"reason":null', False),
                ('"a":"…"}', '"a":"x","b":"y"}', False),
                ('"warnings":[…]', '"warnings":["x: y"]', True),
                ('"warnings":[…]', '"warnings":[]', False),
                ('"warnings":[*]', '"warnings":[]', True),
                ('"report":{…},', '"report":{"a":1},', True),
                ("…", "", True)):
            line = f"say '{said}'"
            self.assertEqual(self.passes(line, f"$ {line}\n{expected}\nexit 0"), fits, expected)

    def test_folded_rows_are_one_line(self):
        line = """say '{"kind":"policy","id":7,"report":{}}'"""
        self.assertTrue(self.passes(line, '$ ' + line + '\n{"kind":"policy",\n "id":…,\n'
                                    ' "report":{}}\nexit 0'))

    def test_the_clock_is_fixed(self):
        self.assertTrue(self.passes("clock", f"$ clock\nclock --now {run.NOW}\nexit 0"))
        self.assertTrue(self.passes("clock --now X", "$ clock --now X\nclock --now X\nexit 0"))

    def test_the_environment_is_its_own(self):
        self.assertTrue(self.passes("zone", "$ zone\nAmerica/St_Johns {tmp}/home\nexit 0"))

    def test_standard_input_is_a_file(self):
        head = (run.ROOT / "fixtures/quirks/others/note.eml").read_text().rstrip("\n")
        line = "copy-of-stdin < fixtures/quirks/others/note.eml"
        self.assertTrue(self.passes(line, f"$ {line}\n{head}\nexit 0"))


if __name__ == "__main__":
    unittest.main()
