"""A real Jupyter server with the extension, over a folder with two repositories."""

from __future__ import annotations

import json

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403  its fixtures and hooks
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

import nbmodel
from tests.views.conftest import log_of, make_shop


@pytest.fixture  # type: ignore[no-redef]  # ours instead of the plug-in's
def jp_server_config():
    return Config({"ServerApp": {"jpserver_extensions": {"nbmodel.jupyter_server": True}}})


@pytest.fixture
def shop(jp_root_dir):
    """A registry in the folder that the server shows; closed, because the server opens its own."""
    make_shop(jp_root_dir / "my shop").close()
    return jp_root_dir / "my shop"


@pytest.fixture
def watched(shop):
    """The same registry with a prediction log."""
    with nbmodel.open(shop) as registry:
        log_of(registry)
    return shop


@pytest.fixture
def ask(jp_fetch):
    """GET a question; returns ``(status, answer)``."""

    async def get(verb, args=None, **place):
        params = {"args": json.dumps(args or {}), "path": "my shop/a.ipynb", **place}
        return await replied(jp_fetch("nbmodel", "api", verb, params=params))

    return get


@pytest.fixture
def act(jp_fetch):
    """POST an action; returns ``(status, answer)``."""

    async def post(verb, args=None, **place):
        body = json.dumps({"args": args or {}, "path": "my shop/a.ipynb", **place})
        return await replied(jp_fetch("nbmodel", "api", verb, method="POST", body=body))

    return post


async def replied(request):
    try:
        response = await request
    except HTTPClientError as error:
        response = error.response
    assert response.headers["Content-Type"] == "application/json"
    answer = json.loads(response.body)
    if response.code >= 400:
        assert set(answer) == {"what", "hint", "kind", "code"}
        assert all(isinstance(part, str) for part in answer.values())
        assert answer["what"]
    return response.code, answer
