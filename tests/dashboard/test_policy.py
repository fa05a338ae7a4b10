"""The content security policies, with any name of the server in a request."""

from __future__ import annotations

import pytest

from nbmodel.dashboard import policy


def directives(text):
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_the_served_page_runs_only_files_of_the_dashboard():
    policies = directives(policy.for_server("localhost:8866"))
    assert policies["default-src"] == "'none'"
    assert policies["script-src"] == "'self'"
    assert policies["connect-src"] == "'self' ws://localhost:8866 wss://localhost:8866"
    assert policies["base-uri"] == "'none'"
    assert policies["frame-ancestors"] == "'self'"
    for name, value in policies.items():
        assert "unsafe" not in value or name == "style-src"
        assert "*" not in value


@pytest.mark.parametrize("host", ["", "a b", "x;script-src *", "x'", "*", "a,b", "[::1]x"])
def test_an_invalid_host_adds_nothing_to_the_policy(host):
    assert policy.for_server(host) == policy.for_server("")


def test_the_policy_of_the_page_on_disk_allows_no_connection():
    policies = directives(policy.for_file("alert(1)"))
    assert "connect-src" not in policies
    assert policies["default-src"] == "'none'"
    assert policies["script-src"] == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
