"""The short form of a scenario's reports and observations, made long. README.md describes it.

A fault of form (an unknown key, an observation like the one before it where there is none) raises
FormError, so that a misspelt key never passes for a default."""
import base64
import copy
import gzip
import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

HERE = Path(__file__).resolve().parent
DOMAIN = "example.com"
AUTHSERV_ID = "mx.example.net"

POLICY_KEYS = {"url", "status", "http_status", "content_type", "body", "certificate_not_after",
               "detail", "addresses", "body_lines"}
SMTP_KEYS = {"status", "starttls", "banner", "starttls_reply", "tls_version", "helo", "certificate",
             "chain", "certificate_without_sni", "dane", "detail"}
CERTIFICATE_KEYS = {"names", "issuer", "not_before", "not_after", "trust", "matches_mx",
                    "spki_sha256", "cert_sha256"}
LOOKUP_WORDS = {"nodata", "nxdomain", "servfail", "timeout", "bogus"}
NO_ANSWER = {"connect-error", "timeout", "refused", "not-probed"}


class FormError(Exception):
    pass


def need_keys(what: str, given: Dict[str, Any], allowed: set) -> None:
    if not isinstance(given, dict):
        raise FormError(f"{what} is no object")
    for key in given:
        if key not in allowed:
            raise FormError(f"{what}: unknown key {key!r}")


def sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def load(path: Path) -> Any:
    """JSON in which {sha256:WORDS} stands for the digest of WORDS."""
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(re.sub(r"\{sha256:([^{}]*)\}", lambda m: sha256(m[1]), text))
    except ValueError as fault:
        raise FormError(f"{path.name}: {fault}") from fault


# ---- observations -------------------------------------------------------------------------

def healthy_of(domain: str, shared: bool) -> Dict[str, Any]:
    """healthy.json, as it is or as that of another domain: with hosts and addresses of its own, or
    with the MX hosts of example.com."""
    text = (HERE / "healthy.json").read_text(encoding="utf-8")
    if domain != DOMAIN:
        hosts = r"(?<!mx1\.)(?<!mx2\.)" if shared else ""
        text = re.sub(hosts + re.escape(DOMAIN), domain, text)
        if not shared:
            text = text.replace("192.0.2.", "203.0.113.")
    return json.loads(re.sub(r"\{sha256:([^{}]*)\}", lambda m: sha256(m[1]), text))


def certificate_of(mx: str, default: Dict[str, Any]) -> Dict[str, Any]:
    return dict(copy.deepcopy(default), names=[mx], spki_sha256=sha256("key of " + mx),
                cert_sha256=sha256("certificate of " + mx))


def healthy_probe(mx: str, default: Dict[str, Any]) -> Dict[str, Any]:
    """The answer of a server that is in order."""
    probe = copy.deepcopy(default)
    probe.update(banner=f"220 {mx} ESMTP", helo=mx,
                 certificate=certificate_of(mx, default["certificate"]))
    return probe


