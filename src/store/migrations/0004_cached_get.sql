-- What a first look at an organization costs, however many share its connections.

-- Whether another organization lets people make accounts at a connection they share is one look-up.
CREATE INDEX enabled_connections_with_sign_up ON enabled_connections (connection_id, organization_id)
    WHERE is_enabled = 1 AND is_signup_enabled = 1;

-- What is done once in the life of a database, and not by a statement.
CREATE TABLE chores (
    name TEXT NOT NULL PRIMARY KEY
);
