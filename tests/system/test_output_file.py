"""export --output: whoever reads the file sees all of it, or what was there before."""
import os, resource, threading

from harness import Case, mail, main, report


class Output(Case):
    def setUp(self):
        super().setUp()
        self.ingest(data=mail(report()))
        self.file = self.path("out", "tlsrpt.prom")
        os.mkdir(self.path("out"))

    def export(self, *arguments, **more):
        return self.run_tlsrpt("export", "--format", "openmetrics", "--output", self.file, *arguments, **more)

    def put(self, text="before\n"):
        with open(self.file, "w") as file:
            file.write(text)

    def got(self):
        with open(self.file) as file:
            return file.read()

    def assert_as_before(self):
        self.assertEqual(self.got(), "before\n")
        self.assertEqual(os.listdir(self.path("out")), ["tlsrpt.prom"])

    def test_it_is_what_standard_output_would_get(self):
        for arguments in (["--format", "openmetrics", "example.com"], ["--format", "csv"], []):
            printed = self.run_tlsrpt("export", *arguments).stdout
            done = self.run_tlsrpt("export", *arguments, "-o", self.file)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
            self.assertEqual(self.got().encode(), printed.replace(b"\r\n", b"\n"))
            self.assertTrue(printed)

    def test_all_may_read_it_whatever_the_umask(self):
        self.put()
        os.chmod(self.file, 0o600)
        self.assertEqual(self.export(umask=0o077).returncode, 0)
        self.assertEqual(os.stat(self.file).st_mode & 0o7777, 0o644)
        self.assertEqual(os.listdir(self.path("out")), ["tlsrpt.prom"])

    def test_a_name_without_a_folder(self):
        done = self.run_tlsrpt("export", "-o", "rows", cwd=self.path("out"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.path("out")), ["rows"])

    def test_what_fails_leaves_the_file(self):
        self.put()
        self.assertEqual(self.export("--since", "nonsense").returncode, 64)
        self.assertEqual(self.export(db=self.path("none.db")).returncode, 69)
        self.assert_as_before()

    def test_a_full_disk_leaves_the_file(self):
        self.put()
        done = self.run_tlsrpt("export", "--output", self.file,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"cannot write " + self.file.encode(), done.stderr)
        self.assert_as_before()

    def test_what_cannot_be_replaced_is_refused(self):
        os.mkdir(self.file)
        self.assertEqual(self.export().returncode, 64)
        os.rmdir(self.file)
        os.symlink("elsewhere", self.file)
        self.assertEqual(self.export().returncode, 64)
        self.assertEqual(os.listdir(self.path("out")), ["tlsrpt.prom"])
        self.assertEqual(self.run_tlsrpt("export", "-o", "").returncode, 64)
        done = self.run_tlsrpt("export", "-o", self.path("none", "rows"))
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"none/rows", done.stderr)

    def test_a_reader_never_sees_half(self):
        self.ingest(*[self.maildir([mail(report(number, f"d{number}.example")) for number in range(2, 60)])])
        self.assertEqual(self.run_tlsrpt("export", "-o", self.file).returncode, 0)
        whole, seen, stop = self.got(), [], threading.Event()

        def read():
            while not stop.is_set():
                seen.append(self.got() == whole)

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(10):
            self.assertEqual(self.run_tlsrpt("export", "-o", self.file).returncode, 0)
        stop.set()
        reader.join()
        self.assertTrue(seen and all(seen))


if __name__ == "__main__":
    main()
