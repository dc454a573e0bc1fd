"""Applications: contract 1.12."""

from sdk import Case, api

calls = api.clients


class Clients(Case):
    def test_a_new_one_has_its_secret_and_the_defaults(self):
        body = self.done(201, calls.create, name="Shop", app_type="regular_web", callbacks=["https://shop.example/cb"])
        self.assertRegex(body["client_id"], "^[A-Za-z0-9]{32}$")
        self.assertGreaterEqual(len(body["client_secret"]), 43)
        self.has(body, name="Shop", app_type="regular_web", callbacks=["https://shop.example/cb"], is_first_party=True)
        self.assertIn("authorization_code", body["grant_types"])
        self.assertEqual(body["jwt_configuration"]["lifetime_in_seconds"], 36000)
        self.lacks(body, "organization_usage", "organization_require_behavior", "default_organization")
        self.assertEqual(self.done(200, calls.get, body["client_id"]), body)

    def test_its_organization_settings_are_kept(self):
        organization = self.organization()
        sent = {
            "organization_usage": "require",
            "organization_require_behavior": "pre_login_prompt",
            "organization_discovery_methods": ["organization_name", "email"],
            "initiate_login_uri": "https://shop.example/login",
        }
        shop = self.client(**sent)
        self.has(self.done(200, calls.get, shop), **sent)
        default = {"organization_id": organization, "flows": ["client_credentials"]}
        self.has(self.done(200, calls.update, shop, default_organization=default), default_organization=default, **sent)

    def test_the_secret_is_replaced(self):
        shop = self.client()
        before = self.done(200, calls.get, shop)["client_secret"]
        after = self.done(200, calls.rotate_secret, shop)["client_secret"]
        self.assertNotEqual(before, after)
        self.assertEqual(self.done(200, calls.get, shop)["client_secret"], after)

    def test_the_list_has_totals_and_fields(self):
        made = {self.client(), self.client()}
        body = self.done(200, calls.list, per_page=1, fields="client_id,name", include_fields=True)
        self.assertEqual(set(body), {"clients", "start", "limit", "total"})
        self.assertEqual(set(body["clients"][0]), {"client_id", "name"})
        listed = [found.client_id for found in calls.list(per_page=50, app_type="regular_web")]
        self.assertLessEqual(made, set(listed))

    def test_a_deleted_one_is_gone(self):
        shop = self.client()
        self.assertIsNone(self.done(204, calls.delete, shop))
        self.assertIsNone(self.done(204, calls.delete, shop))
        self.refused(404, "inexistent_client", calls.get, shop)
