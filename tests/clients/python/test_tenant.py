"""The tenant: logs, settings, prompts, branding and signing keys: contract 1.13."""

from sdk import Case, TIMESTAMP, api, ask


class Logs(Case):
    def test_a_write_is_logged_and_found_by_checkpoint_and_by_id(self):
        self.organization()
        body = self.done(200, api.logs.list, per_page=1, sort="date:-1")
        self.assertEqual(set(body), {"logs", "start", "limit", "length", "total"})
        (event,) = body["logs"]
        self.assertRegex(event["date"], f"^{TIMESTAMP}$")
        self.assertEqual(event["type"], "sapi")
        self.has(self.done(200, api.logs.get, event["log_id"]), log_id=event["log_id"], type="sapi")

    def test_a_new_member_is_logged_by_its_own_type(self):
        organization, ada = self.organization(), self.user()
        self.done(204, api.organizations.members.create, organization, members=[ada])
        types = {event["type"] for event in self.done(200, api.users.logs.list, ada)["logs"]}
        self.assertIn("organization_member_added", types)


class Tenant(Case):
    def test_settings_are_read_and_changed(self):
        body = self.done(200, api.tenants.settings.get)
        self.assertIsInstance(body["allow_organization_name_in_authentication_api"], bool)
        self.has(body, session_lifetime=168, idle_session_lifetime=72)
        changed = self.done(200, api.tenants.settings.update, friendly_name="Acme Cloud")
        self.has(changed, friendly_name="Acme Cloud")
        named = self.done(200, api.tenants.settings.get, fields="friendly_name", include_fields=True)
        self.assertEqual(named, {"friendly_name": "Acme Cloud"})

    def test_prompts_and_branding_are_read_and_changed(self):
        self.assertIn("identifier_first", self.done(200, api.prompts.get_settings))
        self.has(self.done(200, api.prompts.update_settings, identifier_first=False), identifier_first=False)
        self.done(200, api.branding.get)
        colors = {"primary": "#0059d6", "page_background": "#ffffff"}
        self.has(self.done(200, api.branding.update, colors=colors), colors=colors)

    def test_signing_keys_are_rotated_without_a_failed_call(self):
        before = self.done(200, api.keys.signing.list)
        current = [key["kid"] for key in before if key.get("current")]
        following = [key["kid"] for key in before if key.get("next")]
        self.assertEqual((len(current), len(following)), (1, 1), before)
        made = self.done(201, api.keys.signing.rotate)["kid"]
        self.organization()
        after = {key["kid"]: key for key in self.done(200, api.keys.signing.list)}
        self.has(after[made], next=True)
        self.has(after[following[0]], current=True)
        self.has(after[current[0]], previous=True)
        self.has(self.done(200, api.keys.signing.get, current[0]), kid=current[0])

    def test_the_current_signing_key_is_not_revoked(self):
        (current,) = [key["kid"] for key in self.done(200, api.keys.signing.list) if key.get("current")]
        _, response = ask(api.keys.signing.revoke, current)
        self.assertEqual(response.status_code, 400, response.text)
