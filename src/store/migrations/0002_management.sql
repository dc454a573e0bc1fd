-- What the whole Management API keeps beside the first tables.

ALTER TABLE organizations ADD COLUMN is_app_entitlement_active BIGINT;

CREATE INDEX users_by_email_in_order ON users (COALESCE(email, ''), user_id);

CREATE INDEX organizations_by_display_name ON organizations (COALESCE(display_name, ''), id);

ALTER TABLE enabled_connections ADD COLUMN organization_connection_name TEXT;
ALTER TABLE enabled_connections ADD COLUMN organization_access_level TEXT NOT NULL DEFAULT 'none';
ALTER TABLE enabled_connections ADD COLUMN is_enabled BIGINT NOT NULL DEFAULT 1;

-- Lists are read in the order of an index, from where the last page ended.
CREATE INDEX connections_in_order ON connections (created_at, id);
CREATE INDEX clients_in_order ON clients (created_at, client_id);
CREATE INDEX client_grants_in_order ON client_grants (created_at, id);
CREATE INDEX enabled_connections_in_order ON enabled_connections (organization_id, created_at, connection_id);
CREATE INDEX members_in_order ON members (organization_id, created_at, user_id);
CREATE INDEX memberships_in_order ON members (user_id, created_at, organization_id);
CREATE INDEX events_by_user ON events (user_id, date, id);
CREATE INDEX events_by_organization ON events (organization_id, date, id);

-- Facts of an event that have no column of their own, as JSON.
ALTER TABLE events ADD COLUMN details TEXT;

-- What lists of clients are narrowed by. In the settings written so far the addresses come after it, and texts that
-- somebody chose have a backslash before their quotes.
ALTER TABLE clients ADD COLUMN app_type TEXT;
UPDATE clients SET app_type = 'spa' WHERE settings LIKE '%"app_type":"spa",%"callbacks":[%';
UPDATE clients SET app_type = 'native' WHERE settings LIKE '%"app_type":"native",%"callbacks":[%';
UPDATE clients SET app_type = 'regular_web' WHERE settings LIKE '%"app_type":"regular_web",%"callbacks":[%';
UPDATE clients SET app_type = 'non_interactive' WHERE settings LIKE '%"app_type":"non_interactive",%"callbacks":[%';

CREATE TABLE resource_servers (
    id         TEXT PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    settings   TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX resource_servers_in_order ON resource_servers (created_at, id);

CREATE TABLE roles (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT,
    created_at  BIGINT NOT NULL
);

CREATE INDEX roles_in_order ON roles (created_at, id);

CREATE TABLE role_permissions (
    role_id                    TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    resource_server_identifier TEXT NOT NULL REFERENCES resource_servers (identifier) ON DELETE CASCADE,
    permission_name            TEXT NOT NULL,
    created_at                 BIGINT NOT NULL,
    PRIMARY KEY (role_id, resource_server_identifier, permission_name)
);

CREATE INDEX role_permissions_by_resource_server ON role_permissions (resource_server_identifier, permission_name);

CREATE TABLE user_roles (
    user_id    TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    role_id    TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, role_id)
);

CREATE INDEX user_roles_in_order ON user_roles (role_id, created_at, user_id);

CREATE TABLE user_permissions (
    user_id                    TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    resource_server_identifier TEXT NOT NULL REFERENCES resource_servers (identifier) ON DELETE CASCADE,
    permission_name            TEXT NOT NULL,
    created_at                 BIGINT NOT NULL,
    PRIMARY KEY (user_id, resource_server_identifier, permission_name)
);

CREATE INDEX user_permissions_by_resource_server ON user_permissions (resource_server_identifier, permission_name);

-- Roles that hold in one organization only; they end with the membership.
CREATE TABLE member_roles (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    role_id         TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, role_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES members (organization_id, user_id) ON DELETE CASCADE
);

CREATE INDEX member_roles_in_order ON member_roles (role_id, organization_id, created_at, user_id);

-- The ticket of an invitation is told once and kept as its hash.
CREATE TABLE invitations (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    client_id       TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    connection_id   TEXT REFERENCES connections (id) ON DELETE CASCADE,
    inviter_name    TEXT NOT NULL,
    invitee_email   TEXT NOT NULL,
    roles           TEXT NOT NULL,
    app_metadata    TEXT,
    user_metadata   TEXT,
    ticket_hash     TEXT NOT NULL UNIQUE,
    sends_email     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);

CREATE INDEX invitations_in_order ON invitations (organization_id, created_at, id);
CREATE INDEX invitations_by_client ON invitations (client_id);
CREATE INDEX invitations_by_connection ON invitations (connection_id);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

CREATE TABLE discovery_domains (
    id                             TEXT PRIMARY KEY,
    organization_id                TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    domain                         TEXT NOT NULL,
    status                         TEXT NOT NULL,
    use_for_organization_discovery BIGINT NOT NULL,
    verification_txt               TEXT NOT NULL,
    created_at                     BIGINT NOT NULL,
    UNIQUE (organization_id, domain)
);

CREATE INDEX discovery_domains_in_order ON discovery_domains (organization_id, created_at, id);
CREATE INDEX discovery_domains_by_domain ON discovery_domains (domain);

ALTER TABLE client_grants ADD COLUMN organization_usage TEXT;
ALTER TABLE client_grants ADD COLUMN allow_any_organization BIGINT;

-- Client grants that an organization lets be used with it.
CREATE TABLE organization_client_grants (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    grant_id        TEXT NOT NULL REFERENCES client_grants (id) ON DELETE CASCADE,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, grant_id)
);

CREATE INDEX organization_client_grants_in_order ON organization_client_grants (organization_id, created_at, grant_id);
CREATE INDEX organization_client_grants_by_grant ON organization_client_grants (grant_id, created_at, organization_id);

-- Applications that an organization's people may use when its access is per application.
CREATE TABLE organization_clients (
    organization_id       TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    client_id             TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    use_for_member_access BIGINT NOT NULL,
    created_at            BIGINT NOT NULL,
    PRIMARY KEY (organization_id, client_id)
);

CREATE INDEX organization_clients_in_order ON organization_clients (organization_id, created_at, client_id);
CREATE INDEX organization_clients_by_client ON organization_clients (client_id);

-- Settings of the whole tenant, each a JSON document: tenant, prompts, branding.
CREATE TABLE tenant_settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- When a signing key signed, and whether it is still believed. Times in Unix milliseconds.
ALTER TABLE signing_keys ADD COLUMN current_since BIGINT;
ALTER TABLE signing_keys ADD COLUMN current_until BIGINT;
ALTER TABLE signing_keys ADD COLUMN revoked_at BIGINT;

-- Gateways that were added before read more than they did.
UPDATE client_grants
SET scope = REPLACE(scope, '"create:logins"',
    '"create:logins","read:organization_client_grants","read:organization_clients","read:resource_servers"')
WHERE scope LIKE '%"create:logins"%';
