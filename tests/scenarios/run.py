#!/usr/bin/env python3
"""Scenarios: reports and observations in, findings out, compared with what a mail administrator
expects. README.md tells how a scenario is written; short_form.py makes it long.

  run.py BINARY [FOLDER…]   runs all scenarios, those of a family, or single ones; exit status 1
                            where one differs, and the difference
  run.py --list             the codes, each with the scenarios that expect it
  run.py --show FOLDER      the reports and observations of a scenario, as the program gets them

A scenario runs in a temporary folder of its own: its reports are ingested as mails, its
observations imported, and its domain analyzed without network, as JSON, text and HTML; where it tells
of a migration, `tlsrpt changes` is asked too. Besides what expected.json says, every answer must be one that SPEC.md allows ("Findings"), its sums must
reconcile, and text and HTML must name the findings of the JSON."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import short_form
from short_form import FormError, need_keys

HERE = Path(__file__).resolve().parent

# It says that two observations differ, which is so in every scenario in which something changes; a
# scenario that is about it names it, the others need not.
BESIDES = {"MAIL-RECORD-CHANGED"}

EXPECTED_KEYS = {"about", "domain", "now", "options", "config", "sessions", "mta_sts", "findings",
                 "also", "ordered", "changes", "changes_options", "changes_notes"}
# Findings are told apart by these first.
IDENTITY = ("code", "mx", "policy_type", "state")

FINDING_KEYS = {
    "id": str, "code": str, "severity": {"critical", "warning", "notice", "ok"},
    "confidence": {"confirmed", "likely", "possible"},
    "side": {"domain", "sender", "path", "unknown"},
    "impact": {"refused", "delivered", "unknown"}, "state": {"ongoing", "stopped"},
    "title": str, "mx": (str, None),
    "policy_type": {"sts", "tlsa", "no-policy-found", "unknown", None}, "result_types": list,
    "failed_sessions": int, "share": float, "reporters": list, "first_seen": (str, None),
    "last_seen": (str, None), "evidence": list, "action": (str, None), "done_when": (str, None),
    "reference": (str, None),
    "stopped_by": {"seen-gone", "successes", "bound", "not-repeated", None}, "fix": (dict, None)}
FIX_KEYS = {
    "seen_at": str, "shown_at": (str, None), "held": {"policy", "mx", "address", "tlsa", None},
    "held_until": (str, None), "succeeded": list, "failing": list, "waiting": list,
    "returned": bool, "failing_since": (str, None)}
# Of what `changes` finds.
CHANGES_KEYS = {"code": str, "severity": {"critical", "warning", "notice", "ok"}, "title": str,
                "text": str, "action": str, "evidence": list, "rollback": list, "until": (str, None),
                "reference": str}
EVIDENCE_KEYS = {"source": str, "at": (str, None), "text": str}
READINESS = {"ready", "not-ready", "insufficient-data", "enforcing", "none"}
MTA_STS_KEYS = {"published_mode": {"enforce", "testing", "none", None}, "readiness": READINESS,
                "blocking_sessions": int, "reasons": list}
SESSIONS_KEYS = {"successful": int, "failed": int, "explained": int}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TIMES = {"until", "at", "first_seen", "last_seen", "seen_at", "shown_at", "held_until",
         "failing_since", "due_at"}
RESULT_TYPES = {"starttls-not-supported", "certificate-host-mismatch", "certificate-expired",
                "certificate-not-trusted", "validation-failure", "tlsa-invalid",
                "dnssec-invalid", "dane-required", "sts-policy-fetch-error",
                "sts-policy-invalid", "sts-webpki-invalid", "unknown"}


class Scenario:
    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self.name = f"{self.folder.parent.name}/{self.folder.name}"
        self.expected = short_form.load(folder / "expected.json")
        need_keys("expected.json", self.expected, EXPECTED_KEYS)
        if "changes" in self.expected:
            self.expected.setdefault("findings", None)
        for key in ("about", "now", "findings"):
            if key not in self.expected:
                raise FormError(f"expected.json has no {key!r}")
        need_keys("expected.json, sessions", self.expected.get("sessions", {}), set(SESSIONS_KEYS))
        need_keys("expected.json, mta_sts", self.expected.get("mta_sts", {}), set(MTA_STS_KEYS))
        for finding in self.expected.get("changes", []):
            need_keys("expected.json, changes", finding, set(CHANGES_KEYS) | {"says", "silent_on"})
            if "code" not in finding:
                raise FormError("expected.json: a finding without code")
        for finding in self.expected["findings"] or []:
            need_keys("expected.json, findings", finding,
                      set(FINDING_KEYS) - {"id"} | {"says", "silent_on"})
            if "code" not in finding:
                raise FormError("expected.json: a finding without code")
            for key, value in finding.items():
                fault = wrong_value(key, value, FINDING_KEYS.get(key, list))
                if fault:
                    raise FormError(f"expected.json, findings: {fault}")
        self.domain = self.expected.get("domain", short_form.DOMAIN)

    def codes(self) -> List[str]:
        expected = (self.expected["findings"] or []) + self.expected.get("changes", [])
        return sorted({f["code"] for f in expected})

    def mails(self) -> List[bytes]:
        return short_form.reports(short_form.load(self.folder / "reports.json"), self.domain)

    def observations(self) -> List[Dict[str, Any]]:
        return short_form.published(short_form.load(self.folder / "published.json"), self.domain)


# ---- what the program answers ---------------------------------------------------------------

class Answer:
    def __init__(self, domain: Dict[str, Any], text: str, html: str,
                 changes: Optional[Dict[str, Any]] = None, changes_text: str = ""):
        self.domain, self.text, self.html = domain, text, html
        self.changes, self.changes_text = changes, changes_text


class Failed(Exception):
    """The program did not do what it should: no answer to compare."""


def environment(tmp: Path) -> Dict[str, str]:
    """Nothing of the caller's but the options of the sanitizers and the rule to leave out."""
    env = {k: v for k, v in os.environ.items()
           if k.endswith("SAN_OPTIONS") or k == "TLSRPT_WITHOUT_RULE"}
    return dict(env, PATH="/usr/bin:/bin", LC_ALL="C", TZ="America/St_Johns", HOME=str(tmp),
                XDG_STATE_HOME=str(tmp), XDG_CONFIG_HOME=str(tmp))


