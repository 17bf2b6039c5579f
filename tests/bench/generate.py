#!/usr/bin/env python3
"""generate.py FOLDER COUNT [FIRST]: a Maildir of COUNT reports in the shape of a large sender's, 4 to 5 KB
each, of 997 domains, one a day each, over 336 days of 2026 and then again. Mail number N, from
FIRST (0) on, is the same at every call."""
import base64, gzip, hashlib, json, os, random, sys

HOSTS = ["mx1", "mx2", "mx3"]
RESULTS = ["certificate-expired", "starttls-not-supported", "validation-failure", "sts-policy-fetch-error"]


def document(number: int, chance: random.Random) -> dict:
    domain = f"d{number % 997}.example"
    day = 1 + number // 997 % 28
    date = f"2026-{1 + number // (997 * 28) % 12:02}-{day:02}"
    failures = []
    if chance.random() < 0.2:
        for _ in range(chance.randrange(1, 5)):
            failures.append({
                "result-type": chance.choice(RESULTS),
                "sending-mta-ip": f"198.51.100.{chance.randrange(256)}",
                "receiving-ip": f"203.0.113.{chance.randrange(256)}",
                "receiving-mx-hostname": f"{chance.choice(HOSTS)}.{domain}",
                "failed-session-count": chance.randrange(1, 9),
            })
    return {
        "organization-name": "Reporter One Inc.",
        "date-range": {"start-datetime": f"{date}T00:00:00Z", "end-datetime": f"{date}T23:59:59Z"},
        "contact-info": "smtp-tls-reporting@one.example",
        "report-id": f"{date}T00:00:00Z_{number}_{domain}",
        "policies": [{
            "policy": {"policy-type": "sts", "policy-domain": domain,
                       "policy-string": ["version: STSv1", "mode: enforce", f"mx: mx1.{domain}",
                                         f"mx: mx2.{domain}", f"mx: mx3.{domain}", "max_age: 604800"],
                       "mx-host": [f"{host}.{domain}" for host in HOSTS]},
            "summary": {"total-successful-session-count": chance.randrange(1, 5000),
                        "total-failure-session-count": sum(f["failed-session-count"] for f in failures)},
            "failure-details": failures,
        }],
    }


def mail(number: int, chance: random.Random) -> bytes:
    report = document(number, chance)
    domain = report["policies"][0]["policy"]["policy-domain"]
    packed = base64.encodebytes(gzip.compress(json.dumps(report, indent=1).encode(), mtime=0)).decode()
    signature = "\n ".join(base64.b64encode(chance.randbytes(48)).decode() for _ in range(10))
    trace = "".join(f"Received: from out{hop}.one.example (out{hop}.one.example [192.0.2.{hop + 1}])\n by mx{hop}.example.net"
                    f" with ESMTPS id {chance.randrange(1 << 40):x}\n for <tlsrpt@{domain}>; Tue, 09 Jun 2026 02:00:0{hop} +0000\n"
                    for hop in range(4))
    return (f"Return-Path: <bounces@one.example>\n{trace}"
            f"Authentication-Results: mx.example.net; dkim=pass header.d=one.example header.i=@one.example;\n"
            f" spf=pass smtp.mailfrom=one.example\n"
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=one.example; s=s1;\n"
            f" h=to:from:subject:message-id:tls-report-submitter:tls-report-domain:date;\n b={signature}\n"
            f"X-DKIM-Signature: v=1; a=rsa-sha256; d=other.example;\n b={signature}\n"
            f"X-Message-State: {signature}\n"
            f"Date: Tue, 09 Jun 2026 02:00:00 +0000\nFrom: noreply-smtp-tls-reporting@one.example\nTo: tlsrpt@{domain}\n"
            f"TLS-Report-Domain: {domain}\nTLS-Report-Submitter: one.example\n"
            f"Subject: Report Domain: {domain} Submitter: one.example Report-ID: <{number}@one.example>\n"
            f"Message-ID: <{number}@one.example>\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/report; boundary="b{number}"; report-type=tlsrpt\n\n'
            f"--b{number}\nContent-Type: text/plain; charset=\"UTF-8\"\n\nThis is an aggregate TLS report from one.example\n\n"
            f'--b{number}\nContent-Type: application/tlsrpt+gzip;\n name="one.example!{domain}!1!2!{number}.json.gz"\n'
            f"Content-Disposition: attachment;\n filename=\"one.example!{domain}!1!2!{number}.json.gz\"\n"
            f"Content-Transfer-Encoding: base64\n\n{packed}\n--b{number}--\n").encode()


def main() -> None:
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    folder, count = sys.argv[1], int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    for part in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    for number in range(first, first + count):
        data = mail(number, random.Random(number))
        name = f"{1780970000 + number}.{hashlib.sha1(data).hexdigest()[:12]}.mx"
        with open(os.path.join(folder, "new", name), "wb") as file:
            file.write(data)


main()
