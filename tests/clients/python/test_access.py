"""What machines and applications may use in an organization: contract 1.9 and 1.10."""

from sdk import Case, ID, api, ask

grants = api.client_grants


class ClientGrants(Case):
    def grant(self, **more):
        self.shop, self.orders = self.client(), self.resource_server()
        named = {"client_id": self.shop, "audience": self.orders, "scope": ["read:orders"], **more}
        return self.done(201, grants.create, **named)

    def test_a_grant_is_made_found_changed_and_deleted(self):
        body = self.grant(organization_usage="allow", allow_any_organization=True)
        self.has(body, client_id=self.shop, audience=self.orders, scope=["read:orders"])
        self.has(body, organization_usage="allow", allow_any_organization=True)
        self.assertRegex(body["id"], f"^cgr_{ID}$")
        self.assertEqual(self.done(200, grants.get, body["id"]), body)
        changed = self.done(200, grants.update, body["id"], scope=["read:orders", "write:orders"])
        self.assertEqual(changed, {**body, "scope": ["read:orders", "write:orders"]})
        self.assertIsNone(self.done(204, grants.delete, body["id"]))
        self.assertIsNone(self.done(204, grants.delete, body["id"]))
        _, response = ask(grants.get, body["id"])
        self.assertEqual(response.status_code, 404, response.text)

    def test_a_second_grant_for_the_same_api_is_a_conflict(self):
        self.grant()
        _, response = ask(grants.create, client_id=self.shop, audience=self.orders, scope=[])
        self.assertEqual(response.status_code, 409, response.text)

    def test_the_list_is_filtered_and_read_by_checkpoint(self):
        ids = [self.grant(organization_usage="allow", allow_any_organization=True)["id"] for _ in range(2)]
        last = ids[-1]
        for named in [{"client_id": self.shop}, {"audience": self.orders}]:
            body = self.done(200, grants.list, **named)
            self.assertEqual(set(body), {"client_grants"})
            self.assertEqual([grant["id"] for grant in body["client_grants"]], [last])
        listed = [grant.id for grant in grants.list(allow_any_organization=True, take=1)]
        self.assertLessEqual(set(ids), set(listed))
        self.assertEqual(len(listed), len(set(listed)))

    def test_an_organization_lets_a_grant_be_used_with_it(self):
        organization, calls = self.organization(), api.organizations.client_grants
        grant = self.grant(organization_usage="allow", allow_any_organization=False)["id"]
        body = self.done(201, calls.create, organization, grant_id=grant)
        self.has(body, id=grant, client_id=self.shop, audience=self.orders, scope=["read:orders"])
        _, response = ask(calls.create, organization, grant_id=grant)
        self.assertEqual(response.status_code, 409, response.text)
        for named in [{}, {"client_id": self.shop}, {"audience": self.orders}, {"grant_ids": [grant]}]:
            body = self.done(200, calls.list, organization, **named)
            self.assertEqual(set(body), {"client_grants", "start", "limit", "total"})
            self.assertEqual([found["id"] for found in body["client_grants"]], [grant], named)
        listed = [found.id for found in grants.organizations.list(grant)]
        self.assertEqual(listed, [organization])
        self.assertIsNone(self.done(204, calls.delete, organization, grant))
        self.assertIsNone(self.done(204, calls.delete, organization, grant))
        self.assertEqual(self.done(200, calls.list, organization)["client_grants"], [])


class OrganizationClients(Case):
    calls = api.organizations.clients

    def test_applications_are_attached_one_by_one(self):
        organization, shop, desk = self.organization(), *[self.client(organization_usage="allow") for _ in "ab"]
        sent = [{"client_id": shop, "use_for_member_access": True}, {"client_id": desk}]
        body = self.done(201, self.calls.create, organization, clients=sent)
        self.assertEqual([item["client_id"] for item in body], [shop, desk], "the answer is a bare array")
        self.has(body[0], use_for_member_access=True)
        self.has(body[0]["client"], name="Shop", organization_usage="allow", is_first_party=True)
        self.assertEqual(self.done(200, self.calls.get, organization, shop), body[0])
        changed = self.done(200, self.calls.update, organization, shop, use_for_member_access=False)
        self.has(changed, client_id=shop, use_for_member_access=False)
        self.assertEqual([item.client_id for item in self.calls.list(organization, take=1)], [shop, desk])
        self.assertIsNone(self.done(204, self.calls.delete, organization, clients=[shop]))
        _, response = ask(self.calls.get, organization, shop)
        self.assertEqual(response.status_code, 404, response.text)


class ResourceServers(Case):
    calls = api.resource_servers

    def test_an_api_is_made_found_changed_and_deleted(self):
        identifier = self.resource_server()
        body = self.done(200, self.calls.get, identifier)
        self.has(body, identifier=identifier, name="Orders")
        self.assertEqual([scope["value"] for scope in body["scopes"]], ["read:orders", "write:orders"])
        self.has(self.done(200, self.calls.get, body["id"]), identifier=identifier)
        self.has(self.done(200, self.calls.update, body["id"], name="All orders"), name="All orders", id=body["id"])
        listed = self.done(200, self.calls.list, per_page=1)
        self.assertEqual(set(listed), {"resource_servers", "start", "limit", "total"})
        self.assertIn(body["id"], [found.id for found in self.calls.list(per_page=1)])
        self.assertIsNone(self.done(204, self.calls.delete, body["id"]))
        self.refused(404, "inexistent_resource_server", self.calls.get, body["id"])
