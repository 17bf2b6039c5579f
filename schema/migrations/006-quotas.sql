-- How many reports were let in, for the quotas of a day (max-reports-a-day and
-- max-unauthenticated-a-day). Nothing refers to this table; prune removes its old days.

CREATE TABLE quota (
    day INTEGER NOT NULL, -- of arrival, in days since 1970
    who BLOB NOT NULL CHECK (length(who) = 16), -- a digest of what is counted: see admission.c
    reports INTEGER NOT NULL CHECK (reports > 0),
    PRIMARY KEY (day, who)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 6;
