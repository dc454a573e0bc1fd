// An organization's connections, in both views: contract 1.4 and 1.5.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ONCE, all, api, done, has, make, members, refused, status } from './sdk.mjs';

const older = api.organizations.enabledConnections;
const newer = api.organizations.connections;

test('an enterprise connection has no signup and a database has', async () => {
  const [acme, sso, database] = [await make.organization(), await make.enterprise(), await make.database()];
  const body = await done(201, () => older.add(acme, { connection_id: sso }));
  const { name } = body.connection;
  assert.deepEqual(body, {
    connection_id: sso,
    assign_membership_on_login: false,
    show_as_button: true,
    connection: { name, strategy: 'oidc' },
  });
  assert.deepEqual(await done(200, () => older.get(acme, sso)), body);
  has(await done(201, () => older.add(acme, { connection_id: database })), { is_signup_enabled: false });
  const listed = await done(200, () => older.list(acme, { per_page: 1 }));
  members(listed, ['enabled_connections', 'limit', 'start', 'total']);
  has(listed, { start: 0, limit: 1, total: 2 });
  const ids = (await all(older.list(acme, { per_page: 1 }))).map((enabled) => enabled.connection_id);
  assert.deepEqual(ids.sort(), [sso, database].sort(), "the SDK's pager reads all pages");
});

test('switches of an enabled connection are changed, and sign-up only where it can be', async () => {
  const [acme, sso] = [await make.organization(), await make.enterprise()];
  await done(201, () => older.add(acme, { connection_id: sso }));
  has(await done(200, () => older.update(acme, sso, { show_as_button: false })), { show_as_button: false });
  const message = await refused(400, 'invalid_body', () => older.update(acme, sso, { is_signup_enabled: true }));
  const words = 'Only database connections with assign_membership_on_login = true support is_signup_enabled = true.';
  assert.equal(message, words);
  await done(204, () => older.delete(acme, sso));
  await done(204, () => older.delete(acme, sso));
  assert.equal(await refused(404, undefined, () => older.get(acme, sso)), 'No connection found by that id');
});

test('both views of an enabled connection show one store', async () => {
  const [acme, sso] = [await make.organization(), await make.enterprise()];
  const sent = { organization_connection_name: 'Acme SSO', organization_access_level: 'readonly', is_enabled: true };
  const body = await done(201, () => newer.create(acme, { connection_id: sso, ...sent }));
  has(body, { connection_id: sso, assign_membership_on_login: false, show_as_button: true, ...sent });
  assert.equal(await status(() => newer.create(acme, { connection_id: sso }, ONCE)), 409);
  await done(200, () => newer.update(acme, sso, { assign_membership_on_login: true }));
  has(await done(200, () => older.get(acme, sso)), { assign_membership_on_login: true });
  await done(200, () => older.update(acme, sso, { show_as_button: false }));
  has(await done(200, () => newer.get(acme, sso)), { show_as_button: false, ...sent });
  const listed = await done(200, () => newer.list(acme));
  members(listed, ['connections', 'limit', 'start', 'total']);
  assert.equal((await all(newer.list(acme, { is_enabled: false }))).length, 0);
  await done(200, () => newer.update(acme, sso, { is_enabled: false }));
  assert.equal((await all(newer.list(acme, { is_enabled: false }))).length, 1);
  await done(204, () => newer.delete(acme, sso));
  await refused(404, undefined, () => older.get(acme, sso));
});
