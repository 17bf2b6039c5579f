-- When reports came for each attribution, so that whoever asks whether a domain has fallen silent need
-- not read the whole history. Made of the counted policies whose begin is known.

CREATE TABLE arrival (
    attribution INTEGER PRIMARY KEY REFERENCES attribution,
    last_begin INTEGER NOT NULL CHECK (last_begin >= 0),
    last_end INTEGER NOT NULL CHECK (last_end >= 0), -- the latest end, else begin
    -- Bit n: a report begins n days before the day of last_begin, n up to 14.
    days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 32767)
) STRICT;

WITH daily AS MATERIALIZED (
    SELECT p.attribution AS attribution, p.begin_at / 86400 AS day, max(p.begin_at) AS begin_at,
           max(coalesce(r.end_at, p.begin_at)) AS end_at
    FROM policy p CROSS JOIN report r ON r.id = p.report
    WHERE p.counted = 1 AND p.begin_at IS NOT NULL
    GROUP BY 1, 2
), latest AS MATERIALIZED (
    SELECT attribution, max(begin_at) AS begin_at, max(end_at) AS end_at FROM daily GROUP BY 1
)
INSERT INTO arrival
SELECT l.attribution, l.begin_at, l.end_at, sum(1 << (l.begin_at / 86400 - d.day))
FROM latest l JOIN daily d
     ON d.attribution = l.attribution AND d.day >= l.begin_at / 86400 - 14
GROUP BY l.attribution;

PRAGMA user_version = 7;
