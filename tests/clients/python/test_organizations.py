"""Organizations: contract 1.2 and 1.3."""

from sdk import Case, ID, api, fresh, seen

LOGO = "https://acme.example/logo.png"
COLORS = {"primary": "#0059d6", "page_background": "#ffffff"}


class Organizations(Case):
    def test_one_with_only_a_name_has_no_other_members(self):
        name = fresh("acme")
        body = self.done(201, api.organizations.create, name=name)
        self.assertRegex(body["id"], f"^org_{ID}$")
        self.assertEqual(body, {"id": body["id"], "name": name})

    def test_one_with_everything_is_told_as_it_was_sent(self):
        sso, name = self.enterprise(), fresh("acme")
        sent = {
            "name": name,
            "display_name": "Acme Corporation",
            "branding": {"logo_url": LOGO, "colors": COLORS},
            "metadata": {"plan": "gold", "region": "eu"},
        }
        enabled = [{"connection_id": sso, "assign_membership_on_login": True}]
        body = self.done(201, api.organizations.create, enabled_connections=enabled, **sent)
        self.has(body, **sent)
        self.has(body["enabled_connections"][0], connection_id=sso, assign_membership_on_login=True)
        by_id = self.done(200, api.organizations.get, body["id"])
        self.assertEqual(by_id, {"id": body["id"], **sent}, "enabled connections are told on creation only")
        self.assertEqual(self.done(200, api.organizations.get_by_name, name), by_id)
        self.assertEqual(api.organizations.get(body["id"]).branding.colors.primary, COLORS["primary"])

    def test_a_change_answers_the_whole_organization(self):
        organization = self.organization()
        name = fresh("renamed")
        body = self.done(200, api.organizations.update, organization, name=name, metadata={"plan": "gold"})
        self.assertEqual(body, {"id": organization, "name": name, "metadata": {"plan": "gold"}})
        body = self.done(200, api.organizations.update, organization, display_name="Acme")
        expected = {"id": organization, "name": name, "display_name": "Acme", "metadata": {"plan": "gold"}}
        self.assertEqual(body, expected)

    def test_a_deleted_one_is_gone_and_deleting_it_again_is_no_error(self):
        organization = self.organization()
        self.assertIsNone(self.done(204, api.organizations.delete, organization))
        self.assertIsNone(self.done(204, api.organizations.delete, organization))
        message = self.refused(404, None, api.organizations.get, organization)
        self.assertEqual(message, "No organization found by that id or name")
        self.refused(404, None, api.organizations.get_by_name, "nobody-of-that-name")

    def test_a_taken_name_is_a_conflict(self):
        name = fresh("acme")
        self.done(201, api.organizations.create, name=name)
        self.refused(409, "organization_conflict", api.organizations.create, name=name)
        other = self.organization()
        self.refused(409, "organization_conflict", api.organizations.update, other, name=name)

    def test_what_breaks_a_rule_is_refused_with_the_name_of_the_property(self):
        for sent, property_name in [
            ({"name": "Upper"}, "name"),
            ({"name": "a" * 51}, "name"),
            ({"name": "fine", "display_name": ""}, "display_name"),
            ({"name": "fine", "branding": {"logo_url": "http://acme.example/logo.png"}}, "logo_url"),
            ({"name": "fine", "metadata": {f"key{number}": "x" for number in range(26)}}, "metadata"),
        ]:
            with self.subTest(sent=sent):
                message = self.refused(400, "invalid_body", api.organizations.create, **sent)
                self.assertIn(property_name, message)

    def test_the_list_is_read_by_checkpoint_although_the_sdk_also_asks_for_totals(self):
        self.organization(), self.organization()
        first = self.done(200, api.organizations.list, take=1)
        self.assertIn("include_totals=true&take=1", str(seen[-1].request.url))
        self.assertEqual(set(first), {"organizations", "next"})
        self.assertEqual(len(first["organizations"]), 1)
        self.lacks(self.done(200, api.organizations.list, take=100), "start", "limit", "total")

    def test_the_list_is_sorted_by_name_both_ways(self):
        # A name that sorts behind all others, and one before.
        self.done(201, api.organizations.create, name=fresh("zz"))
        self.done(201, api.organizations.create, name=fresh("0"))
        for sort, reverse in [("name:1", False), ("name:-1", True)]:
            names = [organization.name for organization in api.organizations.list(take=20, sort=sort)]
            self.assertEqual(names, sorted(names, reverse=reverse), sort)

    def test_search_finds_by_name_display_name_and_metadata(self):
        name, plan = fresh("searched"), fresh("gold")
        made = {"name": name, "display_name": f"The {name}", "metadata": {"plan": plan}}
        organization = self.done(201, api.organizations.create, **made)["id"]
        for q in [f'name:"{name}"', f'display_name:"The {name}"', f'metadata.plan:"{plan}"', f'id:"{organization}"']:
            with self.subTest(q=q):
                body = self.done(200, api.organizations.search, q=q)
                self.assertEqual([found["id"] for found in body["organizations"]], [organization])
                self.lacks(body, "next")
        self.assertEqual([found.name for found in api.organizations.search(q="name:searched*")], [name])
        self.assertEqual(self.done(200, api.organizations.search, q='name:"nobody"')["organizations"], [])
