"""Auth0's SDK, made as any script makes it, and what the server answered to its calls."""

import itertools
import os
import unittest

import httpx
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError

DOMAIN, CLIENT_ID, CLIENT_SECRET = (os.environ[name] for name in ("DOMAIN", "CLIENT_ID", "CLIENT_SECRET"))

ID = "[A-Za-z0-9]{16}"
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"

# Every response that the SDK got, in order.
seen = []


def note(response):
    response.read()
    seen.append(response)


api = ManagementClient(
    domain=DOMAIN,
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    httpx_client=httpx.Client(timeout=30, event_hooks={"response": [note]}),
)

numbers = itertools.count(1)


def fresh(word):
    """A name that nothing has yet."""
    return f"{word}-{next(numbers)}"


def ask(call, /, *arguments, **named):
    """Calls the SDK once; what it returned, or the error it raised, and the first response it got."""
    before = len(seen)
    try:
        result = call(*arguments, request_options={"max_retries": 0}, **named)
    except ApiError as error:
        result = error
    return result, seen[before]


def tell(response):
    return f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"


class Case(unittest.TestCase):
    """Checks of what the server answers and of what the SDK makes of it."""

    maxDiff = None

    def done(self, status, call, /, *arguments, **named):
        """The body of the answer, which has this status."""
        result, response = ask(call, *arguments, **named)
        told = tell(response)
        if isinstance(result, ApiError) or response.status_code != status:
            self.fail(f"not {status}: {told}")
        self.assertIn("x-ratelimit-remaining", response.headers, told)
        return response.json() if response.content else None

    def refused(self, status, code, call, /, *arguments, **named):
        """The message of an error in the API's shape; without `code` the error has none."""
        result, response = ask(call, *arguments, **named)
        told = tell(response)
        if not isinstance(result, ApiError) or response.status_code != status:
            self.fail(f"not {status}: {told}")
        members = {"statusCode", "error", "message"} | ({"errorCode"} if code else set())
        self.assertEqual(set(result.body), members, told)
        self.assertEqual((result.body["statusCode"], result.body.get("errorCode")), (status, code), told)
        return result.body["message"]

    def has(self, body, **members):
        """These members of the body have these values."""
        self.assertEqual({name: body.get(name) for name in members}, members, body)

    def lacks(self, body, *names):
        for name in names:
            self.assertNotIn(name, body)

    def organization(self):
        return self.done(201, api.organizations.create, name=fresh("organization"))["id"]

    def database(self):
        return self.done(201, api.connections.create, name=fresh("database"), strategy="auth0")["id"]

    def enterprise(self):
        options = {"issuer": "https://idp.example", "client_id": "gateway", "client_secret": "secret"}
        return self.done(201, api.connections.create, name=fresh("sso"), strategy="oidc", options=options)["id"]

    def client(self, **members):
        return self.done(201, api.clients.create, name="Shop", app_type="regular_web", **members)["client_id"]

    def user(self):
        name = fresh("database")
        self.done(201, api.connections.create, name=name, strategy="auth0")
        email = f"{fresh('ada')}@acme.example"
        body = self.done(201, api.users.create, connection=name, email=email, password="correct horse battery")
        return body["user_id"]

    def role(self):
        return self.done(200, api.roles.create, name=fresh("role"), description="May do it")["id"]

    def resource_server(self):
        identifier = f"https://{fresh('orders')}.example/"
        scopes = [{"value": "read:orders", "description": "Read orders"}, {"value": "write:orders"}]
        self.done(201, api.resource_servers.create, identifier=identifier, name="Orders", scopes=scopes)
        return identifier
