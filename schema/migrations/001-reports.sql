-- Reports, their rows, quarantine, and the files that were read.
--
-- SQL is an interface too: read the views v_report, v_policy, v_failure and v_sessions at the end
-- of this file, whose columns stay. The tables below may change with any version.
--
-- Times are seconds since 1970 in UTC, NULL where unknown.

PRAGMA application_id = 1414288210; -- "TLSR"

-- Texts that repeat are kept once and referred to by id. A long free text is not looked up
-- (shared = 0): each use has its own.
CREATE TABLE text (
    id INTEGER PRIMARY KEY,
    shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
    text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX text_shared ON text (text) WHERE shared = 1;

-- One row: the next id of the rows (which only grows), the bytes that the quarantine holds, and
-- the sha256 of the list of configured domains that `domain` was brought in line with.
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next_id INTEGER NOT NULL CHECK (next_id > 0),
    quarantine_bytes INTEGER NOT NULL CHECK (quarantine_bytes >= 0),
    configured BLOB NOT NULL
) STRICT;
INSERT INTO state VALUES (1, 1, 0, X'');

-- What makes a policy domain stand for itself.
CREATE TABLE domain (
    name INTEGER PRIMARY KEY REFERENCES text,
    configured INTEGER NOT NULL DEFAULT 0 CHECK (configured IN (0, 1)),
    has_sts INTEGER NOT NULL DEFAULT 0 CHECK (has_sts IN (0, 1)), -- in a counted report
    observed INTEGER NOT NULL DEFAULT 0 CHECK (observed IN (0, 1))
) STRICT;

-- Which domain a policy row counts for: rows refer to this, so that a change of mind is a change
-- of one row here.
CREATE TABLE attribution (
    id INTEGER PRIMARY KEY,
    policy_domain INTEGER REFERENCES text,
    named_domain INTEGER REFERENCES text, -- by TLS-Report-Domain, else by the file name
    policy_type TEXT NOT NULL
        CHECK (policy_type IN ('sts', 'tlsa', 'no-policy-found', 'unknown')),
    domain INTEGER REFERENCES text
) STRICT;
CREATE UNIQUE INDEX attribution_key
    ON attribution (coalesce(policy_domain, 0), policy_type, coalesce(named_domain, 0));

-- The policies that reports quote, each kept once; sha256 is of its content.
CREATE TABLE quoted_policy (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    mode TEXT CHECK (mode IN ('enforce', 'testing', 'none')),
    strings TEXT NOT NULL CHECK (substr(strings, 1, 1) = '['), -- a JSON array
    mx_hosts TEXT NOT NULL CHECK (substr(mx_hosts, 1, 1) = '[') -- a JSON array
) STRICT;

-- The sets of policy domains of reports, as the sha256 of the sorted set: a part of the identity.
CREATE TABLE domain_set (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32)
) STRICT;

-- A report has the id of its first row; its rows have row_count ids in a sequence: a policy, then
-- its failures, then the next policy. A report without rows takes one id for itself.
-- place is 0 for the document that counts for its identity, else made of its sha256.
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL CHECK (place >= 0),
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    report_id TEXT,
    organization INTEGER REFERENCES text,
    contact INTEGER REFERENCES text,
    begin_at INTEGER CHECK (begin_at >= 0),
    end_at INTEGER CHECK (end_at >= 0),
    domains INTEGER NOT NULL REFERENCES domain_set,
    submitter INTEGER REFERENCES text,
    report_domain INTEGER REFERENCES text,
    reporter INTEGER REFERENCES text,
    sent_at INTEGER CHECK (sent_at >= 0),
    received_at INTEGER CHECK (received_at >= 0),
    stored_at INTEGER NOT NULL CHECK (stored_at >= 0),
    -- pass, none, fail. SQLite makes a table of IN (1, 2, 3) at each row.
    authenticated INTEGER NOT NULL CHECK (authenticated BETWEEN 1 AND 3),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    source_folder INTEGER REFERENCES text,
    source_name TEXT,
    warnings INTEGER REFERENCES text -- a JSON array
) STRICT;
-- The identity. report-id first: it tells reports apart best.
CREATE UNIQUE INDEX report_identity ON report (
    coalesce(report_id, lower(hex(sha256))), coalesce(organization, reporter, 0),
    coalesce(begin_at, -1), coalesce(end_at, -1), domains, place);

