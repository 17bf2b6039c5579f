#!/usr/bin/env python3
"""An independent reader of TLS reports (RFC 8460), to check tlsrpt against: it was written from the
description of the formats, not from the program, and uses nothing but Python's standard library.

  reference.py PATH…            prints the plain numbers of each report in mails and bare files
  reference.py BINARY PATH…     also ingests the same files with BINARY into a fresh database and
                                compares its `export --format ndjson`; exit status 1 if they differ,
                                77 if no PATH is there
"""
import email
import hashlib
import io
import json
import mailbox
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

MOST = 2**63 - 1
NOW = "2100-01-01T00:00:00Z"  # the clock must not matter: only what begins later is left out
TYPES = ("sts", "tlsa", "no-policy-found")
Numbers = Dict[str, Any]


# ---- from a file to documents ------------------------------------------------------------------

def gunzip(data: bytes) -> bytes:
    """All members; what can be read of one that is cut."""
    out = b""
    while data[:2] == b"\x1f\x8b":
        stream = zlib.decompressobj(31)
        try:
            out += stream.decompress(data)
        except zlib.error:
            break
        data = stream.unused_data
    return out


def unpack(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\x1f\x8b":
        yield gunzip(data)
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    else:
        yield data


def parts(message: Any, around: Any) -> Iterator[Tuple[Any, str, bytes]]:
    """Each leaf with the headers of the nearest message around it and its file name."""
    if message.get_content_type() == "message/rfc822":
        for inner in message.get_payload():
            yield from parts(inner, inner)
    elif message.is_multipart():
        for inner in message.get_payload():
            yield from parts(inner, around)
    else:
        yield around, message.get_filename() or "", message.get_payload(decode=True) or b""


def mail_documents(data: bytes) -> Iterator[Tuple[Any, str, bytes]]:
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    message = email.message_from_bytes(data)
    if message.get_param("report-type") == "delivery-status":
        return
    for headers, name, content in parts(message, message):
        for document in unpack(content):
            yield headers, name, document


def documents(file: Path) -> Iterator[Tuple[Any, str, bytes]]:
    data = file.read_bytes()
    if data[:2] in (b"\x1f\x8b", b"PK") or data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        for document in unpack(data):
            yield {}, file.name, document
    elif file.suffix == ".mbox":
        for message in mailbox.mbox(str(file)):
            yield from mail_documents(message.as_bytes())
    else:
        yield from mail_documents(data)


def files(path: Path) -> Iterator[Path]:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and not file.name.startswith(".") and file.parent.name != "tmp":
            yield file


# ---- from a document to numbers ----------------------------------------------------------------

def get(value: Any, *names: str) -> Any:
    """The first name that is a key, in kebab-case or else in snake_case."""
    for name in names:
        for spelling in (name, name.replace("-", "_")):
            if isinstance(value, dict) and spelling in value:
                return value[spelling]
    return None


def clean(value: Any) -> Optional[str]:
    """Text as the program keeps it: stray bytes as Latin-1, lone surrogates and NUL replaced."""
    if not isinstance(value, str):
        return None
    value = re.sub("[\udc80-\udcff]", lambda byte: chr(ord(byte[0]) - 0xDC00), value)
    return re.sub("[\ud800-\udfff\0]", "\ufffd", value)


def count(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return 0
    return MOST if value >= MOST else max(0, int(value))


def time(value: Any, end: bool) -> Optional[datetime]:
    match = re.fullmatch(r"\s*(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?"
                         r"([Zz]|[+-]\d\d:?\d\d)?)?\s*", value) if isinstance(value, str) else None
    if not match:
        return None
    clock = match[2] or ("23:59:59" if end else "00:00:00")
    next_day = clock == "24:00:00"
    zone = "+0000" if not match[3] or match[3] in "Zz" else match[3].replace(":", "")
    try:
        moment = datetime.strptime(f"{match[1]} {'00:00:00' if next_day else clock} {zone}",
                                   "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
    return moment.astimezone(timezone.utc) + timedelta(days=next_day)


def file_name(name: str) -> List[Optional[str]]:
    """sender, policy domain, begin, end of RFC 8460 §5.1."""
    fields: List[Optional[str]] = list(re.sub(r"(\.json)?(\.gz|\.zip)?$", "", name).split("!"))
    return fields[:4] if len(fields) >= 4 else [None] * 4


def seconds(text: Optional[str]) -> Optional[datetime]:
    return datetime.fromtimestamp(int(text), timezone.utc) if text and text.isdigit() else None


def date_range(document: Any, headers: Any, name: str) -> List[Optional[datetime]]:
    found = get(document, "date-range")
    times = [time(get(found, "start-datetime"), False), time(get(found, "end-datetime"), True)]
    named = [seconds(field) for field in file_name(name)[2:]]
    try:
        sent = parsedate_to_datetime(str(headers.get("Date"))).astimezone(timezone.utc)
        midnight = sent.replace(hour=0, minute=0, second=0)
        before = [midnight - timedelta(days=1), midnight - timedelta(seconds=1)]
    except (TypeError, ValueError, AttributeError):
        before = [None, None]
    return [a or b or c for a, b, c in zip(times, named, before)]


def policy_numbers(index: int, entry: Any, domain: Optional[str]) -> Numbers:
    about, summary = get(entry, "policy"), get(entry, "summary")
    details = get(entry, "failure-details")
    details = [details] if isinstance(details, dict) else details
    details = [d for d in details if isinstance(d, dict)] if isinstance(details, list) else []
    itemised = min(MOST, sum(count(get(d, "failed-session-count")) for d in details))
    kind = str(get(about, "policy-type")).strip().lower().replace("_", "-").replace(" ", "-")
    domain = clean(get(about, "policy-domain")) or domain
    failed = count(get(summary, "total-failure-session-count"))
    return {"index": index, "domain": domain and domain.strip().rstrip(".").lower(),
            "type": kind if kind in TYPES else "unknown",
            "successful": count(get(summary, "total-successful-session-count")),
            "failed": max(failed, itemised), "unitemised": max(0, failed - itemised),
            "details": len(details), "itemised": itemised}


def stamp(moment: Optional[datetime]) -> Optional[str]:
    return moment and moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def numbers(headers: Any, name: str, data: bytes) -> Optional[Numbers]:
    """Of one document, or None if it is no report that can be read."""
    text = data.decode("utf-8", "surrogateescape").lstrip("\ufeff \t\r\n")
    if not text.startswith("{") or "\0" in text:
        return None
    try:
        document, length = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError:
        return None
    policies = get(document, "policies")
    if not isinstance(policies, list) or not (
            any(get(document, key) is not None for key in
                ("organization-name", "report-id", "date-range", "contact-info"))
            or any(get(p, "policy", "summary") is not None for p in policies)):
        return None
    begin, end = date_range(document, headers, name)
    domain = headers.get("TLS-Report-Domain") or file_name(name)[1]
    return {"sha256": hashlib.sha256(text[:length].encode("utf-8", "surrogateescape")).hexdigest(),
            "organisation": clean(get(document, "organization-name")),
            "report_id": clean(get(document, "report-id")), "begin": stamp(begin),
            "end": stamp(end),
            "policies": [policy_numbers(i, p, domain) for i, p in enumerate(policies)
                         if isinstance(p, dict)]}


def read(paths: List[Path]) -> List[Numbers]:
    found = (numbers(*item) for path in paths for file in files(path) for item in documents(file))
    return [report for report in found if report]


# ---- the program's answer ----------------------------------------------------------------------

def tlsrpt(binary: str, folder: str, *words: str) -> str:
    env = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder, XDG_STATE_HOME=folder,
               TZ="America/St_Johns")
    return subprocess.run([binary, *words, "--db", folder + "/t.db", "--now", NOW], env=env, check=True,
                          stdout=subprocess.PIPE, timeout=300).stdout.decode()


def exported(lines: List[str]) -> Dict[str, Numbers]:
    """The same numbers from `export`, by sha256."""
    reports: Dict[str, Numbers] = {}
    last = 0
    for row in map(json.loads, lines):
        assert row["id"] > last, f"id {row['id']} after {last}"
        last = row["id"]
        about = row["report"]
        report = reports.setdefault(about["sha256"], {
            "sha256": about["sha256"], "organisation": about["organization_name"],
            "report_id": about["report_id"], "begin": about["begin"], "end": about["end"],
            "policies": {}})
        if row["kind"] == "policy":
            report["policies"][row["index"]] = {
                "index": row["index"], "domain": row["policy_domain"], "type": row["policy_type"],
                "successful": row["successful_sessions"], "failed": row["failed_sessions"],
                "unitemised": row["unitemised_failures"], "details": 0, "itemised": 0}
        else:
            policy = report["policies"][row["index"]]
            policy["details"] += 1
            policy["itemised"] = min(MOST, policy["itemised"] + row["failed_sessions"])
    for report in reports.values():
        report["policies"] = [report["policies"][i] for i in sorted(report["policies"])]
    return reports


def identity(report: Numbers) -> Tuple:
    return (report["organisation"], report["report_id"] or report["sha256"], report["begin"],
            report["end"], frozenset(policy["domain"] for policy in report["policies"]))


def compare(reports: List[Numbers], outcome: Numbers, rows: Dict[str, Numbers]) -> List[str]:
    wrong = []
    kept = outcome["stored"] + outcome["duplicate"] + outcome["superseded"]
    if kept != len(reports):
        wrong.append(f"{len(reports)} reports were read here, ingest says {outcome}")
    by_identity = defaultdict(set)
    for report in reports:
        if report["policies"]:
            by_identity[identity(report)].add(report["sha256"])
        theirs = rows.get(report["sha256"])
        for key in report if theirs else ():
            if report[key] != theirs[key]:
                wrong.append(f"{report['sha256'][:12]} {report['report_id']}: {key} is "
                             f"{report[key]} here, exported as {theirs[key]}")
    for known, shas in by_identity.items():
        counted = shas & set(rows)
        if len(counted) != 1:
            wrong.append(f"{known}: {len(counted)} of {len(shas)} documents are exported")
    for sha256 in set(rows) - {report["sha256"] for report in reports}:
        wrong.append(f"{sha256[:12]} is exported and was not read here")
    return wrong


def line(report: Numbers) -> str:
    return (f"{report['organisation']}  {report['report_id']}  {report['begin']} {report['end']}"
            + "".join(f"\n    {p['domain']} {p['type']}: {p['successful']} successful, "
                      f"{p['failed']} failed, {p['details']} details of {p['itemised']}"
                      for p in report["policies"]))


def main() -> int:
    args = [Path(arg) for arg in sys.argv[1:]]
    if not args:
        sys.exit(__doc__)
    # A program is a file that may be executed; reports are not.
    with_binary = args[0].is_file() and os.access(args[0], os.X_OK)
    paths = [path for path in args[with_binary:] if path.exists()]
    if not paths:
        print("nothing to read")
        return 77
    reports = read(paths)
    if not with_binary:
        print("\n".join(map(line, reports)))
        return 0
    with tempfile.TemporaryDirectory(prefix="tlsrpt-reference-") as folder:
        binary = str(args[0].resolve())
        outcome = json.loads(tlsrpt(binary, folder, "ingest", "--format", "json",
                                    *map(str, paths)))
        rows = exported(tlsrpt(binary, folder, "export", "--format", "ndjson").splitlines())
    wrong = compare(reports, outcome, rows)
    print("\n".join(wrong) if wrong else f"{len(reports)} reports: the same numbers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
