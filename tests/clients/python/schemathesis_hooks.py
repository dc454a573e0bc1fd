"""What schemathesis must know of the API beyond its description."""

import re

import schemathesis

# Why the server refuses what the description allows. The description says what a request looks like, not which
# things exist nor what an opaque text holds.
KNOWN = re.compile(
    "Invalid cursor"  # only the server makes one
    "|exceeds the allowed maximum of 1000 records"  # a page and its size only together
    "|on property q\\."  # a search has a grammar
    "|NUL character"  # nothing that is kept as text may hold one
    "|floating point"  # JSON Schema takes 1.0 for an integer, we and SDKs do not
    "|No connection found by that id|does not exist"  # a body that names a thing which is not there
)


@schemathesis.check
def valid_requests_are_accepted(context, response, case):
    """The check `positive_data_acceptance`, which knows an exception by its status only, with ours by message."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 413, 415):
        return
    message = response.json()["message"]
    if not KNOWN.search(message):
        raise AssertionError(f"refused, although the description allows it: {message}")
