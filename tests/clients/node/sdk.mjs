// Auth0's SDK, made as any script makes it, and what the server answered to its calls.

import assert from 'node:assert/strict';
import { ManagementClient, ManagementError } from 'auth0';

export const { DOMAIN, CLIENT_ID, CLIENT_SECRET } = process.env;
export const ID = '[A-Za-z0-9]{16}';
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const ONCE = { maxRetries: 0 };

/** Every response of the API that the SDK got, in order. */
export const seen = [];

async function noted(url, options) {
  const response = await fetch(url, options);
  const { status, headers } = response;
  const note = { method: options.method, url: String(url), status, headers, text: await response.clone().text() };
  if (note.url.includes('/api/v2/')) seen.push(note);
  return response;
}

export const api = new ManagementClient({
  domain: DOMAIN,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  fetch: noted,
});

let number = 0;

/** A name that nothing has yet. */
export const fresh = (word) => `${word}-${(number += 1)}`;

const told = ({ method, url, status, text }) => `${method} ${url}: ${status} ${text}`;

/** The body of the answer to a call, which has this status. */
export async function done(status, call) {
  const before = seen.length;
  const error = await call().then(() => null, (error) => error);
  const response = seen[before];
  assert.equal(error, null, response ? told(response) : error);
  assert.equal(response.status, status, told(response));
  assert.ok(response.headers.has('x-ratelimit-remaining'), told(response));
  return response.text ? JSON.parse(response.text) : null;
}

/** The message of an error in the API's shape; without `code` the error has none. */
export async function refused(status, code, call) {
  const before = seen.length;
  const error = await call().then(() => null, (error) => error);
  const response = seen[before];
  assert.ok(error instanceof ManagementError, response ? told(response) : error);
  assert.equal(error.statusCode, status, told(response));
  const { message, error: reason, ...rest } = error.body;
  assert.deepEqual(rest, code ? { statusCode: status, errorCode: code } : { statusCode: status }, told(response));
  assert.equal(typeof reason, 'string', told(response));
  return message;
}

/** The status of the answer to a call, for what the contract leaves open but for the number. */
export async function status(call) {
  const before = seen.length;
  await call().catch(() => null);
  return seen[before].status;
}

/** These members of the body have these values. */
export function has(body, members) {
  const found = Object.fromEntries(Object.keys(members).map((name) => [name, body[name]]));
  assert.deepEqual(found, members, JSON.stringify(body));
}

export function members(body, names) {
  assert.deepEqual(Object.keys(body).sort(), [...names].sort(), JSON.stringify(body));
}

/** All items of a list, through the SDK's own pager. */
export async function all(list) {
  const items = [];
  for await (const item of await list) items.push(item);
  return items;
}

const PASSWORD = 'correct horse battery';
const OPTIONS = { issuer: 'https://idp.example', client_id: 'gateway', client_secret: 'secret' };

export const make = {
  organization: async () => (await api.organizations.create({ name: fresh('organization') })).id,
  database: async () => (await api.connections.create({ name: fresh('database'), strategy: 'auth0' })).id,
  enterprise: async () =>
    (await api.connections.create({ name: fresh('sso'), strategy: 'oidc', options: OPTIONS })).id,
  client: async (more) => (await api.clients.create({ name: 'Shop', app_type: 'regular_web', ...more })).client_id,
  user: async () => {
    const connection = fresh('people');
    await api.connections.create({ name: connection, strategy: 'auth0' });
    const user = { connection, email: `${fresh('ada')}@acme.example`, password: PASSWORD };
    return (await api.users.create(user)).user_id;
  },
  role: async () => (await api.roles.create({ name: fresh('role'), description: 'May do it' })).id,
  resourceServer: async () => {
    const identifier = `https://${fresh('orders')}.example/`;
    const scopes = [{ value: 'read:orders', description: 'Read orders' }, { value: 'write:orders' }];
    await api.resourceServers.create({ identifier, name: 'Orders', scopes });
    return identifier;
  },
};
