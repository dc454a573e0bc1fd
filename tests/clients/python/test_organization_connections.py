"""An organization's connections, in both views: contract 1.4 and 1.5."""

from sdk import Case, api, ask

SIGNUP = "Only database connections with assign_membership_on_login = true support is_signup_enabled = true."


class EnabledConnections(Case):
    calls = api.organizations.enabled_connections

    def test_an_enterprise_connection_has_no_signup_and_is_shown_as_a_button(self):
        organization, sso = self.organization(), self.enterprise()
        body = self.done(201, self.calls.add, organization, connection_id=sso)
        connection = {"name": body["connection"]["name"], "strategy": "oidc"}
        expected = {
            "connection_id": sso,
            "assign_membership_on_login": False,
            "show_as_button": True,
            "connection": connection,
        }
        self.assertEqual(body, expected)
        self.assertEqual(self.done(200, self.calls.get, organization, sso), expected)

    def test_a_database_says_whether_people_may_sign_up(self):
        organization, database = self.organization(), self.database()
        body = self.done(201, self.calls.add, organization, connection_id=database)
        self.has(body, is_signup_enabled=False, show_as_button=True, assign_membership_on_login=False)

    def test_switches_are_changed_one_by_one(self):
        organization, sso = self.organization(), self.enterprise()
        self.done(201, self.calls.add, organization, connection_id=sso)
        body = self.done(200, self.calls.update, organization, sso, assign_membership_on_login=True)
        self.has(body, assign_membership_on_login=True, show_as_button=True)
        body = self.done(200, self.calls.update, organization, sso, show_as_button=False)
        self.has(body, assign_membership_on_login=True, show_as_button=False)

    def test_signup_needs_a_database_that_makes_members(self):
        organization, sso, database = self.organization(), self.enterprise(), self.database()
        for connection, assign in [(sso, True), (database, False)]:
            named = {"connection_id": connection, "assign_membership_on_login": assign, "is_signup_enabled": True}
            message = self.refused(400, "invalid_body", self.calls.add, organization, **named)
            self.assertEqual(message, SIGNUP)

    def test_the_list_has_totals(self):
        organization = self.organization()
        ids = {self.enterprise(), self.database()}
        for connection in ids:
            self.done(201, self.calls.add, organization, connection_id=connection)
        body = self.done(200, self.calls.list, organization, per_page=1)
        self.assertEqual(set(body), {"enabled_connections", "start", "limit", "total"})
        self.has(body, start=0, limit=1, total=2)
        listed = [enabled.connection_id for enabled in self.calls.list(organization, per_page=1)]
        self.assertEqual((set(listed), len(listed)), (ids, 2), "the SDK's pager reads all pages")

    def test_a_connection_that_is_not_enabled_is_not_found(self):
        organization, sso = self.organization(), self.enterprise()
        message = self.refused(404, None, self.calls.get, organization, sso)
        self.assertEqual(message, "No connection found by that id")
        self.refused(404, None, self.calls.get, "org_0000000000000000", sso)
        self.done(201, self.calls.add, organization, connection_id=sso)
        self.assertIsNone(self.done(204, self.calls.delete, organization, sso))
        self.assertIsNone(self.done(204, self.calls.delete, organization, sso))
        self.refused(404, None, self.calls.get, organization, sso)


class OrganizationConnections(Case):
    calls = api.organizations.connections

    def test_the_newer_view_tells_three_members_more(self):
        organization, sso = self.organization(), self.enterprise()
        named = {"organization_connection_name": "Acme SSO", "organization_access_level": "readonly"}
        body = self.done(201, self.calls.create, organization, connection_id=sso, is_enabled=True, **named)
        self.has(body, connection_id=sso, assign_membership_on_login=False, show_as_button=True, is_enabled=True)
        self.has(body, **named)
        self.lacks(body, "is_signup_enabled")
        self.assertEqual(self.done(200, self.calls.get, organization, sso), body)
        body = self.done(200, self.calls.update, organization, sso, organization_connection_name=None)
        self.assertIsNone(body.get("organization_connection_name"))
        self.has(body, organization_access_level="readonly")

    def test_both_views_show_one_store(self):
        organization, sso = self.organization(), self.enterprise()
        self.done(201, self.calls.create, organization, connection_id=sso)
        self.done(200, self.calls.update, organization, sso, assign_membership_on_login=True)
        older = api.organizations.enabled_connections
        self.has(self.done(200, older.get, organization, sso), assign_membership_on_login=True)
        self.done(200, older.update, organization, sso, show_as_button=False)
        self.has(self.done(200, self.calls.get, organization, sso), show_as_button=False, is_enabled=True)
        self.assertIsNone(self.done(204, older.delete, organization, sso))
        self.refused(404, None, self.calls.get, organization, sso)

    def test_the_list_is_filtered_by_what_is_switched_on(self):
        organization, on, off = self.organization(), self.enterprise(), self.database()
        self.done(201, self.calls.create, organization, connection_id=on)
        self.done(201, self.calls.create, organization, connection_id=off, is_enabled=False)
        body = self.done(200, self.calls.list, organization)
        self.assertEqual(set(body), {"connections", "start", "limit", "total"})
        self.has(body, start=0, limit=50, total=2)
        for is_enabled, expected in [(True, on), (False, off)]:
            listed = self.calls.list(organization, is_enabled=is_enabled)
            self.assertEqual([connection.connection_id for connection in listed], [expected])

    def test_one_that_is_there_already_is_a_conflict(self):
        organization, sso = self.organization(), self.enterprise()
        self.done(201, self.calls.create, organization, connection_id=sso)
        _, response = ask(self.calls.create, organization, connection_id=sso)
        self.assertEqual(response.status_code, 409, response.text)
        self.assertIsNone(self.done(204, self.calls.delete, organization, sso))
        self.assertIsNone(self.done(204, self.calls.delete, organization, sso))
