"""Connections: contract 1.11."""

from sdk import Case, ID, api, fresh

calls = api.connections

OPTIONS = {
    "type": "back_channel",
    "issuer": "https://idp.example",
    "client_id": "gateway",
    "client_secret": "secret",
    "scope": "openid email",
    "domain_aliases": ["acme.example"],
}


class Connections(Case):
    def test_a_connection_is_told_as_it_was_sent(self):
        name = fresh("acme-sso")
        body = self.done(201, calls.create, name=name, strategy="oidc", display_name="Acme", options=OPTIONS)
        self.assertRegex(body["id"], f"^con_{ID}$")
        self.has(body, name=name, strategy="oidc", display_name="Acme", realms=[name])
        self.has(body["options"], **OPTIONS)
        self.assertEqual(self.done(200, calls.get, body["id"]), body)
        fields = self.done(200, calls.get, body["id"], fields="name,strategy", include_fields=True)
        self.assertEqual(fields, {"name": name, "strategy": "oidc"})

    def test_a_change_of_the_options_replaces_them_all(self):
        sso = self.enterprise()
        options = {"issuer": "https://idp.example", "client_id": "renamed", "client_secret": "other"}
        body = self.done(200, calls.update, sso, options=options, display_name="Renamed")
        self.has(body, display_name="Renamed")
        self.has(body["options"], **options)
        self.lacks(body["options"], "scope", "domain_aliases")

    def test_the_list_is_filtered_and_read_by_checkpoint(self):
        made = [self.enterprise(), self.database(), self.enterprise()]
        listed = [found.id for found in calls.list(strategy=["oidc", "auth0"], take=2)]
        self.assertLessEqual(set(made), set(listed))
        self.assertEqual(len(listed), len(set(listed)))
        databases = self.done(200, calls.list, strategy="auth0", take=100)["connections"]
        self.assertEqual({found["strategy"] for found in databases}, {"auth0"})
        name = self.done(200, calls.get, made[0])["name"]
        body = self.done(200, calls.list, name=name)
        self.assertEqual([found["id"] for found in body["connections"]], [made[0]])
        self.assertEqual(set(body), {"connections"})

    def test_applications_are_switched_on_and_off(self):
        sso, shop, desk = self.enterprise(), self.client(), self.client()
        switched = [{"client_id": shop, "status": True}, {"client_id": desk, "status": True}]
        self.assertIsNone(self.done(204, calls.clients.update, sso, request=switched))
        listed = [item.client_id for item in calls.clients.get(sso, take=1)]
        self.assertEqual(sorted(listed), sorted([shop, desk]))
        self.done(204, calls.clients.update, sso, request=[{"client_id": desk, "status": False}])
        self.assertEqual(self.done(200, calls.clients.get, sso), {"clients": [{"client_id": shop}]})
        self.assertEqual([found.id for found in api.clients.connections.get(shop)], [sso])

    def test_a_taken_name_and_a_bad_one_are_refused(self):
        name = fresh("acme-sso")
        self.done(201, calls.create, name=name, strategy="auth0")
        self.refused(409, "connection_conflict", calls.create, name=name, strategy="auth0")
        for bad in ("two--hyphens", "-first", "with space", "a" * 129):
            message = self.refused(400, "invalid_body", calls.create, name=bad, strategy="auth0")
            self.assertIn("name", message)

    def test_a_strategy_that_is_not_built_is_refused(self):
        self.refused(400, "operation_not_supported", calls.create, name=fresh("saml"), strategy="samlp")

    def test_a_deleted_one_says_since_when(self):
        sso = self.enterprise()
        self.assertEqual(set(self.done(202, calls.delete, sso)), {"deleted_at"})
        self.assertIsNone(self.done(204, calls.delete, sso))
        self.refused(404, "inexistent_connection", calls.get, sso)
