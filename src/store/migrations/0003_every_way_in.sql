-- Every way in: mails to send, proofs of an address, tickets, invitations that ended, password history.

-- Mails wait here until they are sent, so that a slow relay holds nobody up. Their text holds tickets: sealed.
CREATE TABLE outbox (
    id          TEXT PRIMARY KEY,
    sealed_mail TEXT NOT NULL,
    tries       BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE INDEX outbox_by_due ON outbox (due_at, id);

-- Codes sent to an address to prove it. One without a code proves nothing, whatever is typed.
CREATE TABLE challenges (
    id              TEXT PRIMARY KEY,
    purpose         TEXT NOT NULL,
    email           TEXT NOT NULL,
    organization_id TEXT,
    client_id       TEXT NOT NULL,
    connection_id   TEXT,
    sealed_code     TEXT,
    tries           BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);

CREATE INDEX challenges_by_expiry ON challenges (expires_at);
CREATE INDEX challenges_by_email ON challenges (email);

-- Links sent by mail or made for an administrator, each used once: password changes and e-mail verifications.
-- One without a user is for nobody, so that asking for an unknown address costs the same.
CREATE TABLE tickets (
    hash       TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL,
    user_id    TEXT REFERENCES users (user_id) ON DELETE CASCADE,
    email      TEXT,
    settings   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

-- Passwords a user had before, the newest last.
CREATE TABLE password_history (
    user_id       TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (user_id, created_at, password_hash)
);

-- When the user's password was last set: sessions from before end. A hash in a newer form is no new password.
ALTER TABLE users ADD COLUMN password_changed_at BIGINT;

-- Hashes of the ids of deleted database users: none is given twice.
CREATE TABLE used_user_ids (
    hash TEXT PRIMARY KEY
);

-- An invitation that was accepted or withdrawn is told in no list, but its link says what became of it.
ALTER TABLE invitations ADD COLUMN ended_at BIGINT;
ALTER TABLE invitations ADD COLUMN was_accepted BIGINT;

-- Domains whose people auto-membership is for; an empty list: everybody's.
ALTER TABLE enabled_connections ADD COLUMN allowed_domains TEXT NOT NULL DEFAULT '[]';

-- The e-mail domains of a connection's options, each in its one form; those of older connections the next start writes.
CREATE TABLE connection_domains (
    domain        TEXT NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    PRIMARY KEY (domain, connection_id)
);

CREATE INDEX connection_domains_by_connection ON connection_domains (connection_id);

-- Gateways that were added before read whether pages ask for the address first.
UPDATE client_grants
SET scope = REPLACE(scope, '"create:logins"', '"create:logins","read:prompts"')
WHERE scope LIKE '%"create:logins"%' AND scope NOT LIKE '%"read:prompts"%';
