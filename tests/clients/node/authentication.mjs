// The SDK that still has an AuthenticationClient asks for tokens, as a form: contract 2.2.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthenticationClient } from 'auth0-authentication';
import { CLIENT_ID, CLIENT_SECRET, DOMAIN, api, has, make } from './sdk.mjs';

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

const machine = (clientId, clientSecret) => new AuthenticationClient({ domain: DOMAIN, clientId, clientSecret }).oauth;

test('a machine gets a token for its scopes', async () => {
  const audience = `https://${DOMAIN}/api/v2/`;
  const { data } = await machine(CLIENT_ID, CLIENT_SECRET).clientCredentialsGrant({ audience });
  has(data, { token_type: 'Bearer', expires_in: 86400 });
  has(claims(data.access_token), { iss: `https://${DOMAIN}/`, sub: `${CLIENT_ID}@clients`, gty: 'client-credentials' });
});

test('a token for an organization carries it', async () => {
  const [acme, audience] = [await make.organization(), await make.resourceServer()];
  const client = await api.clients.create({ name: 'Job', app_type: 'non_interactive' });
  const { client_id } = client;
  const grant = { client_id, audience, scope: ['read:orders'], organization_usage: 'require' };
  await api.clientGrants.create({ ...grant, allow_any_organization: true });
  const job = machine(client_id, client.client_secret);
  await assert.rejects(job.clientCredentialsGrant({ audience }), 'an organization is required');
  const { data } = await job.clientCredentialsGrant({ audience, organization: acme });
  has(claims(data.access_token), { org_id: acme, scope: 'read:orders' });
});

test('a wrong secret is an invalid client', async () => {
  const asked = machine(CLIENT_ID, 'wrong').clientCredentialsGrant({ audience: `https://${DOMAIN}/api/v2/` });
  await assert.rejects(asked, { statusCode: 401, error: 'invalid_client' });
});
