-- One text for SQLite and Postgres: TEXT and BIGINT only. Times are Unix milliseconds, flags 0 or 1,
-- JSON and sealed values TEXT.

-- Tenant data: the Management API's.

CREATE TABLE organizations (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    display_name TEXT,
    branding     TEXT,
    metadata     TEXT,
    created_at   BIGINT NOT NULL
);

CREATE INDEX organizations_in_order ON organizations (created_at, id);

CREATE TABLE connections (
    id                   TEXT PRIMARY KEY,
    name                 TEXT NOT NULL UNIQUE,
    strategy             TEXT NOT NULL,
    display_name         TEXT,
    options              TEXT NOT NULL,
    sealed_options       TEXT,
    show_as_button       BIGINT NOT NULL,
    is_domain_connection BIGINT NOT NULL,
    realms               TEXT NOT NULL,
    metadata             TEXT,
    created_at           BIGINT NOT NULL
);

CREATE TABLE clients (
    client_id     TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    settings      TEXT NOT NULL,
    sealed_secret TEXT,
    created_at    BIGINT NOT NULL
);

-- Connections an application may use without an organization.
CREATE TABLE connection_clients (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    client_id     TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, client_id)
);

CREATE INDEX connection_clients_by_client ON connection_clients (client_id);

CREATE TABLE client_grants (
    id         TEXT PRIMARY KEY,
    client_id  TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    audience   TEXT NOT NULL,
    scope      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (client_id, audience)
);

CREATE TABLE enabled_connections (
    organization_id            TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    connection_id              TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    assign_membership_on_login BIGINT NOT NULL,
    show_as_button             BIGINT NOT NULL,
    is_signup_enabled          BIGINT NOT NULL,
    created_at                 BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id)
);

CREATE INDEX enabled_connections_by_connection ON enabled_connections (connection_id);

CREATE TABLE users (
    user_id        TEXT PRIMARY KEY,
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    issuer         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    email          TEXT,
    email_verified BIGINT NOT NULL,
    username       TEXT,
    password_hash  TEXT,
    profile        TEXT NOT NULL,
    user_metadata  TEXT NOT NULL,
    app_metadata   TEXT NOT NULL,
    blocked        BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    last_login     BIGINT,
    logins_count   BIGINT NOT NULL,
    UNIQUE (connection_id, issuer, subject)
);

CREATE INDEX users_in_order ON users (created_at, user_id);
CREATE INDEX users_by_email ON users (email);

-- What a person types into a database connection's form: e-mail and user name, lower-cased.
CREATE TABLE identifiers (
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    identifier    TEXT NOT NULL,
    user_id       TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, identifier)
);

CREATE INDEX identifiers_by_user ON identifiers (user_id);

CREATE TABLE members (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE INDEX members_by_user ON members (user_id);

-- Audit events, written in the transaction of what they tell.
CREATE TABLE events (
    id              TEXT PRIMARY KEY,
    type            TEXT NOT NULL,
    date            BIGINT NOT NULL,
    description     TEXT NOT NULL,
    client_id       TEXT,
    connection_id   TEXT,
    organization_id TEXT,
    user_id         TEXT,
    client_address  TEXT
);

CREATE INDEX events_in_order ON events (date, id);

-- The admission a trip was answered, so that a lost reply may be asked for again.
CREATE TABLE admissions (
    trip_id    TEXT PRIMARY KEY,
    admission  TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX admissions_by_expiry ON admissions (expires_at);

-- Failed passwords of an account or a network address.
CREATE TABLE password_failures (
    bucket        TEXT PRIMARY KEY,
    failures      BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);

CREATE INDEX password_failures_by_expiry ON password_failures (expires_at);

-- Login data: the gateway's.

-- Trips, sessions, authorization codes: expiring records under the hash of their secret.
CREATE TABLE records (
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,
    owner      TEXT NOT NULL,
    body       TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE INDEX records_by_owner ON records (owner, kind);
CREATE INDEX records_by_expiry ON records (expires_at);

CREATE TABLE signing_keys (
    kid        TEXT PRIMARY KEY,
    -- One row a slot, so that two nodes starting at once agree on one key.
    slot       BIGINT NOT NULL UNIQUE,
    sealed_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
