"""A quota of two calls at once: the SDK waits as the server says and its calls succeed. Contract 1.16."""

from sdk import Case, api, fresh, seen


class RateLimit(Case):
    def test_a_refused_call_is_tried_again_and_succeeds(self):
        names = [fresh("patient") for _ in range(4)]
        for name in names:
            self.assertEqual(api.organizations.create(name=name).name, name)
        refusals = [response for response in seen if response.status_code == 429]
        self.assertTrue(refusals, "four calls at once are more than two")
        for response in refusals:
            self.has(response.json(), statusCode=429, errorCode="too_many_requests")
            self.assertGreaterEqual(int(response.headers["retry-after"]), 1)
            self.assertEqual(response.headers["x-ratelimit-remaining"], "0")
        listed = [organization.name for organization in api.organizations.list()]
        made = [name for name in listed if name.startswith("patient")]
        self.assertEqual(made, names, "and nothing was made twice")