def answer(binary: str, scenario: Scenario) -> Answer:
    with tempfile.TemporaryDirectory(prefix="tlsrpt-scenario-") as name:
        tmp = Path(name)
        (tmp / "mails").mkdir()
        for number, mail in enumerate(scenario.mails()):
            (tmp / "mails" / f"{number:03}.eml").write_bytes(mail)
        (tmp / "observations").write_text(
            "".join(json.dumps(o) + "\n" for o in scenario.observations()))
        (tmp / "tlsrpt.conf").write_text("\n".join(
            ["[tlsrpt]", f"authserv-id = {short_form.AUTHSERV_ID}",
             *scenario.expected.get("config", []), ""]))

        def run(*words: str) -> str:
            line = [binary, "--db", name + "/tlsrpt.db", "--config", name + "/tlsrpt.conf", "--now",
                    scenario.expected["now"], *words]
            done = subprocess.run(line, capture_output=True, timeout=60, env=environment(tmp),
                                  cwd=name, check=False)
            if done.returncode:
                raise Failed(f"{' '.join(words)}: exit status {done.returncode}\n"
                             + done.stderr.decode("utf-8", "replace").strip())
            return done.stdout.decode("utf-8")

        stored = json.loads(run("ingest", name + "/mails", "--format", "json"))
        if stored["stored"] != stored["messages"]:
            raise Failed(f"ingest did not store every report: {stored}")
        if (tmp / "observations").stat().st_size:
            run("observe", "--import", name + "/observations")
        analyze = ["analyze", "--offline", *scenario.expected.get("options", []), scenario.domain]
        found = run(*analyze, "--format", "json")
        try:
            domains = json.loads(found)["domains"]
        except (ValueError, KeyError, TypeError) as fault:
            raise Failed(f"analyze: no answer in JSON: {fault}\n{found[:400]}") from fault
        if len(domains) != 1 or domains[0].get("domain") != scenario.domain:
            raise Failed(f"analyze: not the one domain {scenario.domain}")
        answered = Answer(domains[0], run(*analyze), run(*analyze, "--format", "html"))
        if "changes" in scenario.expected:
            changes = ["changes", scenario.domain, *scenario.expected.get("changes_options", [])]
            answered.changes = json.loads(run(*changes, "--format", "json"))
            answered.changes_text = run(*changes)
        return answered


