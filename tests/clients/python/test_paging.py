"""250 organizations, page by page, both ways: contract 1.14."""

from sdk import Case, api, fresh

COUNT = 250


class Paging(Case):
    @classmethod
    def setUpClass(cls):
        cls.made = [api.organizations.create(name=fresh("paged")).id for _ in range(COUNT)]

    def test_by_checkpoint_each_is_read_once(self):
        for take in (100, 50, 7):
            pages = list(api.organizations.list(take=take).iter_pages())
            read = [organization.id for page in pages for organization in page.items]
            self.assertEqual(len(read), len(set(read)))
            self.assertLessEqual(set(self.made), set(read))
            self.assertTrue(all(len(page.items) == take for page in pages[:-1]))
            self.assertFalse(pages[-1].has_next, "the last page has no `next`")

    def test_by_offset_each_is_read_once_and_the_total_is_right(self):
        read, total = [], COUNT
        while len(read) < total:
            body = self.page(len(read) // 50, 50)
            self.assertEqual(set(body), {"organizations", "start", "limit", "total"})
            self.has(body, start=len(read), limit=50)
            self.assertTrue(body["organizations"], body)
            read += [organization["id"] for organization in body["organizations"]]
            total = body["total"]
        self.assertEqual((len(read), len(set(read))), (total, total))
        self.assertLessEqual(set(self.made), set(read))
        past = self.page(19, 50)
        self.assertEqual(past, {"organizations": [], "start": 950, "limit": 50, "total": total})

    def page(self, page, per_page):
        return self.done(200, self.listed, page=page, per_page=per_page)

    def test_by_offset_nothing_is_read_beyond_1000(self):
        message = self.refused(400, "invalid_paging", self.listed, page=20, per_page=50)
        self.assertIn("1000", message)

    def listed(self, request_options, **query):
        # The SDK has checkpoint paging only; this is its way to ask for more.
        options = {**request_options, "additional_query_parameters": query}
        return api.organizations.list(take=None, include_totals=True, request_options=options)
