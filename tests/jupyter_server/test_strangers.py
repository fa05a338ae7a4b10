"""A campaign of unauthorized requests to the handlers of Jupyter Server, with every verb.

The kind: a page of another site, or a program of another user, reaches the port. It sends no token
or a wrong one, cookies of a browser without an XSRF token, another origin, another method, or a
path that leads out. No response tells anything about a model, and nothing changes.

A step is one request. The response and the registry are checked after each, so there is nothing to
reduce. A failure shows a command that sends that request alone. `NBMODEL_SEED` and
`NBMODEL_CAMPAIGN` (verbs with methods and paths) choose others.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter

import pytest

import nbmodel
from nbmodel.views import ACTIONS, QUESTIONS
from tests.jupyter_server.conftest import *  # noqa: F403  its fixtures
from tests.jupyter_server.test_handlers import logged_in
from tests.shrinking import command, steps_again
from tests.views.test_contract import ACTION_EXAMPLES, QUESTION_EXAMPLES

VERBS = [*QUESTIONS, *ACTIONS, "about", "checkout", "commit", "gc"]
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
PATHS = ("my shop/a.ipynb", "../", "/etc", "my shop/../../..", "\\..\\..", "%2e%2e/%2e%2e", "~root",
         "my shop\0", "//my shop", "file:///etc")  # fmt: skip
TEST = "tests/jupyter_server/test_strangers.py::test_unauthorized_requests_are_refused"
TELLING = (b"churn", b"house", b"baseline")


def state(folder):
    files = (path for path in (folder / ".git").rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files}


def client_headers(token, cookies):
    """Headers of unauthorized clients, by the kind of client."""
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {
        "nobody": {},
        "a wrong token": {"Authorization": f"token {token[::-1]}"},
        "an empty token": {"Authorization": "token "},
        "two schemes": {"Authorization": f"Bearer token {token}"},
        "another origin": {"Origin": "https://evil.example", "Cookie": sent},
        "no origin": {"Origin": "null", "Cookie": sent},
        "cookies alone": {"Cookie": sent},
        "a wrong XSRF token": {"Cookie": sent, "X-XSRFToken": "0" * 32},
    }


def requests(chance, count, clients):
    """Draw a client, a verb, a method, a path and arguments at random."""
    every = list(itertools.product(VERBS, METHODS, PATHS))
    for verb, method, path in chance.sample(every, min(count, len(every))):
        args = ACTION_EXAMPLES.get(verb) or (QUESTION_EXAMPLES.get(verb) or [{}])[0]
        for who in clients:
            yield who, verb, method, path, json.dumps(args)


async def sent(client, base, headers, verb, method, path, args):
    """The response to one request."""
    reads = method in ("GET", "HEAD", "OPTIONS")
    query = f"path={nbmodel.display.visible(path)}&args={args}".replace(" ", "+")
    body = None if reads or method == "DELETE" else json.dumps({"args": {}, "path": path})
    url = f"{base}nbmodel/api/{verb}?{query}".replace('"', "%22").replace("\\", "%5C")
    return await client.fetch(
        url.replace("{", "%7B").replace("}", "%7D"), method=method, headers=headers,
        body=body, raise_error=False, follow_redirects=False,
    )  # fmt: skip


async def campaign(client, base, token, folder, count, seed):
    clients = client_headers(token, await logged_in(client, base, token))
    before, seen = state(folder), Counter()
    drawn = steps_again() or requests(random.Random(seed), count, clients)
    for step in drawn:
        who, verb, method, *rest = step
        headers = clients[who]
        reads = method in ("GET", "HEAD", "OPTIONS")
        if reads and "Cookie" in headers and "Origin" not in headers:
            continue  # that is the user's own browser, on the server's own page
        answer = await sent(client, base, headers, verb, method, *rest)
        seen[answer.code] += 1
        # OPTIONS lists the allowed methods for every client.
        refused = 300 <= answer.code < 500 or method == "OPTIONS"
        silent = not any(word in (answer.body or b"") for word in TELLING)
        unchanged = state(folder) == before
        assert refused and silent and unchanged, (  # noqa: PT018  one assertion for each request
            f"seed {seed}: {who} got {answer.code}, {refused=} {silent=} {unchanged=}\n"
            f"{(answer.body or b'')[:500]!r}\n{command(TEST, [step])}"
        )
    print(f"seed {seed}: {seen.total()} requests, by status {dict(sorted(seen.items()))}")


def chosen(count, seed):
    """Seed and size, from the environment where they are there."""
    return int(os.environ.get("NBMODEL_CAMPAIGN", count)), int(os.environ.get("NBMODEL_SEED", seed))


async def test_unauthorized_requests_are_refused(
    shop, http_server_client, jp_base_url, jp_serverapp
):
    token = jp_serverapp.identity_provider.token
    await campaign(http_server_client, jp_base_url, token, shop, *chosen(40, 5))


@pytest.mark.stress
async def test_unauthorized_requests_are_refused_for_a_long_time(
    shop, http_server_client, jp_base_url, jp_serverapp
):
    token = jp_serverapp.identity_provider.token
    await campaign(http_server_client, jp_base_url, token, shop, *chosen(1 << 20, 6))
