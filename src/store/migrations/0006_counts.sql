-- How many logins, sign-ups and refusals there were each day, and a log that is narrowed by anything.

-- One for each event that counts, written with it. They are added up apart from it, so that no two logins wait for
-- one another's sum.
CREATE TABLE uncounted_events (
    event_id        TEXT PRIMARY KEY,
    what            TEXT NOT NULL,
    day             BIGINT NOT NULL,
    organization_id TEXT,
    connection_id   TEXT
);

-- Of everything, and of each organization and connection. Days since 1970, in UTC.
CREATE TABLE event_counts (
    about TEXT NOT NULL,
    id    TEXT NOT NULL,
    day   BIGINT NOT NULL,
    what  TEXT NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (about, id, day, what)
);

CREATE INDEX event_counts_most ON event_counts (about, what, day, id, total);
CREATE INDEX event_counts_by_day ON event_counts (day);

-- The events that are there. Why a login was refused stood in no column of its own.
INSERT INTO event_counts (about, id, day, what, total)
SELECT about, id, day, what, COUNT(*)
FROM (
    SELECT places.about,
        CASE places.about WHEN 'organization' THEN events.organization_id
            WHEN 'connection' THEN events.connection_id ELSE '' END AS id,
        events.date / 86400000 AS day,
        CASE
            WHEN events.type = 's' THEN 'login'
            WHEN events.type = 'ss' THEN 'signup'
            WHEN events.type IN ('fp', 'fu') THEN 'wrong_credentials'
            WHEN events.description LIKE 'user % is not part of the % organization' THEN 'not_a_member'
            WHEN events.description = 'The connection is not enabled here.' THEN 'connection_not_enabled'
            WHEN events.description = 'user is blocked' THEN 'user_blocked'
            ELSE 'other'
        END AS what
    FROM events
    CROSS JOIN (SELECT 'everything' AS about UNION ALL SELECT 'organization' UNION ALL SELECT 'connection') AS places
    WHERE events.type IN ('s', 'ss', 'f', 'fp', 'fu', 'fi')
) AS counted
WHERE id IS NOT NULL
GROUP BY about, id, day, what;

-- SQLite knows nothing of how often a value occurs, and of indexes that look alike it takes the one that was made last:
-- a user narrows more than an organization, and that more than a connection, an application and a type.
DROP INDEX events_by_organization;
DROP INDEX events_by_user;
CREATE INDEX events_by_type ON events (type, date, id);
CREATE INDEX events_by_client ON events (client_id, date, id);
CREATE INDEX events_by_connection ON events (connection_id, date, id);
CREATE INDEX events_by_organization ON events (organization_id, date, id);
CREATE INDEX events_by_user ON events (user_id, date, id);
