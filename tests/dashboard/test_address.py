"""The address and the token of the dashboard."""

from __future__ import annotations

import socket

import pytest

from nbmodel.dashboard import address
from nbmodel.errors import InvalidValue


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_needs_no_token(host):
    assert address.is_loopback(host)
    assert address.token_for(host, "") == ""
    assert address.token_for(host, "mine-1_x") == "mine-1_x"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "models.example.org", ""])
def test_another_address_gets_a_token(host):
    assert not address.is_loopback(host)
    made = address.token_for(host, "")
    assert len(made) >= 32
    assert made != address.token_for(host, "")


@pytest.mark.parametrize("token", ["a b", "a&b", "é", "x" * 300, '"', "<"])
def test_a_token_that_cannot_stand_in_an_address_is_refused(token):
    with pytest.raises(InvalidValue):
        address.token_for("127.0.0.1", token)


def test_a_port_that_is_taken_is_refused_and_the_next_free_one_is_found():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidValue, match=f"port {port}"):
            address.free_port("127.0.0.1", port)
    assert address.free_port("127.0.0.1", port) == port
    with socket.socket() as first:
        # As `free_port` does: a port whose last connection ended a moment ago is free.
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            first.bind(("127.0.0.1", address.FIRST_PORT))
        except OSError:
            pass  # another process uses the port, which is as good
        else:
            first.listen()
        assert address.free_port("127.0.0.1", 0) > address.FIRST_PORT


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_number_that_is_not_a_port_is_refused(port):
    with pytest.raises(InvalidValue, match="is not a port"):
        address.free_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a b", "203.0.113.7", "x" * 300])
def test_an_address_of_another_machine_is_refused(host):
    with pytest.raises(InvalidValue):
        address.free_port(host, 18999)


def test_the_address_can_be_typed_into_a_browser():
    assert address.url_of("127.0.0.1", 8866, "") == "http://127.0.0.1:8866/"
    assert address.url_of("::1", 1, "t") == "http://[::1]:1/?token=t"
    assert address.url_of("0.0.0.0", 1, "t") == "http://127.0.0.1:1/?token=t"


@pytest.mark.parametrize(
    ("base_url", "path", "origin", "host"),
    [
        ("", "/", "", ""),
        ("/", "/", "", ""),
        ("models", "/models/", "", ""),
        ("/team-1/models_2/", "/team-1/models_2/", "", ""),
        ("https://example.org", "/", "https://example.org", "example.org"),
        ("https://example.org:8443/a/b", "/a/b/", "https://example.org:8443", "example.org"),
        ("http://[::1]:80/m/", "/m/", "http://[::1]:80", "::1"),
    ],
)
def test_a_base_url_is_a_path_or_a_whole_url(base_url, path, origin, host):
    public = address.public_address(base_url)
    assert (public.path, public.origin, public.host) == (path, origin, host)
    shown = address.url_of("127.0.0.1", 8866, "t0", public)
    assert shown == f"{origin or 'http://127.0.0.1:8866'}{path}?token=t0"


@pytest.mark.parametrize(
    "base_url",
    ["//evil.example", "/a//b", "/../x", "/a b/", "/a?b", "/a#b", "ftp://h/", "https://", "/a\n/",
     "https://h:99999/", "https://me:pw@h/", "https://h/?q", "/<b>/", "/%2e%2e/", "/a/" * 400,
     "https://a b/", "javascript:alert(1)", "/a;path=/"],
)  # fmt: skip
def test_a_base_url_that_is_not_valid_is_refused(base_url):
    with pytest.raises(InvalidValue, match="is not a base URL"):
        address.public_address(base_url)


def test_a_public_name_gets_a_token():
    assert address.token_for("127.0.0.1", "", "models.example.org")
    assert address.token_for("127.0.0.1", "", "localhost") == ""
