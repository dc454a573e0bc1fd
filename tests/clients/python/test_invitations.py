"""Invitations: contract 1.7."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from sdk import Case, ID, TIMESTAMP, api

calls = api.organizations.invitations

LOGIN = "https://shop.example/login"
PEOPLE = {"inviter": {"name": "Ada"}, "invitee": {"email": "bob@acme.example"}}


class Invitations(Case):
    def setUp(self):
        self.acme = self.organization()
        self.shop = self.client(organization_usage="allow", initiate_login_uri=LOGIN)

    def invite(self, **more):
        return self.done(201, calls.create, self.acme, client_id=self.shop, **PEOPLE, **more)

    def test_an_invitation_leads_to_the_application_with_its_ticket(self):
        body = self.invite()
        self.has(body, organization_id=self.acme, client_id=self.shop, **PEOPLE)
        self.assertRegex(body["id"], f"^uinv_{ID}$")
        self.assertRegex(body["ticket_id"], "^[A-Za-z0-9]{32}$")
        for member in ("created_at", "expires_at"):
            self.assertRegex(body[member], f"^{TIMESTAMP}$")
        lives = datetime.fromisoformat(body["expires_at"]) - datetime.fromisoformat(body["created_at"])
        self.assertEqual(lives, timedelta(days=7))
        self.lacks(body, "connection_id", "app_metadata", "user_metadata")
        url = urlsplit(body["invitation_url"])
        self.assertEqual(f"{url.scheme}://{url.netloc}{url.path}", LOGIN)
        name = api.organizations.get(self.acme).name
        asked = {"invitation": body["ticket_id"], "organization": self.acme, "organization_name": name}
        self.assertEqual(dict(parse_qsl(url.query)), asked)

    def test_all_that_was_sent_is_kept(self):
        sso, role = self.enterprise(), self.role()
        self.done(201, api.organizations.enabled_connections.add, self.acme, connection_id=sso)
        sent = {"connection_id": sso, "roles": [role], "app_metadata": {"a": 1}, "user_metadata": {"b": "2"}}
        body = self.invite(ttl_sec=60, send_invitation_email=False, **sent)
        self.has(body, **sent)
        lives = datetime.fromisoformat(body["expires_at"]) - datetime.fromisoformat(body["created_at"])
        self.assertEqual(lives, timedelta(seconds=60))
        self.has(self.done(200, calls.get, self.acme, body["id"]), id=body["id"], **sent, **PEOPLE)

    def test_the_list_has_pages_but_no_total_and_no_checkpoints(self):
        ids = [self.invite()["id"] for _ in range(3)]
        body = self.done(200, calls.list, self.acme, per_page=2)
        self.assertEqual(set(body), {"invitations", "start", "limit"})
        self.has(body, start=0, limit=2)
        listed = [invitation.id for invitation in calls.list(self.acme, per_page=2)]
        self.assertEqual(sorted(listed), sorted(ids), "the SDK's pager reads all pages")
        fields = self.done(200, calls.list, self.acme, fields="id,invitee", include_fields=True)
        self.assertEqual(set(fields["invitations"][0]), {"id", "invitee"})
        message = self.refused_take()
        self.assertEqual(message, "Query validation error: 'Additional properties not allowed: take'.")

    def refused_take(self):
        def listed(organization, request_options):
            options = {**request_options, "additional_query_parameters": {"take": 10}}
            return calls.list(organization, request_options=options)

        return self.refused(400, "invalid_query_string", listed, self.acme)

    def test_a_revoked_one_is_gone(self):
        invitation = self.invite()["id"]
        self.assertIsNone(self.done(204, calls.delete, self.acme, invitation))
        self.assertIsNone(self.done(204, calls.delete, self.acme, invitation))
        self.refused(404, "inexistent_invitation", calls.get, self.acme, invitation)

    def test_what_could_not_be_accepted_is_refused(self):
        closed = self.client(initiate_login_uri=LOGIN)
        nowhere = self.client(organization_usage="allow")
        for named in [
            {"client_id": "0" * 32},
            {"client_id": closed},
            {"client_id": nowhere},
            {"client_id": self.shop, "connection_id": self.enterprise()},
            {"client_id": self.shop, "connection_id": "con_0000000000000000"},
            {"client_id": self.shop, "roles": ["rol_0000000000000000"]},
        ]:
            with self.subTest(named=named):
                self.refused(400, "invalid_body", calls.create, self.acme, **PEOPLE, **named)
        self.refused(404, None, calls.create, "org_0000000000000000", client_id=self.shop, **PEOPLE)
