"""The program that reads strangers' mail has no network library in it."""
import re, shutil, subprocess, sys

from harness import RELEASE, TLSRPT, Case, main

if not shutil.which("readelf"):
    print("skipped: no readelf here")
    sys.exit(77)

FORBIDDEN = re.compile(r"lib(curl|unbound|ssl|crypto|gnutls|nss3|ldns|cares|resolv|mbedtls|wolfssl)\b")


class Linkage(Case):
    def test_no_network_library_is_named_in_the_dynamic_section(self):
        for binary in filter(None, (TLSRPT, RELEASE)):
            section = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True).stdout
            needed = re.findall(r"NEEDED.*\[(.*)\]", section)
            self.assertIn("libsqlite3.so.0", needed)
            self.assertEqual([name for name in needed if FORBIDDEN.search(name)], [])

    def test_none_comes_with_the_libraries_of_the_release(self):
        loaded = subprocess.run(["ldd", RELEASE or TLSRPT], capture_output=True, text=True).stdout
        self.assertEqual([line for line in loaded.split() if FORBIDDEN.search(line)], [])

    def test_the_release_is_hardened(self):
        if not RELEASE:
            self.skipTest("no release build was named")
        section = subprocess.run(["readelf", "-dl", RELEASE], capture_output=True, text=True).stdout
        self.assertRegex(section, r"FLAGS_1.*NOW.*PIE|FLAGS_1.*PIE.*NOW")
        self.assertIn("GNU_RELRO", section)
        self.assertRegex(section, r"GNU_STACK[^\n]*\n[^\n]*RW ")
        symbols = subprocess.run(["readelf", "-W", "--dyn-syms", RELEASE], capture_output=True, text=True).stdout
        self.assertIn("__stack_chk_fail", symbols)
        self.assertIn("_chk@", symbols)


if __name__ == "__main__":
    main()