# ---- what holds of every answer ---------------------------------------------------------------

def wrong_value(key: str, value: Any, kind: Any) -> Optional[str]:
    """KIND: a type, a set of words, or a pair of a type and None."""
    if isinstance(kind, set):
        good = value in kind if isinstance(value, (str, type(None))) else False
    elif isinstance(kind, tuple):
        good = value is None or isinstance(value, kind[0])
    elif kind is float:
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        good = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if good and key in TIMES and value is not None and not TIME.fullmatch(value):
        good = False
    return None if good else f"{key}: {json.dumps(value, ensure_ascii=False)}"


def wrong_keys(what: str, given: Any, kinds: Dict[str, Any]) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"{what}: no object"
        return
    for key, kind in kinds.items():
        if key not in given:
            yield f"{what}: no key {key}"
        else:
            fault = wrong_value(key, given[key], kind)
            if fault:
                yield f"{what}: {fault}"


def wrong_shape(domain: Dict[str, Any]) -> Iterator[str]:
    yield from wrong_keys("sessions", domain.get("sessions"), SESSIONS_KEYS)
    yield from wrong_keys("mta_sts", domain.get("mta_sts"), MTA_STS_KEYS)
    for finding in domain.get("findings", []):
        what = f"finding {finding.get('code')} {finding.get('id')}"
        yield from wrong_keys(what, finding, FINDING_KEYS)
        for item in finding.get("evidence", []):
            yield from wrong_keys(what + ", evidence", item, EVIDENCE_KEYS)
        if finding.get("fix"):
            yield from wrong_keys(what + ", fix", finding["fix"], FIX_KEYS)
            for item in finding["fix"].get("waiting", []):
                yield from wrong_keys(what + ", waiting", item,
                                      {"reporter": str, "due_at": (str, None)})
        if (finding.get("state") == "stopped") != bool(finding.get("stopped_by")):
            yield f"{what}: {finding.get('state')} by {finding.get('stopped_by')}"
        for word in finding.get("result_types", []):
            if word not in RESULT_TYPES:
                yield f"{what}: result type {word!r}"
        if not re.fullmatch(r"[0-9a-f]{8}", str(finding.get("id"))):
            yield f"{what}: the id should be eight hexadecimal digits"
        for key in ("title", "action", "done_when", "reference"):
            if not finding.get(key):
                yield f"{what}: says nothing under {key}"


def wrong_sums(domain: Dict[str, Any]) -> Iterator[str]:
    sessions, findings = domain["sessions"], domain["findings"]
    total = sum(f["failed_sessions"] for f in findings)
    explained = sum(f["failed_sessions"] for f in findings
                    if f["code"] not in ("UNEXPLAINED", "NOT-OBSERVED"))
    if total != sessions["failed"]:
        yield f"the findings have {total} failed sessions, the domain {sessions['failed']}"
    if explained != sessions["explained"]:
        yield f"{explained} sessions are explained, the domain says {sessions['explained']}"
    for finding in findings:
        share = finding["failed_sessions"] / total if total else 0
        if abs(finding["share"] - share) > 0.0051:
            yield f"finding {finding['code']}: share {finding['share']}, not {share:.4f}"
    ids = [f["id"] for f in findings]
    if len(set(ids)) != len(ids):
        yield f"ids are not unique: {' '.join(sorted(ids))}"
    kinds = [tuple(f[k] for k in IDENTITY) for f in findings]
    for kind in sorted({k for k in kinds if kinds.count(k) > 1}, key=str):
        yield f"several findings of {kind}"


