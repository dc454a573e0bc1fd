"""Discovery domains: contract 1.8."""

from sdk import Case, api, ask, fresh

calls = api.organizations.discovery_domains


class DiscoveryDomains(Case):
    def test_a_new_domain_waits_for_its_proof(self):
        organization, domain = self.organization(), f"{fresh('acme')}.example"
        body = self.done(201, calls.create, organization, domain=domain)
        self.has(body, domain=domain, status="pending", use_for_organization_discovery=True)
        self.has(body, verification_host=f"_ss-verification.{organization}.{domain}")
        self.assertRegex(body["id"], "^ord_[A-Za-z0-9]{22}$")
        self.assertRegex(body["verification_txt"], "^[0-9a-f]{32}$")
        self.assertEqual(self.done(200, calls.get, organization, body["id"]), body)
        self.assertEqual(self.done(200, calls.get_by_name, organization, domain), body)

    def test_an_administrator_says_what_is_verified_and_used(self):
        organization, domain = self.organization(), f"{fresh('acme')}.example"
        made = self.done(201, calls.create, organization, domain=domain, status="verified")
        self.has(made, status="verified")
        body = self.done(200, calls.update, organization, made["id"], use_for_organization_discovery=False)
        self.assertEqual(body, {**made, "use_for_organization_discovery": False})
        body = self.done(200, calls.update, organization, made["id"], status="pending")
        self.has(body, status="pending", use_for_organization_discovery=False)

    def test_the_list_is_read_by_checkpoint(self):
        organization = self.organization()
        ids = [self.done(201, calls.create, organization, domain=f"{fresh('d')}.example")["id"] for _ in range(3)]
        body = self.done(200, calls.list, organization, take=2)
        self.assertEqual(set(body), {"domains", "next"})
        self.assertEqual([domain.id for domain in calls.list(organization, take=2)], ids)
        self.assertEqual(set(self.done(200, calls.list, organization)), {"domains"})

    def test_a_domain_is_once_in_one_organization_and_may_be_in_several(self):
        organization, other, domain = self.organization(), self.organization(), f"{fresh('acme')}.example"
        self.done(201, calls.create, organization, domain=domain)
        _, response = ask(calls.create, organization, domain=domain)
        self.assertEqual(response.status_code, 409, response.text)
        self.done(201, calls.create, other, domain=domain)

    def test_a_deleted_one_is_gone(self):
        organization, domain = self.organization(), f"{fresh('acme')}.example"
        identifier = self.done(201, calls.create, organization, domain=domain)["id"]
        self.assertIsNone(self.done(204, calls.delete, organization, identifier))
        self.assertIsNone(self.done(204, calls.delete, organization, identifier))
        self.refused(404, None, calls.get, organization, identifier)
        self.refused(404, None, calls.get_by_name, organization, domain)