-- begin_at and counted repeat what the report says, for the index.
CREATE TABLE policy (
    id INTEGER PRIMARY KEY,
    report INTEGER NOT NULL REFERENCES report,
    counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
    position INTEGER NOT NULL CHECK (position >= 0),
    attribution INTEGER NOT NULL REFERENCES attribution,
    quoted INTEGER NOT NULL REFERENCES quoted_policy,
    begin_at INTEGER CHECK (begin_at >= 0),
    successful INTEGER NOT NULL CHECK (successful >= 0),
    failed INTEGER NOT NULL CHECK (failed >= 0),
    unitemised INTEGER NOT NULL CHECK (unitemised >= 0),
    warnings INTEGER REFERENCES text -- a JSON array
) STRICT;
-- All that a summary needs, so that it never touches the table. The time comes first: what arrives
-- together lies together, so that a batch writes few pages.
CREATE INDEX policy_summary ON policy (begin_at, attribution, report, successful, failed)
    WHERE counted = 1;

CREATE TABLE failure (
    id INTEGER PRIMARY KEY,
    policy INTEGER NOT NULL REFERENCES policy,
    result_type INTEGER NOT NULL REFERENCES text,
    result_type_raw INTEGER REFERENCES text,
    cause INTEGER REFERENCES text,
    failed INTEGER NOT NULL CHECK (failed >= 0),
    sending_mta_ip INTEGER REFERENCES text,
    receiving_mx_hostname INTEGER REFERENCES text,
    receiving_mx_helo INTEGER REFERENCES text,
    receiving_ip INTEGER REFERENCES text,
    additional_information INTEGER REFERENCES text,
    failure_reason_code INTEGER REFERENCES text
) STRICT;

-- A report that was counted once and is no longer. The id is of the sequence of the rows.
CREATE TABLE retract (
    id INTEGER PRIMARY KEY,
    report INTEGER NOT NULL REFERENCES report
) STRICT;

-- Mails that claim to be reports and cannot be used. kept is the number of bytes that are kept.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    received_at INTEGER CHECK (received_at >= 0),
    quarantined_at INTEGER NOT NULL CHECK (quarantined_at >= 0),
    size INTEGER NOT NULL CHECK (size >= 0),
    kept INTEGER NOT NULL CHECK (kept >= 0),
    whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
    reason TEXT,
    source TEXT
) STRICT;
CREATE TABLE quarantine_bytes (
    id INTEGER PRIMARY KEY REFERENCES quarantine ON DELETE CASCADE,
    bytes BLOB NOT NULL
) STRICT;
CREATE TRIGGER quarantine_added AFTER INSERT ON quarantine BEGIN
    UPDATE state SET quarantine_bytes = quarantine_bytes + NEW.kept;
END;
CREATE TRIGGER quarantine_removed AFTER DELETE ON quarantine BEGIN
    DELETE FROM quarantine_bytes WHERE id = OLD.id;
    UPDATE state SET quarantine_bytes = max(quarantine_bytes - OLD.kept, 0);
END;

-- The files of Maildirs that were read. name is made of the name before ':': the seconds that it
-- begins with (4 bytes, 0 where there are none), so that neighbours in time lie together, and 12
-- bytes of its sha256. day is the number of days since 1970 when it was read.
CREATE TABLE seen (
    directory INTEGER NOT NULL REFERENCES text,
    name BLOB NOT NULL CHECK (length(name) = 16),
    is_report INTEGER NOT NULL CHECK (is_report IN (0, 1)),
    day INTEGER NOT NULL,
    PRIMARY KEY (directory, name)
) STRICT, WITHOUT ROWID;

-- The interface. Each view shows counted reports only; text is NULL where unknown, times are
-- RFC 3339 in UTC, lists are JSON arrays. begin_at is begin in seconds since 1970: filter by it
-- where the database is large.

