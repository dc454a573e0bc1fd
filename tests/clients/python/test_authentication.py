"""The SDK's other half asks for tokens, as JSON: contract 2.2."""

import base64
import json

from auth0.authentication import GetToken
from auth0.authentication.exceptions import Auth0Error

from sdk import CLIENT_ID, CLIENT_SECRET, DOMAIN, Case, api

AUDIENCE = f"https://{DOMAIN}/api/v2/"


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Tokens(Case):
    def test_a_machine_gets_a_token_for_its_scopes(self):
        tokens = GetToken(DOMAIN, CLIENT_ID, CLIENT_SECRET).client_credentials(AUDIENCE)
        self.has(tokens, token_type="Bearer", expires_in=86400)
        told = claims(tokens["access_token"])
        self.has(told, iss=f"https://{DOMAIN}/", sub=f"{CLIENT_ID}@clients", azp=CLIENT_ID, gty="client-credentials")
        self.assertIn("read:organizations", told["scope"].split())

    def test_a_token_for_an_organization_carries_it(self):
        organization, shop, orders = self.organization(), self.client(grant_types=["client_credentials"]), None
        orders = self.resource_server()
        named = {"client_id": shop, "audience": orders, "scope": ["read:orders"], "organization_usage": "require"}
        grant = self.done(201, api.client_grants.create, allow_any_organization=False, **named)["id"]
        machine = GetToken(DOMAIN, shop, self.done(200, api.clients.get, shop)["client_secret"])
        for organization_given in (organization, None):
            with self.assertRaises(Auth0Error):
                machine.client_credentials(orders, organization=organization_given)
        self.done(201, api.organizations.client_grants.create, organization, grant_id=grant)
        told = claims(machine.client_credentials(orders, organization=organization)["access_token"])
        self.has(told, org_id=organization, scope="read:orders")
        default = {"organization_id": organization, "flows": ["client_credentials"]}
        self.done(200, api.clients.update, shop, default_organization=default)
        self.has(claims(machine.client_credentials(orders)["access_token"]), org_id=organization)

    def test_a_wrong_secret_is_an_invalid_client(self):
        with self.assertRaises(Auth0Error) as raised:
            GetToken(DOMAIN, CLIENT_ID, "wrong").client_credentials(AUDIENCE)
        self.assertEqual((raised.exception.status_code, raised.exception.error_code), (401, "invalid_client"))


