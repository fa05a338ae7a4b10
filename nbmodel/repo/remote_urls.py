"""Addresses of remotes: which are allowed, and how they are text without their secrets.

git runs a program for ``ext::...``, and takes an address that begins with ``-`` for an option.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nbmodel.config import NbModel
from nbmodel.display import redacted
from nbmodel.errors import InvalidValue

_SCHEME_RE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_SSH_RE = re.compile(r"(?:[^\s/:@]+@)?\[?[A-Za-z0-9][^\s/:]*\]?:(?!:)[^\s].*")  # git@host:path
_CONTROL_RE = re.compile(r"[\x00-\x20\x7f]")
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


def absolute(url: str) -> str:
    """An address whose path, if it is one, starts at the root and no longer at the working folder.

    Raises
    ------
    InvalidValue
        As `check` does.
    """
    check(url)
    return str(Path(url).expanduser().absolute()) if is_path(url) else url


def repository_name(url: str) -> str:
    """The last part of an address, without ``.git``; empty if there is none.

    Examples
    --------
    >>> [repository_name(u) for u in ("git@h:team/models.git", "https://h/m/", "/p/x/.git", "ssh://h")]
    ['models', 'm', 'x', '']
    """
    if is_path(url):
        path = url
    elif _SCHEME_RE.match(url):
        path = unquote(urlsplit(url).path)
    else:
        path = url.partition(":")[2]
    parts = [
        part for part in path.split("/") if part not in ("", ".", "..", ".git", ".nbmodel.git")
    ]
    return parts[-1].removesuffix(".git") if parts else ""


def _plain_http_allowed(url: str) -> bool:
    return bool(NbModel.instance().allow_http) or urlsplit(url).hostname in _LOOPBACK
