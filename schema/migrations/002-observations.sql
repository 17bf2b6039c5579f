-- What domains publish: observations, stored by content.
--
-- The view v_observation at the end is the interface; the tables may change with any version.

-- A piece of an observation (the records of one name and type, the policy, all probes of one MX)
-- as canonical JSON without the times to live; sha256 is of the JSON.
CREATE TABLE observed_part (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    json TEXT NOT NULL CHECK (substr(json, 1, 1) = '{')
) STRICT;

-- All that one observation found, as the list of its parts; whoever finds the same again refers to
-- it. sha256 is of the digests of its parts, in their order.
CREATE TABLE observed_content (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    parts TEXT NOT NULL CHECK (substr(parts, 1, 1) = '['), -- a JSON array of observed_part.id
    part_count INTEGER NOT NULL CHECK (part_count >= 0),
    mx_hosts TEXT CHECK (substr(mx_hosts, 1, 1) = '['), -- a JSON array; NULL: they are not known
    ttls BLOB NOT NULL -- of its parts, as the first observation of this content has them
) STRICT;

-- ttls is NULL where it is that of the content.
CREATE TABLE observation (
    domain INTEGER NOT NULL REFERENCES text,
    taken_at INTEGER NOT NULL CHECK (taken_at >= 0),
    content INTEGER NOT NULL REFERENCES observed_content,
    ttls BLOB,
    PRIMARY KEY (domain, taken_at)
) STRICT, WITHOUT ROWID;

-- The MX hosts of each domain by its latest observation that knows them.
CREATE TABLE mx_of (
    mx INTEGER NOT NULL REFERENCES text,
    domain INTEGER NOT NULL REFERENCES text,
    PRIMARY KEY (mx, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX mx_of_domain ON mx_of (domain);

-- One row an observation and part.
CREATE VIEW v_observation AS
SELECT domain.text AS domain,
       strftime('%Y-%m-%dT%H:%M:%SZ', o.taken_at, 'unixepoch') AS taken_at,
       o.taken_at AS taken_at_seconds,
       o.content AS content, -- the same where nothing changed
       part.json AS part
FROM observation o
     JOIN text domain ON domain.id = o.domain
     JOIN observed_content c ON c.id = o.content
     JOIN json_each(c.parts) listed
     JOIN observed_part part ON part.id = listed.value;

PRAGMA user_version = 2;
