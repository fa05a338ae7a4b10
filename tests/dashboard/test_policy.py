"""The policies hold what they say, whatever a request calls the server."""

from __future__ import annotations

import pytest

from nbmodel.dashboard import policy


def directives(text):
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_the_served_page_runs_files_of_ours_only():
    found = directives(policy.for_server("localhost:8866"))
    assert found["default-src"] == "'none'"
    assert found["script-src"] == "'self'"
    assert found["connect-src"] == "'self' ws://localhost:8866 wss://localhost:8866"
    assert found["base-uri"] == "'none'"
    assert found["frame-ancestors"] == "'self'"
    for name, value in found.items():
        assert "unsafe" not in value or name == "style-src"
        assert "*" not in value


@pytest.mark.parametrize("host", ["", "a b", "x;script-src *", "x'", "*", "a,b", "[::1]x"])
def test_a_hosts_name_adds_nothing_else(host):
    assert policy.for_server(host) == policy.for_server("")


def test_the_page_on_disk_asks_nobody():
    found = directives(policy.for_file("alert(1)"))
    assert "connect-src" not in found
    assert found["default-src"] == "'none'"
    assert found["script-src"] == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