-- One row a report.
CREATE VIEW v_report AS
SELECT r.id AS report,
       organization.text AS organization_name,
       contact.text AS contact_info,
       r.report_id AS report_id,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.begin_at, 'unixepoch') AS "begin",
       strftime('%Y-%m-%dT%H:%M:%SZ', r.end_at, 'unixepoch') AS "end",
       r.begin_at AS begin_at,
       submitter.text AS submitter,
       report_domain.text AS report_domain,
       reporter.text AS reporter, -- the submitter's domain, else contact's, else organization
       strftime('%Y-%m-%dT%H:%M:%SZ', r.received_at, 'unixepoch') AS received_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.stored_at, 'unixepoch') AS stored_at,
       CASE r.authenticated WHEN 1 THEN 'pass' WHEN 3 THEN 'fail' ELSE 'none' END
           AS authenticated,
       lower(hex(r.sha256)) AS sha256, -- of the JSON document
       folder.text || coalesce(r.source_name, '') AS source, -- where it came from
       coalesce(warnings.text, '[]') AS warnings -- of the report as a whole
FROM report r
     LEFT JOIN text organization ON organization.id = r.organization
     LEFT JOIN text contact ON contact.id = r.contact
     LEFT JOIN text submitter ON submitter.id = r.submitter
     LEFT JOIN text report_domain ON report_domain.id = r.report_domain
     LEFT JOIN text reporter ON reporter.id = r.reporter
     LEFT JOIN text folder ON folder.id = r.source_folder
     LEFT JOIN text warnings ON warnings.id = r.warnings
WHERE r.place = 0;

-- One row an element of `policies`; domain is the one it counts for.
CREATE VIEW v_policy AS
SELECT p.id AS id,
       p.report AS report,
       p.position AS "index",
       domain.text AS domain,
       policy_domain.text AS policy_domain,
       a.policy_type AS policy_type,
       q.mode AS policy_mode,
       q.strings AS policy_strings,
       q.mx_hosts AS mx_hosts,
       strftime('%Y-%m-%dT%H:%M:%SZ', p.begin_at, 'unixepoch') AS "begin",
       p.begin_at AS begin_at,
       p.successful AS successful_sessions,
       p.failed AS failed_sessions,
       p.unitemised AS unitemised_failures,
       coalesce(warnings.text, '[]') AS warnings
FROM policy p
     JOIN attribution a ON a.id = p.attribution
     JOIN quoted_policy q ON q.id = p.quoted
     LEFT JOIN text domain ON domain.id = a.domain
     LEFT JOIN text policy_domain ON policy_domain.id = a.policy_domain
     LEFT JOIN text warnings ON warnings.id = p.warnings
WHERE p.counted = 1;

-- One row a failure detail; policy is v_policy.id.
CREATE VIEW v_failure AS
SELECT f.id AS id,
       f.policy AS policy,
       p.report AS report,
       domain.text AS domain,
       policy_domain.text AS policy_domain,
       a.policy_type AS policy_type,
       q.mode AS policy_mode,
       strftime('%Y-%m-%dT%H:%M:%SZ', p.begin_at, 'unixepoch') AS "begin",
       p.begin_at AS begin_at,
       result_type.text AS result_type,
       raw.text AS result_type_raw,
       cause.text AS cause,
       f.failed AS failed_sessions,
       sending_mta_ip.text AS sending_mta_ip,
       mx.text AS receiving_mx_hostname,
       helo.text AS receiving_mx_helo,
       receiving_ip.text AS receiving_ip,
       information.text AS additional_information,
       reason.text AS failure_reason_code
FROM failure f
     JOIN policy p ON p.id = f.policy AND p.counted = 1
     JOIN attribution a ON a.id = p.attribution
     JOIN quoted_policy q ON q.id = p.quoted
     LEFT JOIN text domain ON domain.id = a.domain
     LEFT JOIN text policy_domain ON policy_domain.id = a.policy_domain
     LEFT JOIN text result_type ON result_type.id = f.result_type
     LEFT JOIN text raw ON raw.id = f.result_type_raw
     LEFT JOIN text cause ON cause.id = f.cause
     LEFT JOIN text sending_mta_ip ON sending_mta_ip.id = f.sending_mta_ip
     LEFT JOIN text mx ON mx.id = f.receiving_mx_hostname
     LEFT JOIN text helo ON helo.id = f.receiving_mx_helo
     LEFT JOIN text receiving_ip ON receiving_ip.id = f.receiving_ip
     LEFT JOIN text information ON information.id = f.additional_information
     LEFT JOIN text reason ON reason.id = f.failure_reason_code;

