"""Members of an organization and their roles in it: contract 1.6."""

from sdk import Case, api, seen

calls = api.organizations.members


class Members(Case):
    def test_people_are_added_listed_and_removed(self):
        organization, ada, bob = self.organization(), self.user(), self.user()
        self.assertIsNone(self.done(204, calls.create, organization, members=[ada, bob]))
        body = self.done(200, calls.list, organization)
        self.lacks(body, "start", "limit", "total")
        self.assertEqual({member["user_id"] for member in body["members"]}, {ada, bob})
        for member in body["members"]:
            self.assertLessEqual({"user_id", "email"}, set(member))
            self.assertLessEqual(set(member), {"user_id", "email", "name", "picture"}, "roles only on request")
        joined = [found.id for found in api.users.organizations.list(ada)]
        self.assertEqual(joined, [organization])
        self.assertIsNone(self.done(204, calls.delete, organization, members=[ada]))
        self.assertEqual([member.user_id for member in calls.list(organization, take=1)], [bob])

    def test_the_list_has_totals_when_no_checkpoint_is_asked_for(self):
        organization, ada = self.organization(), self.user()
        self.done(204, calls.create, organization, members=[ada])
        body = self.done(200, calls.list, organization, take=None)
        self.assertEqual(set(body), {"members", "start", "limit", "total"})
        self.has(body, start=0, limit=50, total=1)

    def test_more_than_ten_people_at_once_are_refused(self):
        organization = self.organization()
        people = [f"auth0|{number:024x}" for number in range(11)]
        self.refused(400, "invalid_body", calls.create, organization, members=people)
        self.refused(400, "invalid_body", calls.create, organization, members=[])

    def test_roles_are_told_only_on_request(self):
        organization, ada, role = self.organization(), self.user(), self.role()
        self.done(204, calls.create, organization, members=[ada])
        self.done(204, calls.roles.assign, organization, ada, roles=[role])
        body = self.done(200, calls.list, organization, fields="user_id,roles", include_fields=True)
        (member,) = body["members"]
        self.assertEqual(set(member), {"user_id", "roles"})
        self.assertEqual([set(held) for held in member["roles"]], [{"id", "name"}])
        self.assertEqual(member["roles"][0]["id"], role)


class MemberRoles(Case):
    def test_a_member_holds_roles_in_this_organization_only(self):
        organization, other, ada, role = self.organization(), self.organization(), self.user(), self.role()
        for place in (organization, other):
            self.done(204, calls.create, place, members=[ada])
        self.assertIsNone(self.done(204, calls.roles.assign, organization, ada, roles=[role]))
        self.assertIn("/auth0%7C", str(seen[-1].request.url), "the SDK encodes the bar of a user's id")
        body = self.done(200, calls.roles.list, organization, ada)
        self.assertEqual(set(body), {"roles", "start", "limit", "total"})
        self.has(body, start=0, limit=50, total=1)
        self.has(body["roles"][0], id=role, description="May do it")
        self.assertEqual(self.done(200, calls.roles.list, other, ada)["roles"], [])
        self.assertIsNone(self.done(204, calls.roles.delete, organization, ada, roles=[role]))
        self.assertEqual(self.done(200, calls.roles.list, organization, ada)["total"], 0)

    def test_who_is_unknown_is_not_found(self):
        ada = self.user()
        self.assertIsInstance(self.refused(404, None, calls.roles.list, "org_0000000000000000", ada), str)
