-- The tables in ClickHouse, for 18.16 (Debian 12) and current versions alike. Run it on each server:
--     clickhouse-client --multiquery < schema.sql
-- The cluster `tlsrpt` is in the servers' configuration (cluster.xml); one server is a cluster too.
--
-- Unknown texts are empty, unknown times are 0: as SQLite's NULL. A time after 2105 is the last of 2105.

CREATE DATABASE IF NOT EXISTS tlsrpt;

-- One row is what a report says of one policy domain, as one ingest host has it. Its policies and failures are
-- arrays: a report that takes the place of another has the same policy domains, or it would not be the same
-- report, so its rows replace the other's whole, even where it has fewer policies.
--
-- id only grows on its host: what was loaded twice is one row, and the newer report wins. A report that was
-- superseded gets rows with the id of its `retract` and counted = 0. policy_domain, and not domain, is in the key:
-- which domain a policy counts for may become known later.
CREATE TABLE IF NOT EXISTS tlsrpt.report_local (
    day Date,                   -- of begin_at
    policy_domain String,
    identity UInt64,            -- hash of organisation, report-id, range and set of policy domains
    host String,                -- which ingest host
    id UInt64,                  -- of the first row, or of the retract row
    counted UInt8,
    document UInt64,            -- the first 16 digits of the document's sha256
    preference UInt64,          -- between hosts: better authenticated, then received later, counts
    organization_name String,
    contact_info String,
    report_id String,
    begin_at DateTime,
    end_at DateTime,
    submitter String,
    reporter String,            -- the submitter's domain, else contact's, else organisation
    received_at DateTime,
    authenticated String,
    -- The sessions of the report, each counted once, by the domain they count for: in one of its rows.
    sessions Nested (domain String, successful UInt64, failed UInt64),
    policies Nested (
        position UInt32, domain String, policy_type String, policy_mode String, policy_strings Array(String),
        mx_hosts Array(String), successful UInt64, failed UInt64, unitemised UInt64, warnings Array(String)),
    failures Nested (
        position UInt32, domain String, policy_type String, policy_mode String, result_type String,
        result_type_raw String, class String, cause String, failed UInt64, sending_mta_ip String,
        receiving_mx_hostname String, receiving_mx_helo String, receiving_ip String,
        additional_information String, failure_reason_code String)
) ENGINE = ReplacingMergeTree(id)
-- No more than 84 of them, whatever dates strangers write: an insert may touch 100.
PARTITION BY least(greatest(toYear(day), 2017), 2100)
ORDER BY (policy_domain, day, identity, host);

-- Sharded by domain: all that replaces a row is where it is.
CREATE TABLE IF NOT EXISTS tlsrpt.report AS tlsrpt.report_local
ENGINE = Distributed(tlsrpt, tlsrpt, report_local, cityHash64(policy_domain));

-- The sessions of each domain and day, added up. The loader fills it anew for the days it touched: a MATERIALIZED
-- VIEW adds what is inserted, and would count twice what is loaded twice, and what is retracted for ever.
CREATE TABLE IF NOT EXISTS tlsrpt.daily_local (
    domain String,
    day Date,
    reports UInt64,
    successful UInt64,
    failed UInt64,
    refreshed DateTime
) ENGINE = ReplacingMergeTree(refreshed)
PARTITION BY least(greatest(toYear(day), 2017), 2100)
ORDER BY (domain, day);

CREATE TABLE IF NOT EXISTS tlsrpt.daily AS tlsrpt.daily_local
ENGINE = Distributed(tlsrpt, tlsrpt, daily_local, cityHash64(domain));

-- How far each ingest host is loaded, and the days that daily does not have yet.
CREATE TABLE IF NOT EXISTS tlsrpt.place_local (
    host String,
    id UInt64,
    days Array(Date)
) ENGINE = ReplacingMergeTree(id)
ORDER BY host;

CREATE TABLE IF NOT EXISTS tlsrpt.place AS tlsrpt.place_local
ENGINE = Distributed(tlsrpt, tlsrpt, place_local, cityHash64(host));

-- The views: what counts, each report once, whichever hosts have it.

-- A row: the sessions of a domain in a report.
CREATE VIEW IF NOT EXISTS tlsrpt.v_sessions AS
SELECT day, domain, reporter, successful, failed
FROM (
    SELECT day, policy_domain, identity,
           argMax(reporter, preference) AS reporter,
           argMax(`sessions.domain`, preference) AS domains,
           argMax(`sessions.successful`, preference) AS good_counts,
           argMax(`sessions.failed`, preference) AS bad_counts
    FROM tlsrpt.report FINAL
    WHERE counted = 1
    GROUP BY day, policy_domain, identity
)
ARRAY JOIN domains AS domain, good_counts AS successful, bad_counts AS failed;

-- A row: a failure of a policy.
CREATE VIEW IF NOT EXISTS tlsrpt.v_failure AS
SELECT day, policy_domain, reporter, domain, policy_type, result_type, cause, failed, sending_mta_ip,
       receiving_mx_hostname, receiving_ip
FROM (
    SELECT day, policy_domain, identity,
           argMax(reporter, preference) AS reporter,
           argMax(`failures.domain`, preference) AS domains,
           argMax(`failures.policy_type`, preference) AS policy_types,
           argMax(`failures.result_type`, preference) AS result_types,
           argMax(`failures.cause`, preference) AS causes,
           argMax(`failures.failed`, preference) AS counts,
           argMax(`failures.sending_mta_ip`, preference) AS sending_mta_ips,
           argMax(`failures.receiving_mx_hostname`, preference) AS receiving_mx_hostnames,
           argMax(`failures.receiving_ip`, preference) AS receiving_ips
    FROM tlsrpt.report FINAL
    WHERE counted = 1
    GROUP BY day, policy_domain, identity
)
ARRAY JOIN domains AS domain, policy_types AS policy_type, result_types AS result_type, causes AS cause,
           counts AS failed, sending_mta_ips AS sending_mta_ip,
           receiving_mx_hostnames AS receiving_mx_hostname, receiving_ips AS receiving_ip;