-- One row a report and domain: its sessions. Entries of one policy type add up. sts and tlsa may
-- describe the same sessions: of the two, failed is the larger failed count and successful the
-- larger total less that; no-policy-found and unknown add to these.
-- Sums stop at 2^63-1, where sum() would fail: halves of 32 bits are summed, and
-- min(a, 2^63-1 - b) + b is a + b. One GROUP BY alone, so that a condition on begin_at reaches the
-- index.
CREATE VIEW v_sessions AS
WITH halves AS (
    SELECT p.report AS report, a.domain AS domain, p.begin_at AS begin_at,
           sum(p.successful >> 32) FILTER (WHERE a.policy_type = 'sts')
               AS sts_good_high,
           sum(p.successful & 4294967295) FILTER (WHERE a.policy_type = 'sts')
               AS sts_good_low,
           sum(p.failed >> 32) FILTER (WHERE a.policy_type = 'sts')
               AS sts_bad_high,
           sum(p.failed & 4294967295) FILTER (WHERE a.policy_type = 'sts')
               AS sts_bad_low,
           sum(p.successful >> 32) FILTER (WHERE a.policy_type = 'tlsa')
               AS tlsa_good_high,
           sum(p.successful & 4294967295) FILTER (WHERE a.policy_type = 'tlsa')
               AS tlsa_good_low,
           sum(p.failed >> 32) FILTER (WHERE a.policy_type = 'tlsa')
               AS tlsa_bad_high,
           sum(p.failed & 4294967295) FILTER (WHERE a.policy_type = 'tlsa')
               AS tlsa_bad_low,
           sum(p.successful >> 32) FILTER (WHERE a.policy_type NOT IN ('sts', 'tlsa'))
               AS rest_good_high,
           sum(p.successful & 4294967295) FILTER (WHERE a.policy_type NOT IN ('sts', 'tlsa'))
               AS rest_good_low,
           sum(p.failed >> 32) FILTER (WHERE a.policy_type NOT IN ('sts', 'tlsa'))
               AS rest_bad_high,
           sum(p.failed & 4294967295) FILTER (WHERE a.policy_type NOT IN ('sts', 'tlsa'))
               AS rest_bad_low
    FROM policy p JOIN attribution a ON a.id = p.attribution
    WHERE p.counted = 1
    GROUP BY p.begin_at, p.report, a.domain
), whole AS (
    SELECT report, domain, begin_at,
           CASE WHEN sts_good_high + (sts_good_low >> 32) > 2147483647 THEN 9223372036854775807
                ELSE coalesce((sts_good_high << 32) + sts_good_low, 0) END AS sts_good,
           CASE WHEN sts_bad_high + (sts_bad_low >> 32) > 2147483647 THEN 9223372036854775807
                ELSE coalesce((sts_bad_high << 32) + sts_bad_low, 0) END AS sts_bad,
           CASE WHEN tlsa_good_high + (tlsa_good_low >> 32) > 2147483647 THEN 9223372036854775807
                ELSE coalesce((tlsa_good_high << 32) + tlsa_good_low, 0) END AS tlsa_good,
           CASE WHEN tlsa_bad_high + (tlsa_bad_low >> 32) > 2147483647 THEN 9223372036854775807
                ELSE coalesce((tlsa_bad_high << 32) + tlsa_bad_low, 0) END AS tlsa_bad,
           CASE WHEN rest_good_high + (rest_good_low >> 32) > 2147483647 THEN 9223372036854775807
                ELSE coalesce((rest_good_high << 32) + rest_good_low, 0) END AS rest_good,
           CASE WHEN rest_bad_high + (rest_bad_low >> 32) > 2147483647 THEN 9223372036854775807
                ELSE coalesce((rest_bad_high << 32) + rest_bad_low, 0) END AS rest_bad
    FROM halves
), merged AS (
    SELECT report, domain, begin_at, rest_good, rest_bad,
           max(min(sts_good, 9223372036854775807 - sts_bad) + sts_bad,
               min(tlsa_good, 9223372036854775807 - tlsa_bad) + tlsa_bad) AS total,
           max(sts_bad, tlsa_bad) AS bad
    FROM whole
)
SELECT s.report AS report,
       domain.text AS domain,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.begin_at, 'unixepoch') AS "begin",
       s.begin_at AS begin_at,
       min(s.total - s.bad, 9223372036854775807 - s.rest_good) + s.rest_good
           AS successful_sessions,
       min(s.bad, 9223372036854775807 - s.rest_bad) + s.rest_bad AS failed_sessions
FROM merged s LEFT JOIN text domain ON domain.id = s.domain;

PRAGMA user_version = 1;
