-- Searching an organization's members: what a person is called stands beside each membership, so that one index answers
-- for a hundred thousand of them.

ALTER TABLE users ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

-- The profile's texts without their names; what is not searched later is gone when the user is written again.
UPDATE users SET search_text = SUBSTR(LOWER(COALESCE(email, '') || ' ' || COALESCE(username, '') || ' ' || REPLACE(REPLACE(
    REPLACE(REPLACE(REPLACE(profile, '"name":', ' '), '"nickname":', ' '), '"given_name":', ' '), '"family_name":', ' '),
    '"picture":', ' ')), 1, 250);
UPDATE members SET search_text =
    COALESCE((SELECT u.search_text FROM users u WHERE u.user_id = members.user_id), '');

DROP INDEX members_in_order;
CREATE INDEX members_in_order ON members (organization_id, created_at, user_id, search_text);
