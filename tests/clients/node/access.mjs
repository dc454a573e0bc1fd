// Connections, applications, grants and APIs: contract 1.9 to 1.13.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ONCE, all, api, done, fresh, has, make, members, refused, status } from './sdk.mjs';

const { clientGrants, clients, connections, organizations, resourceServers } = api;

test('connections are made, found, changed, listed and deleted', async () => {
  const name = fresh('acme-sso');
  const options = { issuer: 'https://idp.example', client_id: 'gateway', client_secret: 'secret', scope: 'openid' };
  const body = await done(201, () => connections.create({ name, strategy: 'oidc', options }));
  has(body, { name, strategy: 'oidc', realms: [name] });
  has(body.options, options);
  assert.deepEqual(await done(200, () => connections.get(body.id)), body);
  const { scope, ...fewer } = options;
  const changed = await done(200, () => connections.update(body.id, { options: fewer }));
  assert.ok(!('scope' in changed.options), 'a change of the options replaces them all');
  await make.enterprise();
  members(await done(200, () => connections.list({ take: 1 })), ['connections', 'next']);
  assert.deepEqual((await all(connections.list({ name }))).map(({ id }) => id), [body.id]);
  assert.ok((await all(connections.list({ strategy: ['oidc'], take: 1 }))).some(({ id }) => id === body.id));
  const shop = await make.client();
  await done(204, () => connections.clients.update(body.id, [{ client_id: shop, status: true }]));
  assert.deepEqual(await done(200, () => connections.clients.get(body.id)), { clients: [{ client_id: shop }] });
  assert.deepEqual((await all(clients.connections.get(shop))).map(({ id }) => id), [body.id]);
  members(await done(202, () => connections.delete(body.id)), ['deleted_at']);
  await done(204, () => connections.delete(body.id));
  await refused(404, 'inexistent_connection', () => connections.get(body.id));
  await refused(400, 'operation_not_supported', () => connections.create({ name, strategy: 'samlp' }));
});

test('applications are made, found, changed, listed and deleted', async () => {
  const body = await done(201, () => clients.create({ name: 'Shop', app_type: 'regular_web' }));
  const id = body.client_id;
  assert.ok(!('organization_usage' in body), 'what was never set is absent');
  assert.deepEqual(await done(200, () => clients.get(id)), body);
  has(await done(200, () => clients.update(id, { organization_usage: 'allow' })), { organization_usage: 'allow' });
  assert.notEqual((await done(200, () => clients.rotateSecret(id))).client_secret, body.client_secret);
  members(await done(200, () => clients.list({ per_page: 1 })), ['clients', 'limit', 'start', 'total']);
  assert.ok((await all(clients.list({ fields: 'client_id' }))).some((found) => found.client_id === id));
  await done(204, () => clients.delete(id));
  await refused(404, 'inexistent_client', () => clients.get(id));
});

test('client grants are made, found, changed, listed, lent to organizations and deleted', async () => {
  const [acme, client_id, audience] = [await make.organization(), await make.client(), await make.resourceServer()];
  const sent = { client_id, audience, scope: ['read:orders'], organization_usage: 'allow' };
  const body = await done(201, () => clientGrants.create({ ...sent, allow_any_organization: false }));
  has(body, sent);
  assert.deepEqual(await done(200, () => clientGrants.get(body.id)), body);
  has(await done(200, () => clientGrants.update(body.id, { scope: [] })), { scope: [] });
  assert.equal(await status(() => clientGrants.create(sent, ONCE)), 409);
  members(await done(200, () => clientGrants.list({ client_id })), ['client_grants']);
  assert.deepEqual((await all(clientGrants.list({ audience, take: 1 }))).map(({ id }) => id), [body.id]);
  const lent = organizations.clientGrants;
  has(await done(201, () => lent.create(acme, { grant_id: body.id })), { id: body.id, client_id, audience });
  assert.equal(await status(() => lent.create(acme, { grant_id: body.id }, ONCE)), 409);
  assert.deepEqual((await all(lent.list(acme, { grant_ids: [body.id] }))).map(({ id }) => id), [body.id]);
  assert.deepEqual((await all(clientGrants.organizations.list(body.id))).map(({ id }) => id), [acme]);
  await done(204, () => lent.delete(acme, body.id));
  members(await done(200, () => lent.list(acme)), ['client_grants', 'limit', 'start', 'total']);
  await done(204, () => clientGrants.delete(body.id));
  assert.equal(await status(() => clientGrants.get(body.id)), 404);
});

test('applications are attached to an organization', async () => {
  const calls = organizations.clients;
  const [acme, shop] = [await make.organization(), await make.client({ organization_usage: 'allow' })];
  const sent = { clients: [{ client_id: shop, use_for_member_access: true }] };
  const [item] = await done(201, () => calls.create(acme, sent));
  has(item, { client_id: shop, use_for_member_access: true });
  has(item.client, { name: 'Shop', is_first_party: true, organization_usage: 'allow' });
  assert.deepEqual(await done(200, () => calls.get(acme, shop)), item);
  const changed = await done(200, () => calls.update(acme, shop, { use_for_member_access: false }));
  has(changed, { use_for_member_access: false });
  assert.deepEqual((await all(calls.list(acme))).map((found) => found.client_id), [shop]);
  await done(204, () => calls.delete(acme, { clients: [shop] }));
  assert.equal(await status(() => calls.get(acme, shop)), 404);
});

test('APIs are made, found, changed, listed and deleted', async () => {
  const identifier = await make.resourceServer();
  const body = await done(200, () => resourceServers.get(identifier));
  has(body, { identifier, name: 'Orders' });
  has(await done(200, () => resourceServers.update(body.id, { name: 'All orders' })), { name: 'All orders' });
  const listed = await done(200, () => resourceServers.list({ per_page: 1 }));
  members(listed, ['limit', 'resource_servers', 'start', 'total']);
  assert.ok((await all(resourceServers.list())).some(({ id }) => id === body.id));
  await done(204, () => resourceServers.delete(body.id));
  await refused(404, 'inexistent_resource_server', () => resourceServers.get(body.id));
});
