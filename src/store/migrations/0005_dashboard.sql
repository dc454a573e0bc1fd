-- The dashboard: who administers this server.

-- What the holders of a role may do in the Management API: 'full' or 'read'; nothing with most roles.
ALTER TABLE roles ADD COLUMN management_access TEXT;