def wrong_renderings(found: Answer, inputs: str) -> Iterator[str]:
    ids = {f["id"] for f in found.domain["findings"]}
    for name, text in (("text", found.text), ("HTML", found.html)):
        shown = set(re.findall(r"(?<![0-9A-Za-z])[0-9a-f]{8}(?![0-9A-Za-z…])", text))
        for missing in sorted(ids - shown):
            yield f"the {name} does not name finding {missing}"
        # A date without its dashes or the beginning of a digest looks like an id too.
        for other in sorted(shown - ids):
            if not other.isdigit() and other not in inputs and name == "text":
                yield f"the {name} names a finding {other} that the JSON has not"


# ---- what this scenario expects ---------------------------------------------------------------

def words_of(finding: Dict[str, Any]) -> str:
    parts = [finding["title"], finding["action"], finding["done_when"]]
    return "\n".join(str(p) for p in parts + [e["text"] for e in finding["evidence"]])


def same(expected: Any, got: Any) -> bool:
    if isinstance(expected, float) and isinstance(got, (int, float)):
        return abs(expected - got) <= 0.0051
    if isinstance(expected, list) and isinstance(got, list):
        return sorted(map(str, expected)) == sorted(map(str, got))
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(key in got and same(value, got[key]) for key, value in expected.items())
    return expected == got


def finding_differs(expected: Dict[str, Any], got: Dict[str, Any]) -> List[str]:
    out = []
    for key, value in expected.items():
        if key == "says":
            out += [f"does not say {json.dumps(w, ensure_ascii=False)}" for w in value
                    if w not in words_of(got)]
        elif key == "silent_on":
            out += [f"says {json.dumps(w, ensure_ascii=False)}" for w in value
                    if w in words_of(got)]
        elif not same(value, got.get(key)):
            out.append(f"{key}: expected {json.dumps(value)}, got {json.dumps(got.get(key))}")
    return out


def distance(expected: Dict[str, Any], got: Dict[str, Any]) -> Tuple[int, int]:
    other = sum(k in expected and expected[k] != got[k] for k in IDENTITY)
    return other, len(finding_differs(expected, got))


def brief(finding: Dict[str, Any]) -> str:
    words = [str(finding.get(k)) for k in ("mx", "policy_type", "failed_sessions", "severity",
                                           "confidence", "side", "impact", "state")
             if k in finding]
    return f"{finding['code']} ({', '.join(words)})"


def findings_differ(expected: Dict[str, Any], got: List[Dict[str, Any]]) -> Iterator[str]:
    pairs = sorted(((distance(e, g), i, j) for i, e in enumerate(expected["findings"])
                    for j, g in enumerate(got) if e["code"] == g["code"]))
    matched: Dict[int, int] = {}
    for _, i, j in pairs:
        if i not in matched and j not in matched.values():
            matched[i] = j
    for i, finding in enumerate(expected["findings"]):
        if i not in matched:
            yield f"missing: {brief(finding)}"
            continue
        for line in finding_differs(finding, got[matched[i]]):
            yield f"{brief(got[matched[i]])}: {line}"
    free = BESIDES | set(expected.get("also", []))
    for j, finding in enumerate(got):
        if j not in matched.values() and finding["code"] not in free:
            yield f"not expected: {brief(finding)}: {finding['title']}"
    order = [matched[i] for i in range(len(expected["findings"])) if i in matched]
    if expected.get("ordered") and order != sorted(order):
        yield "another order: " + " ".join(got[j]["code"] for j in sorted(order))


def object_differs(what: str, expected: Dict[str, Any], got: Dict[str, Any]) -> Iterator[str]:
    for key, value in expected.items():
        if key == "reasons" and value:
            for words in value:
                if not any(words in reason for reason in got["reasons"]):
                    yield f"{what}: no reason says {words!r}: {got['reasons']}"
        elif got.get(key) != value:
            yield f"{what}.{key}: expected {json.dumps(value)}, got {json.dumps(got.get(key))}"


# ---- what a change does to mail ---------------------------------------------------------------

def change_differs(expected: Dict[str, Any], got: Dict[str, Any]) -> Iterator[str]:
    words = "\n".join([got["title"], got["text"], got["action"], *(e["text"] for e in got["evidence"])])
    for key, value in expected.items():
        if key == "says":
            yield from (f"does not say {w!r}" for w in value if w not in words)
        elif key == "silent_on":
            yield from (f"says {w!r}" for w in value if w in words)
        elif got.get(key) != value:
            yield f"{key}: expected {json.dumps(value)}, got {json.dumps(got.get(key))}"


