// The tenant: logs, settings, prompts, branding and signing keys: contract 1.13.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TIMESTAMP, api, done, has, make, members } from './sdk.mjs';

test('a write is logged', async () => {
  await make.organization();
  const body = await done(200, () => api.logs.list({ per_page: 1, sort: 'date:-1' }));
  members(body, ['length', 'limit', 'logs', 'start', 'total']);
  const [event] = body.logs;
  assert.match(event.date, TIMESTAMP);
  assert.equal(event.type, 'sapi');
  has(await done(200, () => api.logs.get(event.log_id)), { log_id: event.log_id, type: 'sapi' });
});

test('the settings of the tenant, its prompts and its branding are read and changed', async () => {
  has(await done(200, () => api.tenants.settings.get()), { session_lifetime: 168, idle_session_lifetime: 72 });
  const changed = await done(200, () => api.tenants.settings.update({ friendly_name: 'Acme Cloud' }));
  has(changed, { friendly_name: 'Acme Cloud' });
  assert.ok('identifier_first' in (await done(200, () => api.prompts.getSettings())));
  await done(200, () => api.prompts.updateSettings({ identifier_first: false }));
  await done(200, () => api.branding.get());
  const colors = { primary: '#0059d6', page_background: '#ffffff' };
  has(await done(200, () => api.branding.update({ colors })), { colors });
});

test('signing keys are rotated without a failed call', async () => {
  const before = await done(200, () => api.keys.signing.list());
  const [current] = before.filter((key) => key.current);
  const [next] = before.filter((key) => key.next);
  const made = await done(201, () => api.keys.signing.rotate());
  await make.organization();
  has(await done(200, () => api.keys.signing.get(made.kid)), { kid: made.kid, next: true });
  has(await done(200, () => api.keys.signing.get(next.kid)), { kid: next.kid, current: true });
  has(await done(200, () => api.keys.signing.get(current.kid)), { kid: current.kid, previous: true });
});
