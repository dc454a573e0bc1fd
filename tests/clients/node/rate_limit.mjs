// A quota of two calls at once: the SDK waits as the server says and its calls succeed. Contract 1.16.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, api, fresh, has, seen } from './sdk.mjs';

test('a refused call is tried again and succeeds, and nothing is made twice', async () => {
  const names = Array.from({ length: 4 }, () => fresh('waiting'));
  for (const name of names) assert.equal((await api.organizations.create({ name })).name, name);
  const refusals = seen.filter(({ status }) => status === 429);
  assert.ok(refusals.length > 0, 'four calls at once are more than two');
  for (const { headers, text } of refusals) {
    has(JSON.parse(text), { statusCode: 429, errorCode: 'too_many_requests' });
    assert.ok(Number(headers.get('retry-after')) >= 1);
    assert.equal(headers.get('x-ratelimit-remaining'), '0');
  }
  const listed = (await all(api.organizations.list())).map(({ name }) => name);
  assert.deepEqual(listed.filter((name) => name.startsWith('waiting')), names);
});
