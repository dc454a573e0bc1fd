// One independent OpenID provider (npm oidc-provider) in a process of its own.
//
// The first line on standard input is its configuration:
//   { clients: [client metadata], accounts: [{sub, login?, password?, ...claims}] }
// It answers with one line, {"port": N}, and ends when standard input is closed, so it
// cannot outlive the test that started it. Paths under /__test/ steer it.

import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';

// Its advice for production would only disturb the tests' output.
console.info = () => {};
console.warn = () => {};
const { default: Provider, interactionPolicy } = await import('oidc-provider');

const SCOPES = {
  openid: ['sub'],
  email: ['email', 'email_verified'],
  profile: ['name', 'given_name', 'family_name', 'nickname', 'picture', 'locale', 'updated_at'],
};

const accounts = new Map();
const clients = new Map();
const records = new Map();
const token = { hits: 0, waiting: 0, gate: null, arrivals: [] };
let issuer;
let provider;
let handle;

// A record store that outlives a change of signing keys, which needs a new Provider.
class Records {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    records.set(this.key(id), payload);
  }

  async find(id) {
    return this.model === 'Client' ? clients.get(id) : records.get(this.key(id));
  }

  async findByUid(uid) {
    return this.#all().find((payload) => payload.uid === uid);
  }

  async findByUserCode(code) {
    return this.#all().find((payload) => payload.userCode === code);
  }

  async consume(id) {
    const payload = records.get(this.key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    records.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of records) if (payload.grantId === grantId) records.delete(key);
  }

  #all() {
    return [...records].filter(([key]) => key.startsWith(`${this.model}:`)).map(([, payload]) => payload);
  }
}

function newProvider() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
  provider = new Provider(issuer, {
    adapter: Records,
    jwks: { keys: [jwk] },
    cookies: { keys: ['only for tests'] },
    claims: SCOPES,
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { policy: withoutConsent(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, sub) => accounts.has(sub) && { accountId: sub, claims: () => claimsOf(accounts.get(sub)) },
    loadExistingGrant: consentToEverything,
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
  });
  handle = provider.callback();
}

// A front channel's client on this machine is a native one, whose people would be asked each time.
function withoutConsent() {
  const policy = interactionPolicy.base();
  policy.get('consent').checks.remove('native_client_prompt');
  return policy;
}

async function consentToEverything(ctx) {
  // A code dies with its grant, so codes that are out at the same time share one.
  const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
  if (known) return ctx.oidc.provider.Grant.find(known);
  const grant = new ctx.oidc.provider.Grant({
    clientId: ctx.oidc.client.clientId,
    accountId: ctx.oidc.session.accountId,
  });
  grant.addOIDCScope('openid email profile offline_access');
  await grant.save();
  return grant;
}

function claimsOf({ login, password, ...claims }) {
  return claims;
}

function findAccount(login) {
  return [...accounts.values()].find((account) => [account.login, account.sub, account.email].includes(login));
}

const escape = (text) => String(text ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function loginPage(uid, login, message) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in at the identity provider</title></head>
<body><main><h1>Identity provider</h1><p role="alert">${escape(message)}</p>
<form method="post" action="/interaction/${encodeURIComponent(uid)}">
<label for="login">Login</label> <input id="login" name="login" value="${escape(login)}" autofocus>
<label for="password">Password</label> <input id="password" name="password" type="password">
<button type="submit">Sign in</button> <button type="submit" name="cancel" value="1">Cancel</button>
</form></main></body></html>`;
}

async function interaction(req, res) {
  const { uid, params } = await provider.interactionDetails(req, res);
  const page = (status, login, message) => {
    res.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    res.end(loginPage(uid, login, message));
  };
  if (req.method !== 'POST') return page(200, params.login_hint, '');

  const form = new URLSearchParams(await bodyOf(req));
  if (form.has('cancel')) {
    const refusal = { error: 'access_denied', error_description: 'the person cancelled' };
    return provider.interactionFinished(req, res, refusal, { mergeWithLastSubmission: false });
  }
  const account = findAccount(form.get('login'));
  if (!account || (account.password && account.password !== form.get('password'))) {
    return page(200, form.get('login'), 'Unknown login or wrong password.');
  }
  return provider.interactionFinished(req, res, { login: { accountId: account.sub } }, { mergeWithLastSubmission: false });
}

async function bodyOf(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

// What a test asks of this process; everything else is the provider's.
const controls = {
  // Adds an account, or replaces the claims of the one with this `sub`.
  'PUT /__test/account': async (req) => {
    const account = JSON.parse(await bodyOf(req));
    accounts.set(account.sub, account);
  },
  'PUT /__test/client': async (req) => {
    const client = JSON.parse(await bodyOf(req));
    clients.set(client.client_id, client);
  },
  // From now on tokens are signed with a new key and only that one is published.
  'POST /__test/keys/rotate': newProvider,
  'GET /__test/token': () => ({ hits: token.hits, waiting: token.waiting }),
  // Requests to the token endpoint wait until released.
  'POST /__test/token/hold': () => {
    token.gate ??= withResolvers();
  },
  'POST /__test/token/release': () => {
    token.gate?.resolve();
    token.gate = null;
  },
  // Answers as soon as a request to the token endpoint is waiting.
  'GET /__test/token/arrival': () => token.waiting > 0 || new Promise((resolve) => token.arrivals.push(resolve)),
};

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function tokenRequest(req, res) {
  token.hits += 1;
  if (token.gate) {
    token.waiting += 1;
    for (const arrived of token.arrivals.splice(0)) arrived(true);
    await token.gate.promise;
    token.waiting -= 1;
  }
  return handle(req, res);
}

async function route(req, res) {
  const { pathname } = new URL(req.url, issuer);
  const control = controls[`${req.method} ${pathname}`];
  if (control) {
    const answer = await control(req);
    res.writeHead(200, { 'content-type': 'application/json' });
    return res.end(JSON.stringify(answer ?? {}));
  }
  if (pathname.startsWith('/interaction/')) return interaction(req, res);
  if (pathname === '/token') return tokenRequest(req, res);
  return handle(req, res);
}

const server = createServer((req, res) => {
  route(req, res).catch((error) => {
    console.error(error);
    if (!res.headersSent) res.writeHead(400, { 'content-type': 'text/plain' });
    res.end(String(error?.error_description ?? error));
  });
});

const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit(0));
input.once('line', (line) => {
  const config = JSON.parse(line);
  for (const account of config.accounts ?? []) accounts.set(account.sub, account);
  for (const client of config.clients ?? []) clients.set(client.client_id, client);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    issuer = `http://127.0.0.1:${port}`;
    newProvider();
    process.stdout.write(`${JSON.stringify({ port })}\n`);
  });
});
