"""The pages of `tlsrpt dashboard` in a real browser: they ask for nothing, keep their own policy, are read by
everybody, and run no word of a hostile report. Needs Chromium, Node and the npm packages playwright-core and
axe-core, in build/unpacked/npm or in TLSRPT_NPM."""
import html.parser, json, os, pathlib, re, shutil, subprocess, sys, tempfile, unittest, urllib.parse

SOURCE = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(SOURCE / "tests/system"))
from harness import TLSRPT, Case, mail, report  # noqa: E402

PACKAGES = os.environ.get("TLSRPT_NPM") or str(SOURCE / "build/unpacked/npm/node_modules")
CHROMIUM = shutil.which("chromium")
NODE = shutil.which("node")
MARCH = "2026-04-01T00:00:00Z"
HOSTILE = "<script>window.hostile=1</script><img src=http://192.0.2.1/x onerror=window.hostile=2>\"'><svg onload=window.hostile=3>"


def visit(pages):
    done = subprocess.run([NODE, str(pathlib.Path(__file__).parent / "visit.js"), CHROMIUM, PACKAGES],
                          input=json.dumps({"pages": pages}), capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def job(path, scheme="light", width=1100, scripts=True):
    return {"url": pathlib.Path(path).as_uri(), "scheme": scheme, "width": width, "scripts": scripts}


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.others = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" else []
        self.others += [name for name in given if name in ("style", "src", "srcset") or name.startswith("on")]


class Dashboard(Case):
    def make(self, *arguments, now=MARCH):
        site = self.path("site")
        done = subprocess.run([TLSRPT, "--db", self.db, "--now", now, "dashboard", "-o", site, *arguments],
                              capture_output=True, env=self.env, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return site

    def bundled(self):
        for words in (["ingest", "-q", str(SOURCE / "fixtures/maildir")],
                      ["observe", "-q", "--import", str(SOURCE / "fixtures/observations/march.ndjson")]):
            subprocess.run([TLSRPT, "--db", self.db, "--now", MARCH, *words], check=True, env=self.env, timeout=120,
                           stdout=subprocess.DEVNULL)
        return self.make()

    def check(self, seen):
        for page in seen:
            with self.subTest(page["url"], scheme=page["scheme"], width=page["width"], scripts=page["scripts"]):
                self.assertEqual(page["requests"], [page["url"]])
                self.assertEqual(page["errors"], [])
                self.assertTrue(page["scripts"] or page["text"] is not None)
                if page["scripts"]:
                    self.assertEqual((page["violations"], page["ran"], page["axe"]), ([], "", []))
                    self.assertLessEqual(page["overflow"], 0)
                    self.assertGreater(page["tabbed"].count("A"), 2)

    def test_every_kind_of_page(self):
        site = self.bundled()
        paths = [os.path.join(site, name) for name in
                 ("index.html", "domain/example.net.html", "domain/example.org.html", "code/index.html",
                  "code/STS-MX-NOT-LISTED.html")]
        seen = visit([job(path, scheme, width) for path in paths for scheme in ("light", "dark") for width in (360, 1100)] +
                     [job(path, scripts=False) for path in paths])
        self.check(seen)
        index = seen[0]
        self.assertEqual(index["rows"], 3)
        self.assertEqual(index["sorted"], ["descending", ["example.org", "example.net", "example.com"]])
        self.assertEqual(index["found"], 1)
        self.assertGreater(next(page for page in seen if "example.net" in page["url"])["differing"], 0)

    def test_hostile_reports_run_nothing(self):
        document = report(1, "example.com", **{"organization-name": HOSTILE, "contact-info": HOSTILE, "report-id": HOSTILE})
        failure = document["policies"][0]["failure-details"][0]
        failure.update({"receiving-mx-hostname": HOSTILE, "additional-information": HOSTILE, "failure-reason-code": HOSTILE})
        document["policies"][0]["policy"]["policy-string"] = [HOSTILE]
        names = report(2, "../../" + HOSTILE + "/..")
        self.ingest(data=mail(document))
        self.ingest(data=mail(names))
        # Without a mail around it the reporter is who it says.
        document["report-id"] += "2"
        self.ingest(data=json.dumps(document).encode())
        site = self.make(now="2026-06-10T12:00:00Z")
        pages = [os.path.join(site, "domain", name) for name in sorted(os.listdir(os.path.join(site, "domain")))]
        self.assertEqual(len(pages), 2)
        for page in pages:
            self.assertRegex(os.path.basename(page), r"\A[a-z0-9_][a-z0-9_.-]*\.html\Z")
        self.check(visit([job(os.path.join(site, "index.html")), *map(job, pages)]))


class Structure(Dashboard):
    """What needs no browser."""
    test_every_kind_of_page = test_hostile_reports_run_nothing = None

    def test_every_link_leads_somewhere(self):
        site = pathlib.Path(self.bundled())
        pages = {path: Links(path.read_text()) for path in site.rglob("*.html")}
        self.assertGreater(len(pages), 80)
        for path, page in pages.items():
            self.assertEqual(len(page.ids), len(set(page.ids)), path)
            self.assertEqual(page.others, [], path)
            for link in page.links:
                target, _, fragment = link.partition("#")
                self.assertFalse(urllib.parse.urlsplit(link).scheme, link)
                there = (path.parent / target).resolve() if target else path
                self.assertIn(there, pages, (path, link))
                self.assertTrue(not fragment or fragment in pages[there].ids, (path, link))


if __name__ == "__main__":
    missing = [name for name, there in (("chromium", CHROMIUM), ("node", NODE),
               *((name, os.path.isdir(os.path.join(PACKAGES, name))) for name in ("playwright-core", "axe-core"))) if not there]
    if missing:
        print("skipped: no " + ", no ".join(missing))
        sys.exit(77)
    unittest.main(verbosity=2, warnings="ignore")