def merged_certificate(mx: str, default: Dict[str, Any], old: Optional[Dict[str, Any]],
                       new: Optional[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    if new is None:
        return None
    need_keys("certificate", new, CERTIFICATE_KEYS)
    return dict(old or certificate_of(mx, default), **new)


def merged_probe(mx: str, default: Dict[str, Any], old: Optional[Dict[str, Any]],
                 new: Dict[str, Any]) -> Dict[str, Any]:
    """NEW over OLD, or over an answer in order where OLD is none; what cannot be seen is null."""
    need_keys(f"smtp of {mx}", new, SMTP_KEYS)
    status = new.get("status", "ok")
    if not old or old["status"] != "ok" or not old["starttls"]:
        old = healthy_probe(mx, default)
    probe = copy.deepcopy(old)
    blank: Dict[str, Any] = {}
    if status in NO_ANSWER:
        blank = {"starttls": None, "banner": None, "starttls_reply": None, "helo": None}
    elif status == "ok" and new.get("starttls") is False:
        blank = {"starttls_reply": None}
    reply = new.get("starttls_reply")
    refused = reply is not None and not reply.startswith("220")
    if blank or refused or status != "ok":
        blank.update(tls_version=None, certificate=None, chain=[], certificate_without_sni=None,
                     dane="not-checked")
    probe.update(blank)
    for key, value in new.items():
        if key == "certificate":
            value = merged_certificate(mx, default["certificate"], probe["certificate"], value)
        elif key == "certificate_without_sni":
            value = merged_certificate(mx, default["certificate"], None, value)
        probe[key] = value
    return probe


def blank_policy(domain: str) -> Dict[str, Any]:
    return {"url": f"https://mta-sts.{domain}/.well-known/mta-sts.txt", "status": "not-fetched",
            "http_status": None, "content_type": None, "body": None,
            "certificate_not_after": None, "detail": None, "addresses": []}


def merged_policy(domain: str, good: Dict[str, Any], old: Optional[Dict[str, Any]],
                  new: Dict[str, Any]) -> Dict[str, Any]:
    need_keys("policy", new, POLICY_KEYS)
    status = new.get("status", "ok")
    policy = copy.deepcopy(old if status == "ok" and old and old["status"] == "ok" else good)
    if status != "ok":
        policy = blank_policy(domain)
        if status in ("http-error", "redirect", "too-large"):
            policy.update(certificate_not_after=good["certificate_not_after"],
                          http_status={"http-error": 404, "redirect": 301}.get(status, 200))
        policy["addresses"] = [{"address": a["address"]} for a in good["addresses"]]
    policy.update({k: v for k, v in new.items() if k != "body_lines"}, status=status)
    if "body_lines" in new:
        policy["body"] = "".join(line + "\n" for line in new["body_lines"])
    if status in ("no-host", "dns-error") and "addresses" not in new:
        policy["addresses"] = []
    if "addresses" not in new:  # every address serves the same
        policy["addresses"] = [{"address": a["address"]} for a in policy["addresses"]]
    policy["addresses"] = [served_at(policy, a) for a in policy["addresses"]]
    return policy


def served_at(policy: Dict[str, Any], given: Dict[str, Any]) -> Dict[str, Any]:
    need_keys("addresses of policy", given,
              {"address", "status", "http_status", "body_sha256", "body_lines"})
    body = policy["body"]
    if "body_lines" in given:
        body = "".join(line + "\n" for line in given["body_lines"])
    out = {"address": given["address"], "status": given.get("status", policy["status"])}
    out["http_status"] = given.get("http_status",
                                   policy["http_status"] if out["status"] == policy["status"]
                                   else 200 if out["status"] == "ok" else None)
    out["body_sha256"] = given.get("body_sha256", sha256(body)
                                   if body is not None and out["status"] == "ok" else None)
    return out


class Published:
    """What a domain publishes, changed step by step."""

    def __init__(self, domain: str, shared: bool = False):
        self.domain = domain
        self.good = healthy_of(domain, shared)
        self.good_policy = merged_policy(domain, blank_policy(domain), None, self.good["policy"])
        # (name, type): the list of records, or the look-up's status
        self.answers: Dict[Tuple[str, str], Any] = {}
        self.dnssec: Dict[Tuple[str, str], str] = {}
        self.ttl: Dict[Tuple[str, str], int] = {}
        self.policy: Optional[Dict[str, Any]] = None
        self.smtp: Dict[Tuple[str, str], List[Dict[str, Any]]] = {}
        self.authorities: List[Dict[str, Any]] = []

    def key(self, words: str) -> Tuple[str, str]:
        parts = words.split(" ")
        if len(parts) != 2:
            raise FormError(f"{words!r} should be a name, a blank, and a type or address")
        return parts[0], parts[1]

    def change(self, given: Dict[str, Any]) -> None:
        for words, answer in given.get("records", {}).items():
            key = self.key(words)
            if answer is None:
                self.answers.pop(key, None)
            elif isinstance(answer, list) or answer in LOOKUP_WORDS:
                self.answers[key] = answer
            else:
                raise FormError(f"records: {words}: a list, a look-up's status, or null")
        for words, value in given.get("dnssec", {}).items():
            self.dnssec[self.key(words)] = value
        for words, value in given.get("ttl", {}).items():
            self.ttl[self.key(words)] = value
        if "policy" in given:
            self.policy = None if given["policy"] is None else merged_policy(
                self.domain, self.good_policy, self.policy, given["policy"])
        for words, probes in given.get("smtp", {}).items():
            mx, address = self.key(words)
            old = self.smtp.pop((mx, address), [])
            if probes is None:
                continue
            default = self.good["smtp_default"]
            if isinstance(probes, list):
                made = [merged_probe(mx, default, None, probe) for probe in probes]
            else:
                made = [merged_probe(mx, default, old[0] if old else None, probes)]
            self.smtp[mx, address] = made
        if "authorities" in given:
            self.authorities = given["authorities"]

    def document(self, taken_at: str) -> Dict[str, Any]:
        records, lookups = [], []
        for key, answer in self.answers.items():
            common = {"name": key[0], "type": key[1], "dnssec": self.dnssec.get(key, "insecure")}
            if isinstance(answer, list):
                records += [dict(common, ttl=self.ttl.get(key, 300), value=v) for v in answer]
            else:
                lookups.append(dict(common, status=answer))
        out = {"domain": self.domain, "taken_at": taken_at, "records": records,
               "lookups": lookups, "authorities": self.authorities}
        if self.policy is not None:
            out["policy"] = self.policy
        out["smtp"] = [dict(probe, mx=mx, address=address)
                       for (mx, address), probes in self.smtp.items() for probe in probes]
        return copy.deepcopy(out)


def published(given: List[Dict[str, Any]], main: str = DOMAIN) -> List[Dict[str, Any]]:
    """The observations of published.json."""
    out = []
    latest: Dict[str, Published] = {}
    for number, entry in enumerate(given):
        need_keys(f"published.json, entry {number + 1}", entry,
                  {"at", "domain", "like", "records", "dnssec", "ttl", "policy", "smtp",
                   "authorities", "about"})
        domain, like = entry.get("domain", main), entry.get("like", "healthy")
        if like == "before":
            if domain not in latest:
                raise FormError(f"published.json, entry {number + 1}: nothing before it")
            state = latest[domain]
        elif like in ("healthy", "shared", "nothing"):
            state = Published(domain, like == "shared")
            if like != "nothing":
                state.change({k: v for k, v in state.good.items() if k != "smtp_default"})
        else:
            raise FormError(f"published.json, entry {number + 1}: like {like!r}")
        state.change(entry)
        latest[domain] = state
        out.append(state.document(entry["at"]))
    return out


# ---- reports ------------------------------------------------------------------------------

FAILURE_KEYS = {"type": "result-type", "count": "failed-session-count",
                "mx": "receiving-mx-hostname", "ip": "receiving-ip", "sending": "sending-mta-ip",
                "helo": "receiving-mx-helo", "reason": "failure-reason-code",
                "information": "additional-information"}


def policy_lines(domain: str) -> List[str]:
    return healthy_of(domain, False)["policy"]["body_lines"]


def policy_entry(given: Dict[str, Any], domain: str) -> Dict[str, Any]:
    need_keys("policies", given, {"type", "domain", "policy", "mx_hosts", "successful", "failed",
                                  "failures"})
    policy: Dict[str, Any] = {"policy-type": given["type"],
                              "policy-domain": given.get("domain", domain)}
    if "policy" in given:
        policy["policy-string"] = (policy_lines(domain) if given["policy"] == "healthy"
                                   else given["policy"])
    if "mx_hosts" in given:
        policy["mx-host"] = given["mx_hosts"]
    out: Dict[str, Any] = {"policy": policy, "summary": {
        "total-successful-session-count": given.get("successful", 0),
        "total-failure-session-count": given.get("failed", 0)}}
    if "failures" in given:
        out["failure-details"] = []
        for failure in given["failures"]:
            need_keys("failures", failure, set(FAILURE_KEYS))
            out["failure-details"].append({FAILURE_KEYS[k]: v for k, v in failure.items()})
    return out


def moment(text: str) -> datetime:
    """RFC 3339, 24:00 included, in UTC."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)",
                         text)
    if not found:
        raise FormError(f"{text!r} is no RFC 3339 time")
    zone = found[5].upper()
    offset = timedelta(0)
    if zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    if zone.startswith("-"):
        offset = -offset
    day = datetime.strptime(found[1], "%Y-%m-%d").replace(tzinfo=timezone.utc)
    time = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4]))
    return day + time - offset


def report(given: Dict[str, Any], number: int, main: str = DOMAIN) -> Tuple[Dict[str, Any], bytes]:
    """The report as JSON, and the mail that brings it."""
    need_keys(f"reports.json, entry {number + 1}", given,
              {"reporter", "day", "begin", "end", "authenticated", "domain", "id", "contact",
               "organization", "submitter", "policies", "about"})
    reporter, domain = given["reporter"], given.get("domain", main)
    if ("day" in given) == ("begin" in given):
        raise FormError(f"reports.json, entry {number + 1}: either day, or begin and end")
    begin = given.get("begin", f"{given.get('day')}T00:00:00Z")
    end = given.get("end", f"{given.get('day')}T23:59:59Z")
    document = {"organization-name": given.get("organization", reporter),
                "date-range": {"start-datetime": begin, "end-datetime": end},
                "contact-info": given.get("contact", f"tls@{reporter}"),
                "report-id": given.get("id", f"{begin}.{number + 1}@{reporter}"),
                "policies": [policy_entry(p, domain) for p in given["policies"]]}
    submitter = given.get("submitter", reporter)
    sent = (moment(end) + timedelta(days=1)).replace(hour=6, minute=0, second=0)
    authenticated = given.get("authenticated", "none")
    return document, mail(document, domain, submitter, sent, authenticated, number)


def mail(document: Dict[str, Any], domain: str, submitter: Optional[str], sent: datetime,
         authenticated: str, number: int) -> bytes:
    body = gzip.compress(json.dumps(document, ensure_ascii=False).encode(), mtime=0)
    sender = submitter or "reports.example"
    lines = []
    if authenticated in ("pass", "fail"):
        lines.append(f"Authentication-Results: {AUTHSERV_ID}; dkim={authenticated} "
                     f"header.d={sender}")
    elif authenticated != "none":
        raise FormError(f"authenticated {authenticated!r}")
    lines += [f"From: <tls@{sender}>", f"To: <tlsrpt@{domain}>",
              f"Date: {sent.strftime('%a, %d %b %Y %H:%M:%S +0000')}",
              f"Message-ID: <{number + 1}@{sender}>", f"Subject: Report Domain: {domain}",
              f"TLS-Report-Domain: {domain}"]
    if submitter is not None:
        lines.append(f"TLS-Report-Submitter: {submitter}")
    encoded = base64.encodebytes(body).decode().strip()
    lines += ["MIME-Version: 1.0",
              'Content-Type: multipart/report; report-type="tlsrpt"; boundary="part"', "",
              "--part", "Content-Type: text/plain", "", "A report of TLS sessions.", "--part",
              "Content-Type: application/tlsrpt+gzip",
              "Content-Transfer-Encoding: base64", "", encoded, "--part--", ""]
    return "\n".join(lines).encode()


def reports(given: List[Dict[str, Any]], main: str = DOMAIN) -> List[bytes]:
    return [report(entry, number, main)[1] for number, entry in enumerate(given)]
