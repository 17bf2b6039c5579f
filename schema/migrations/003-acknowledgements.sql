-- What somebody has said to be known: findings, escalations and changes of records, by their ids.

CREATE TABLE acknowledgement (
    id TEXT PRIMARY KEY CHECK (length(id) = 8),
    acknowledged_at INTEGER NOT NULL CHECK (acknowledged_at >= 0),
    until INTEGER CHECK (until >= 0), -- NULL: for good
    note TEXT
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