def changes_differ(expected: Dict[str, Any], found: Answer) -> Iterator[str]:
    """The findings are these, in this order, and the text has them all."""
    if found.changes is None:
        return
    got = found.changes["findings"]
    for finding in got:
        what = f"changes, {finding.get('code')}"
        yield from wrong_keys(what, finding, CHANGES_KEYS)
        for item in finding["evidence"]:
            yield from wrong_keys(what + ", evidence", item, EVIDENCE_KEYS)
        for key in ("title", "text", "action"):
            if not finding[key]:
                yield f"{what}: says nothing under {key}"
        for part in (finding["code"], *finding["rollback"]):
            if part not in found.changes_text:
                yield f"{what}: the text does not have {part!r}"
    codes, wanted = [f["code"] for f in got], [f["code"] for f in expected["changes"]]
    if codes != wanted:
        yield f"changes: expected {' '.join(wanted) or 'none'}, got {' '.join(codes) or 'none'}"
        yield from (f"changes, {f['code']}: {f['severity']}: {f['title']}" for f in got)
        return
    for one, other in zip(expected["changes"], got):
        yield from (f"changes, {one['code']}: {line}" for line in change_differs(one, other))
    for words in expected.get("changes_notes", []):
        if not any(words in note for note in found.changes["notes"]):
            yield f"changes: no note says {words!r}: {found.changes['notes']}"


def differences(scenario: Scenario, found: Answer) -> List[str]:
    shape = list(wrong_shape(found.domain))
    if shape:
        return shape
    inputs = json.dumps([scenario.observations(),
                         short_form.load(scenario.folder / "reports.json")])
    expected = scenario.expected
    return [*wrong_sums(found.domain), *wrong_renderings(found, inputs),
            *object_differs("sessions", expected.get("sessions", {}), found.domain["sessions"]),
            *object_differs("mta_sts", expected.get("mta_sts", {}), found.domain["mta_sts"]),
            *(() if expected["findings"] is None
              else findings_differ(expected, found.domain["findings"])),
            *changes_differ(expected, found)]


def scenario_folders(given: List[str]) -> List[Path]:
    """The scenarios in the folders named, or all."""
    out = []
    for top in [Path(g) for g in given] or [HERE]:
        found = sorted({f.parent for f in top.rglob("expected.json")})
        if not found:
            raise FormError(f"{top}: no scenario there")
        out += found
    return out


def check(binary: str, folder: Path) -> List[str]:
    """What is wrong with the scenario, or nothing."""
    try:
        scenario = Scenario(folder)
        return differences(scenario, answer(binary, scenario))
    except (FormError, Failed, OSError, KeyError, TypeError, subprocess.TimeoutExpired) as fault:
        return f"{type(fault).__name__}: {fault}".splitlines()


def list_codes(folders: List[Path]) -> Dict[str, List[Scenario]]:
    out: Dict[str, List[Scenario]] = {}
    for folder in folders:
        scenario = Scenario(folder)
        for code in scenario.codes():
            out.setdefault(code, []).append(scenario)
    return dict(sorted(out.items()))


def main(words: List[str]) -> int:
    if words and words[0] == "--list":
        for code, scenarios in list_codes(scenario_folders(words[1:])).items():
            print(code, *(s.name for s in scenarios))
        return 0
    if len(words) == 2 and words[0] == "--show":
        scenario = Scenario(Path(words[1]))
        for number, entry in enumerate(short_form.load(scenario.folder / "reports.json")):
            print(json.dumps(short_form.report(entry, number, scenario.domain)[0]))
        for observation in scenario.observations():
            print(json.dumps(observation))
        return 0
    if not words or words[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 64
    failed = 0
    folders = scenario_folders(words[1:])
    binary = os.path.abspath(words[0])
    for folder in folders:
        wrong = check(binary, folder)
        if wrong:
            failed += 1
            print(f"{folder.parent.name}/{folder.name}")
            print("".join(f"    {line}\n" for line in wrong), end="", flush=True)
    print(f"{len(folders) - failed} of {len(folders)} scenarios pass")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except FormError as fault:
        sys.exit(f"{fault}")
