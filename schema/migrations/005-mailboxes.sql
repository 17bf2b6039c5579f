-- How far each IMAP mailbox was fetched, and what is still to be done to its mails.

CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    user TEXT NOT NULL,
    folder TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL CHECK (uidvalidity BETWEEN 1 AND 4294967295),
    last_uid INTEGER NOT NULL CHECK (last_uid BETWEEN 0 AND 4294967295), -- it and all before are done
    fetched_at INTEGER NOT NULL CHECK (fetched_at >= 0),
    UNIQUE (host, user, folder)
) STRICT;

CREATE TABLE mailbox_mail (
    mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    uid INTEGER NOT NULL CHECK (uid BETWEEN 1 AND 4294967295),
    -- 0: was a report, to be treated by `after`; 1: is in quarantine, by `after-failed`;
    -- 2: could not be fetched, to be tried again
    todo INTEGER NOT NULL CHECK (todo BETWEEN 0 AND 2),
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
