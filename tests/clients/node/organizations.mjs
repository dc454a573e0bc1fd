// Organizations: contract 1.2 and 1.3.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ID, ONCE, all, api, done, fresh, has, make, members, refused, seen } from './sdk.mjs';

const calls = api.organizations;

test('an organization with only a name has no other members', async () => {
  const name = fresh('acme');
  const body = await done(201, () => calls.create({ name }));
  assert.match(body.id, new RegExp(`^org_${ID}$`));
  assert.deepEqual(body, { id: body.id, name });
});

test('an organization with everything is told as it was sent', async () => {
  const sent = {
    name: fresh('acme'),
    display_name: 'Acme Corporation',
    branding: { logo_url: 'https://acme.example/logo.png', colors: { primary: '#0059d6', page_background: '#ffffff' } },
    metadata: { plan: 'gold' },
  };
  const connection_id = await make.enterprise();
  const body = await done(201, () => calls.create({ ...sent, enabled_connections: [{ connection_id }] }));
  has(body, sent);
  has(body.enabled_connections[0], { connection_id });
  const found = await done(200, () => calls.get(body.id));
  assert.deepEqual(found, { id: body.id, ...sent }, 'enabled connections are told on creation only');
  assert.deepEqual(await done(200, () => calls.getByName(sent.name)), found);
});

test('a change of an organization answers all of it', async () => {
  const id = await make.organization();
  const name = fresh('renamed');
  await done(200, () => calls.update(id, { name, metadata: { plan: 'gold' } }));
  const body = await done(200, () => calls.update(id, { display_name: 'Acme' }));
  assert.deepEqual(body, { id, name, display_name: 'Acme', metadata: { plan: 'gold' } });
});

test('a deleted organization is gone and deleting it again is no error', async () => {
  const id = await make.organization();
  await done(204, () => calls.delete(id));
  await done(204, () => calls.delete(id));
  const message = await refused(404, undefined, () => calls.get(id));
  assert.equal(message, 'No organization found by that id or name');
});

test('a taken name is a conflict and a bad one names the property', async () => {
  const name = fresh('acme');
  await done(201, () => calls.create({ name }));
  await refused(409, 'organization_conflict', () => calls.create({ name }));
  assert.match(await refused(400, 'invalid_body', () => calls.create({ name: 'Upper' })), /name/);
});

test('the list is read by checkpoint although the SDK also asks for totals', async () => {
  await make.organization();
  await make.organization();
  const body = await done(200, () => calls.list({ take: 1 }));
  assert.match(seen.at(-1).url, /include_totals=true&take=1/);
  members(body, ['next', 'organizations']);
  assert.equal(body.organizations.length, 1);
  const names = (await all(calls.list({ take: 20, sort: 'name:-1' }))).map(({ name }) => name);
  assert.deepEqual(names, [...names].sort().reverse());
});

test('search finds organizations', async () => {
  const name = fresh('searched');
  const id = await done(201, () => calls.create({ name, metadata: { plan: name } })).then((body) => body.id);
  for (const q of [`name:"${name}"`, `metadata.plan:"${name}"`, 'name:searched*']) {
    const found = await all(calls.search({ q }, ONCE));
    assert.deepEqual(found.map((organization) => organization.id), [id], q);
  }
});

test('discovery domains are added, proven, listed, changed and deleted', async () => {
  const domains = calls.discoveryDomains;
  const [acme, domain] = [await make.organization(), `${fresh('acme')}.example`];
  const body = await done(201, () => domains.create(acme, { domain }));
  has(body, { domain, status: 'pending', use_for_organization_discovery: true });
  has(body, { verification_host: `_ss-verification.${acme}.${domain}` });
  assert.match(body.id, /^ord_[A-Za-z0-9]{22}$/);
  assert.match(body.verification_txt, /^[0-9a-f]{32}$/);
  assert.deepEqual(await done(200, () => domains.get(acme, body.id)), body);
  assert.deepEqual(await done(200, () => domains.getByName(acme, domain)), body);
  has(await done(200, () => domains.update(acme, body.id, { status: 'verified' })), { status: 'verified' });
  await done(201, () => domains.create(acme, { domain: `${fresh('acme')}.example` }));
  members(await done(200, () => domains.list(acme, { take: 1 })), ['domains', 'next']);
  assert.equal((await all(domains.list(acme, { take: 1 }))).length, 2);
  await done(204, () => domains.delete(acme, body.id));
  await refused(404, undefined, () => domains.get(acme, body.id));
});
