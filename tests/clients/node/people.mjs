// Members, their roles, invitations and users: contract 1.6, 1.7 and 1.13.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ID, ONCE, TIMESTAMP, all, api, done, fresh, has, make, members, refused, seen, status } from './sdk.mjs';

const { organizations, roles, users } = api;

test('members are added, listed and removed', async () => {
  const [acme, ada, bob] = [await make.organization(), await make.user(), await make.user()];
  await done(204, () => organizations.members.create(acme, { members: [ada, bob] }));
  const body = await done(200, () => organizations.members.list(acme));
  assert.deepEqual(body.members.map((member) => member.user_id).sort(), [ada, bob].sort());
  assert.ok(body.members.every((member) => !('roles' in member)), 'roles only on request');
  assert.ok(!('total' in body), '`take` wins over `include_totals`');
  assert.deepEqual((await all(users.organizations.list(ada))).map(({ id }) => id), [acme]);
  await done(204, () => organizations.members.delete(acme, { members: [ada] }));
  const left = await all(organizations.members.list(acme, { take: 1 }));
  assert.deepEqual(left.map((member) => member.user_id), [bob]);
});

test('a member holds roles in one organization', async () => {
  const [acme, ada, role] = [await make.organization(), await make.user(), await make.role()];
  await done(204, () => organizations.members.create(acme, { members: [ada] }));
  await done(204, () => organizations.members.roles.assign(acme, ada, { roles: [role] }));
  assert.match(seen.at(-1).url, /\/auth0%7C/);
  const body = await done(200, () => organizations.members.roles.list(acme, ada));
  members(body, ['limit', 'roles', 'start', 'total']);
  has(body.roles[0], { id: role, description: 'May do it' });
  const asked = { fields: 'user_id,roles', include_fields: true };
  const [member] = await all(organizations.members.list(acme, asked));
  assert.deepEqual(member.roles.map(({ id }) => id), [role]);
  await done(204, () => organizations.members.roles.delete(acme, ada, { roles: [role] }));
  assert.equal((await all(organizations.members.roles.list(acme, ada))).length, 0);
});

test('invitations lead to the application, are listed and revoked', async () => {
  const { invitations } = organizations;
  const acme = await make.organization();
  const login = 'https://shop.example/login';
  const client_id = await make.client({ organization_usage: 'allow', initiate_login_uri: login });
  const sent = { client_id, inviter: { name: 'Ada' }, invitee: { email: 'bob@acme.example' } };
  const body = await done(201, () => invitations.create(acme, sent));
  has(body, { organization_id: acme, ...sent });
  assert.match(body.id, new RegExp(`^uinv_${ID}$`));
  assert.match(body.ticket_id, /^[A-Za-z0-9]{32}$/);
  assert.match(body.expires_at, TIMESTAMP);
  assert.equal(Date.parse(body.expires_at) - Date.parse(body.created_at), 604_800_000);
  const url = new URL(body.invitation_url);
  assert.equal(url.origin + url.pathname, login);
  has(Object.fromEntries(url.searchParams), { invitation: body.ticket_id, organization: acme });
  has(await done(200, () => invitations.get(acme, body.id)), { id: body.id, ...sent });
  await done(201, () => invitations.create(acme, sent));
  members(await done(200, () => invitations.list(acme)), ['invitations', 'limit', 'start']);
  assert.equal((await all(invitations.list(acme, { per_page: 1 }))).length, 2);
  const taken = () => invitations.list(acme, {}, { queryParams: { take: 10 } });
  const message = await refused(400, 'invalid_query_string', taken);
  assert.equal(message, "Query validation error: 'Additional properties not allowed: take'.");
  await done(204, () => invitations.delete(acme, body.id));
  await refused(404, 'inexistent_invitation', () => invitations.get(acme, body.id));
  await refused(400, 'invalid_body', () => invitations.create(acme, { ...sent, client_id: '0'.repeat(32) }));
});

test('users are made, found, changed, listed and deleted', async () => {
  const [connection, email] = [fresh('people'), `${fresh('ada')}@acme.example`];
  await api.connections.create({ name: connection, strategy: 'auth0' });
  const sent = { connection, email, password: 'correct horse battery' };
  const body = await done(201, () => users.create(sent));
  const user = body.user_id;
  has(body, { email, email_verified: false });
  assert.match(user, /^auth0\|[0-9a-f]{24}$/);
  assert.deepEqual(await done(200, () => users.get(user)), body);
  assert.deepEqual(await done(200, () => users.listUsersByEmail({ email })), [body]);
  has(await done(200, () => users.update(user, { name: 'Ada' })), { name: 'Ada', email });
  const listed = await done(200, () => users.list({ per_page: 1 }));
  members(listed, ['length', 'limit', 'start', 'total', 'users']);
  assert.ok((await all(users.list())).some((found) => found.user_id === user));
  assert.equal(await status(() => users.create(sent, ONCE)), 409);
  await done(200, () => users.logs.list(user));
  await done(204, () => users.delete(user));
  await refused(404, 'inexistent_user', () => users.get(user));
});

test('roles grant permissions and are held by users', async () => {
  const [user, orders] = [await make.user(), await make.resourceServer()];
  const name = fresh('editor');
  const body = await done(200, () => roles.create({ name }));
  const role = body.id;
  has(body, { name, description: null });
  has(await done(200, () => roles.get(role)), { id: role, name });
  has(await done(200, () => roles.update(role, { description: 'May edit' })), { description: 'May edit' });
  members(await done(200, () => roles.list({ name_filter: name })), ['limit', 'roles', 'start', 'total']);
  const permissions = [{ resource_server_identifier: orders, permission_name: 'read:orders' }];
  await done(201, () => roles.permissions.add(role, { permissions }));
  has((await all(roles.permissions.list(role)))[0], permissions[0]);
  await done(204, () => roles.permissions.delete(role, { permissions }));
  await done(204, () => users.roles.assign(user, { roles: [role] }));
  assert.deepEqual((await all(users.roles.list(user))).map(({ id }) => id), [role]);
  assert.deepEqual((await all(roles.users.list(role))).map((holder) => holder.user_id), [user]);
  await done(204, () => users.roles.delete(user, { roles: [role] }));
  await done(200, () => roles.users.assign(role, { users: [user] }));
  await done(201, () => users.permissions.create(user, { permissions }));
  has((await all(users.permissions.list(user)))[0], permissions[0]);
  await done(204, () => users.permissions.delete(user, { permissions }));
  await done(204, () => roles.delete(role));
  await refused(404, undefined, () => roles.get(role));
});
