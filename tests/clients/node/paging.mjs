// 250 organizations, page by page, both ways: contract 1.14.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { all, api, done, fresh, has, refused } from './sdk.mjs';

const made = [];

// The SDK has checkpoint paging only; this is its way to ask for more.
const page = (number) => () =>
  api.organizations.list({ take: null, include_totals: true }, { queryParams: { page: number, per_page: 50 } });

describe('250 organizations', () => {
  before(async () => {
    while (made.length < 250) made.push((await api.organizations.create({ name: fresh('paged') })).id);
  });

  test('are each read once by checkpoint', async () => {
    for (const take of [100, 7]) {
      const read = (await all(api.organizations.list({ take }))).map(({ id }) => id);
      assert.equal(new Set(read).size, read.length);
      assert.ok(made.every((id) => read.includes(id)));
    }
  });

  test('are each read once by offset, and the total is right', async () => {
    const read = new Set();
    let total = made.length;
    for (let number = 0; read.size < total; number += 1) {
      const body = await done(200, page(number));
      has(body, { start: number * 50, limit: 50 });
      assert.ok(body.organizations.length > 0);
      body.organizations.forEach(({ id }) => read.add(id));
      total = body.total;
    }
    assert.ok(made.every((id) => read.has(id)));
    assert.equal(read.size, total);
    assert.match(await refused(400, 'invalid_paging', page(21)), /1000/);
  });
});
