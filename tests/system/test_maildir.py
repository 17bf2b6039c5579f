"""A Maildir is somebody's mail: read-only unless asked, and read once."""
import os, unittest

from harness import BROKEN, SPAM, Case, mail, main, report


class Maildir(Case):
    def files(self, path):
        return sorted(os.path.relpath(os.path.join(folder, name), path)
                      for folder, _, names in os.walk(path) for name in names)

    def test_a_second_scan_reads_nothing(self):
        path = self.maildir([mail(report(1)), mail(report(2)), BROKEN, SPAM])
        before = self.files(path)
        self.assertEqual(self.ingest(path), {"messages": 4, "stored": 2, "quarantined": 1, "ignored": 1})
        self.assertEqual(self.ingest(path), {})
        self.assertEqual(self.files(path), before)

    def test_a_mail_is_known_by_its_name_before_the_colon(self):
        path = self.maildir([mail(report(1))])
        self.ingest(path)
        name = os.listdir(path + "/new")[0]
        os.rename(f"{path}/new/{name}", f"{path}/cur/{name}:2,RS")
        self.assertEqual(self.ingest(path), {})
        other = self.maildir([mail(report(1))], "Other")
        self.assertEqual(self.ingest(other), {"messages": 1, "duplicate": 1})

    def test_reports_are_marked_and_nothing_else(self):
        path = self.maildir([mail(report(1)), SPAM, BROKEN])
        self.ingest("--mark-seen", path)
        names = [name.split(".")[1] for name in self.files(path)]
        self.assertEqual(names, ["M0", "M2", "M1"])
        self.assertTrue(all(name.endswith(":2,S") for name in os.listdir(path + "/cur")))
        self.assertEqual(len(os.listdir(path + "/new")), 1)

    def test_flags_stay_in_their_order(self):
        path = self.maildir([mail(report(1)), mail(report(2))])
        first, second = sorted(os.listdir(path + "/new"))
        os.rename(f"{path}/new/{first}", f"{path}/cur/{first}:2,FRT")
        os.rename(f"{path}/new/{second}", f"{path}/cur/{second}:2,S")
        self.ingest("--mark-seen", path)
        self.assertEqual(sorted(os.listdir(path + "/cur")), [first + ":2,FRST", second + ":2,S"])

    def test_reports_are_moved_to_a_subfolder_or_another_maildir(self):
        for number, (target, where) in enumerate((("done", ".done"), (self.path("Out"), "../Out"))):
            broken = BROKEN + b"\n" * number
            path = self.maildir([mail(report(10 + number)), SPAM, broken], f"M{number}")
            self.assertEqual(self.ingest("--move-to", target, path),
                             {"messages": 3, "stored": 1, "ignored": 1, "quarantined": 1})
            self.assertEqual(len(os.listdir(os.path.join(path, where, "cur"))), 2)
            self.assertEqual(len(os.listdir(path + "/new")), 1)

    def test_reports_are_deleted_only_when_all_of_it_is_kept(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nmax-mail-size = 2M\nquarantine-max = 3M\n")
        large = mail(report(3)) + b"x" * (3 << 20)
        half = BROKEN + b"x" * (3 << 19)
        path = self.maildir([mail(report(1)), SPAM, large, half, half + b"y", half + b"z"])
        outcome = self.ingest("--config", self.path("c.conf"), "--delete", path)
        self.assertEqual(outcome, {"messages": 6, "stored": 1, "ignored": 1, "quarantined": 4})
        left = sorted(name.split(".")[1] for name in os.listdir(path + "/new"))
        # The large one is kept in part, and of the last ones the quarantine had no room for all.
        self.assertNotIn("M0", left)
        self.assertIn("M1", left)
        self.assertIn("M2", left)
        self.assertIn("M5", left)

    def test_what_an_earlier_run_stored_is_still_moved(self):
        path = self.maildir([mail(report(1)), SPAM])
        self.ingest(path)
        self.assertEqual(self.ingest("--delete", path), {})
        self.assertEqual(len(os.listdir(path + "/new")), 1)

    def test_a_path_that_is_not_there_fails_after_the_others(self):
        path = self.maildir([mail(report(1))])
        done = self.run_tlsrpt("ingest", self.path("none"), path)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"none", done.stderr)
        self.assertEqual(self.report_ids(), ["r1"])

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_a_mail_that_may_not_be_read_fails_after_the_others(self):
        self.open_to_all()
        path = self.maildir([mail(report(1)), mail(report(2))])
        for name in os.listdir(path + "/new"):
            os.chmod(f"{path}/new/{name}", 0o600 if ".M0." in name else 0o644)
        done = self.run_tlsrpt("ingest", path, user="nobody")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(self.report_ids(), ["r2"])

    def test_mboxes_folders_and_bare_files(self):
        import gzip, json, zipfile
        os.makedirs(self.path("in", "deep"))
        with open(self.path("in", "box"), "wb") as file:
            for number in (1, 2):
                file.write(b"From x Tue Jun  9 02:00:00 2026\n" + mail(report(number)) + b"\n")
        with open(self.path("in", "deep", "a.json"), "w") as file:
            json.dump(report(3), file)
        with open(self.path("in", "b.json.gz"), "wb") as file:
            file.write(gzip.compress(json.dumps(report(4)).encode()))
        with zipfile.ZipFile(self.path("in", "c.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x/d.json", json.dumps(report(5)))
        with open(self.path("in", "notes.txt"), "w") as file:
            file.write("nothing\n")
        self.assertEqual(self.ingest(self.path("in")), {"messages": 6, "stored": 5, "ignored": 1})
        self.assertEqual(self.ingest(self.path("in", "box")), {"messages": 2, "duplicate": 2})
        self.assertEqual(self.report_ids(), ["r1", "r2", "r3", "r4", "r5"])

    def test_a_retry_stores_what_a_larger_limit_lets_through(self):
        with open(self.path("c.conf"), "w") as file:
            file.write("[tlsrpt]\nmax-failure-rows = 1\n")
        document = report(1)
        document["policies"][0]["failure-details"] *= 2
        self.assertEqual(self.ingest("--config", self.path("c.conf"), data=mail(document)),
                         {"messages": 1, "quarantined": 1})
        self.assertEqual(self.run_tlsrpt("quarantine", "retry", "--config", self.path("c.conf")).returncode, 0)
        self.assertEqual(len(self.quarantine()), 1)
        self.assertEqual(self.run_tlsrpt("quarantine", "retry").returncode, 0)
        self.assertEqual(self.quarantine(), [])
        self.assertEqual(self.report_ids(), ["r1"])


if __name__ == "__main__":
    main()
