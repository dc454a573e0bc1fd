"""Users and roles: contract 1.13."""

from sdk import Case, ID, TIMESTAMP, api, fresh

PASSWORD = "correct horse battery"


class Users(Case):
    calls = api.users

    def test_a_user_is_made_found_changed_and_deleted(self):
        people, email = fresh("people"), f"{fresh('ada')}@acme.example"
        self.done(201, api.connections.create, name=people, strategy="auth0")
        sent = {"email": email, "name": "Ada", "user_metadata": {"a": 1}, "app_metadata": {"b": "2"}}
        body = self.done(201, self.calls.create, connection=people, password=PASSWORD, **sent)
        user = body["user_id"]
        self.assertRegex(user, "^auth0\\|[0-9a-f]{24}$")
        self.has(body, email_verified=False, **sent)
        self.lacks(body, "password", "password_hash")
        self.assertRegex(body["created_at"], f"^{TIMESTAMP}$")
        identity = {"connection": people, "provider": "auth0", "isSocial": False, "user_id": user.split("|")[1]}
        self.assertEqual(body["identities"], [identity])
        self.assertEqual(self.done(200, self.calls.get, user), body)
        self.assertEqual(self.done(200, self.calls.list_users_by_email, email=email), [body])
        changed = self.done(200, self.calls.update, user, name="Ada L.", blocked=True)
        self.has(changed, name="Ada L.", blocked=True, email=email)
        taken = {"connection": people, "email": email, "password": PASSWORD}
        self.assertIsInstance(self.refused(409, "user_exists", self.calls.create, **taken), str)
        self.assertIsNone(self.done(204, self.calls.delete, user))
        self.assertIsNone(self.done(204, self.calls.delete, user))
        self.refused(404, "inexistent_user", self.calls.get, user)

    def test_the_list_has_totals_and_fields(self):
        made = {self.user(), self.user()}
        body = self.done(200, self.calls.list, per_page=1, fields="user_id,email", include_fields=True)
        self.assertEqual(set(body), {"users", "start", "limit", "length", "total"})
        self.has(body, start=0, limit=1, length=1)
        self.assertEqual(set(body["users"][0]), {"user_id", "email"})
        self.assertLessEqual(made, {user.user_id for user in self.calls.list(per_page=50)})

    def test_a_user_holds_roles_and_permissions(self):
        user, role, orders = self.user(), self.role(), self.resource_server()
        self.assertIsNone(self.done(204, self.calls.roles.assign, user, roles=[role]))
        body = self.done(200, self.calls.roles.list, user)
        self.has(body, start=0, limit=50, total=1)
        self.assertEqual([held["id"] for held in body["roles"]], [role])
        self.assertEqual([holder.user_id for holder in api.roles.users.list(role)], [user])
        self.assertIsNone(self.done(204, self.calls.roles.delete, user, roles=[role]))
        permission = {"resource_server_identifier": orders, "permission_name": "read:orders"}
        self.done(201, self.calls.permissions.create, user, permissions=[permission])
        (held,) = self.done(200, self.calls.permissions.list, user)["permissions"]
        self.has(held, **permission)
        self.assertIsNone(self.done(204, self.calls.permissions.delete, user, permissions=[permission]))

    def test_what_happened_to_a_user_is_logged(self):
        user = self.user()
        body = self.done(200, self.calls.logs.list, user)
        self.assertEqual(set(body), {"logs", "start", "limit", "length", "total"})


class Roles(Case):
    calls = api.roles

    def test_a_role_is_made_with_200_and_without_a_description(self):
        name = fresh("editor")
        body = self.done(200, self.calls.create, name=name)
        self.assertRegex(body["id"], f"^rol_{ID}$")
        self.has(body, name=name, description=None)
        self.assertIn("description", body)
        role = body["id"]
        self.has(self.done(200, self.calls.get, role), id=role, name=name)
        self.has(self.done(200, self.calls.update, role, description="May edit"), description="May edit", name=name)
        found = self.done(200, self.calls.list, name_filter=name)
        self.assertEqual(set(found), {"roles", "start", "limit", "total"})
        self.assertEqual([item["id"] for item in found["roles"]], [role])
        self.assertIn(role, [item.id for item in self.calls.list(per_page=50)])
        self.assertIsNone(self.done(204, self.calls.delete, role))
        self.assertIsNone(self.done(204, self.calls.delete, role))
        self.refused(404, None, self.calls.get, role)

    def test_a_role_grants_permissions_and_has_people(self):
        role, orders, user = self.role(), self.resource_server(), self.user()
        permission = {"resource_server_identifier": orders, "permission_name": "read:orders"}
        self.done(201, self.calls.permissions.add, role, permissions=[permission])
        body = self.done(200, self.calls.permissions.list, role)
        self.assertEqual(set(body), {"permissions", "start", "limit", "total"})
        self.has(body["permissions"][0], resource_server_name="Orders", **permission)
        self.assertIsNone(self.done(204, self.calls.permissions.delete, role, permissions=[permission]))
        self.assertEqual(self.done(200, self.calls.permissions.list, role)["total"], 0)
        self.done(200, self.calls.users.assign, role, users=[user])
        body = self.done(200, self.calls.users.list, role)
        self.assertEqual([holder["user_id"] for holder in body["users"]], [user])
