#!/usr/bin/env python3
"""peer.py MAILDIR DATABASE: what a plain script makes of the same mails: email, gzip, json, sqlite3."""
import email, email.policy, gzip, json, os, sqlite3, sys

folder, path = sys.argv[1:]
database = sqlite3.connect(path)
database.executescript("""
    CREATE TABLE report (id INTEGER PRIMARY KEY, organization TEXT, report_id TEXT, begin TEXT, end TEXT,
                         submitter TEXT, UNIQUE (organization, report_id, begin, end));
    CREATE TABLE policy (id INTEGER PRIMARY KEY, report INTEGER, domain TEXT, type TEXT, strings TEXT,
                         successful INTEGER, failed INTEGER);
    CREATE TABLE failure (policy INTEGER, result_type TEXT, sending_ip TEXT, mx TEXT, receiving_ip TEXT,
                          failed INTEGER);
""")
stored = 0
for name in sorted(os.listdir(os.path.join(folder, "new"))):
    with open(os.path.join(folder, "new", name), "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() != "application/tlsrpt+gzip":
            continue
        report = json.loads(gzip.decompress(part.get_payload(decode=True)))
        dates = report["date-range"]
        row = database.execute("INSERT OR IGNORE INTO report VALUES (NULL, ?, ?, ?, ?, ?)", (
            report["organization-name"], report["report-id"], dates["start-datetime"], dates["end-datetime"],
            message["TLS-Report-Submitter"]))
        if not row.rowcount:
            continue
        stored += 1
        for entry in report["policies"]:
            policy, summary = entry["policy"], entry["summary"]
            policy_id = database.execute("INSERT INTO policy VALUES (NULL, ?, ?, ?, ?, ?, ?)", (
                row.lastrowid, policy["policy-domain"], policy["policy-type"], json.dumps(policy.get("policy-string")),
                summary["total-successful-session-count"], summary["total-failure-session-count"])).lastrowid
            database.executemany("INSERT INTO failure VALUES (?, ?, ?, ?, ?, ?)", [
                (policy_id, row["result-type"], row.get("sending-mta-ip"), row.get("receiving-mx-hostname"),
                 row.get("receiving-ip"), row["failed-session-count"]) for row in entry.get("failure-details") or []])
database.commit()
print(stored)
