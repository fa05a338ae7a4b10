"""Addresses of remotes: which are allowed, and how they are text without their secrets.

git runs a program for ``ext::...``, and takes an address that begins with ``-`` for an option.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from nbmodel.config import NbModel
from nbmodel.errors import InvalidValue

_SCHEME_RE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_SSH_RE = re.compile(r"(?:[^\s/:@]+@)?\[?[A-Za-z0-9][^\s/:]*\]?:(?!:)[^\s].*")  # git@host:path
_CONTROL_RE = re.compile(r"[\x00-\x20\x7f]")
_SECRET_RE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@]+@")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
PROTOCOLS = {"https": "https", "http": "http", "ssh": "ssh", "git+ssh": "ssh", "file": "file"}


def check(url: str) -> str:
    """Return an address that git may use.

    Raises
    ------
    InvalidValue
        If it is empty, looks like an option, or has a protocol that is not allowed.

    Examples
    --------
    >>> check("git@example.org:team/models.git")
    'git@example.org:team/models.git'
    """
    text = redacted(url)
    if not url.strip() or url.startswith("-") or _CONTROL_RE.search(url.replace(" ", "_")):
        raise InvalidValue(
            f"{text!r} is not the address of a repository.",
            "Write a path, file:///PATH, https://HOST/PATH or git@HOST:PATH.",
        )
    name = protocol(url)
    if name == "http" and not _plain_http_allowed(url):
        raise InvalidValue(
            f"{text} is not encrypted: everyone on the way reads and changes what is sent.",
            "Use https or ssh. If you trust the network: %config NbModel.allow_http = True.",
        )
    if not name:
        raise InvalidValue(
            f"{text} has a protocol that nbmodel does not use.", "Use https, ssh or a path."
        )
    return url


def protocol(url: str) -> str:
    """The protocol as git names it: https, http, ssh or file; empty for any other.

    Examples
    --------
    >>> [protocol(u) for u in ("/srv/m.git", "git@h:m.git", "https://h/m", "ext::sh -c id")]
    ['file', 'ssh', 'https', '']
    """
    match = _SCHEME_RE.match(url)
    if match:
        return PROTOCOLS.get(match["scheme"].lower(), "")
    if "::" in url.split("/", 1)[0]:  # a helper program
        return ""
    return "ssh" if _SSH_RE.fullmatch(url) else "file"


def is_path(url: str) -> bool:
    """Whether an address is a path, without ``file://``.

    Examples
    --------
    >>> is_path("../team.git"), is_path("file:///srv/team.git"), is_path("git@h:m.git")
    (True, False, False)
    """
    return protocol(url) == "file" and not _SCHEME_RE.match(url)


def redacted(text: str) -> str:
    """A text without the user names and passwords of its addresses.

    Examples
    --------
    >>> redacted("fatal: https://ann:secret@example.org/m.git not found")
    'fatal: https://example.org/m.git not found'
    """
    return _SECRET_RE.sub(r"\g<scheme>", text)


def _plain_http_allowed(url: str) -> bool:
    return bool(NbModel.instance().allow_http) or urlsplit(url).hostname in _LOOPBACK
