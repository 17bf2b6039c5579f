-- What somebody was notified of (tlsrpt check --notify), so that it is told once.

CREATE TABLE escalation (
    id TEXT PRIMARY KEY CHECK (length(id) = 8), -- of the finding
    domain TEXT NOT NULL,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    severity INTEGER NOT NULL,
    failed_sessions INTEGER NOT NULL CHECK (failed_sessions >= 0),
    opened_at INTEGER NOT NULL CHECK (opened_at >= 0),
    notified_at INTEGER NOT NULL CHECK (notified_at >= 0),
    closed_at INTEGER CHECK (closed_at >= 0) -- NULL: open
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
