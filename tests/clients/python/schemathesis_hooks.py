"""What schemathesis must know of the API beyond its description."""

import re
from urllib.parse import urlencode

import schemathesis

# Why the server refuses what the description allows. The description says what a request looks like, not which
# things exist, what an opaque text holds, or what two members mean together.
KNOWN = re.compile(
    "Invalid cursor"  # only the server makes one
    "|exceeds the allowed maximum of 1000 records"  # a page and its size only together
    r"|on property q\."  # a search has a grammar
    r"|at most \d+ bytes"  # a description counts letters
    "|NUL character"  # nothing that is kept as text may hold one
    "|floating point"  # JSON Schema takes 1.0 for an integer, we and the SDKs do not
    "|not an absolute URL|URL (is|has)|not an origin"  # which addresses are safe no pattern tells
    "|No connection found by that id|does not exist|No database connection has this name"  # named, but not there
    r"|Only database connections|a connection that is no database|on property (connection|user_id)\."  # the connection decides what it has
    r"|^options\b|on property options\b"  # and its strategy, which options
    "|does not allow organizations|needs a client that authenticates"  # and the client, what it may
    r"|user of an email connection|whose identity provider (tells|keeps)"  # and what its users have
    "|Only a user of a database connection|PasswordStrengthError"  # and what a password must be
    "|neither a domain nor the id of a tenant"  # a domain has one form, which no pattern tells
    "|'No date'|A span has 1 to"  # eight digits may be no day, and two days no span
    "|Not beside organization_id"  # one of two, and not both
    "|String is no domain"  # a domain has one form, which no pattern tells
    "|has to name every enabled connection once"  # which there are, no description tells
    "|Management API cannot be changed"  # it is among the resource servers, but ours
)


@schemathesis.check
def valid_requests_are_accepted(context, response, case):
    """The check `positive_data_acceptance`, which knows an exception by its status only, with ours by message."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 413, 415):
        return
    message = response.json()["message"]
    if not KNOWN.search(message):
        raise AssertionError(f"refused, although the description allows it: {message}")


@schemathesis.hook
def filter_query(context, query):
    """An address over 16 KB is answered 414 before the API sees it."""
    return query is None or len(urlencode(query, doseq=True)) < 16_000
