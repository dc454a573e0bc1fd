-- The order of an organization's buttons.

-- The place of a connection among those of its organization; one that was given none comes after them, in the order
-- they were added.
ALTER TABLE enabled_connections ADD COLUMN place BIGINT NOT NULL DEFAULT 1000;

-- The organizations of a connection in their order.
CREATE INDEX enabled_connections_of_connection ON enabled_connections (connection_id, organization_id);
DROP INDEX enabled_connections_by_connection;

-- The same of a discovery domain.
CREATE INDEX discovery_domains_of_domain ON discovery_domains (domain, organization_id);
DROP INDEX discovery_domains_by_domain;
