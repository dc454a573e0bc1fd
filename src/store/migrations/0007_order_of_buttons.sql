-- The order of an organization's buttons.

-- The place of a connection among those of its organization; one that was given none comes after them, in the order
-- they were added.
ALTER TABLE enabled_connections ADD COLUMN place BIGINT NOT NULL DEFAULT 1000;
