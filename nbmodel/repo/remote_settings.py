"""The remotes of a registry: those of git, each with an optional store for large objects.

The store of a remote is a setting of this clone, ``remote.NAME.nbmodelBlobs`` of git. It is never
read from a file of the repository, which a stranger may have written.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.errors import AlreadyExists, GitFailed, InvalidName, InvalidValue, NotFound
from nbmodel.repo import remote_urls

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

DEFAULT = "origin"
RECORDS_PREFIX = "refs/remotes-nbmodel/"  # what this clone knows of a remote, beside refs/remotes
_KEY_RE = re.compile(r"remote\.(?P<name>.+)\.(?P<key>url|pushurl|nbmodelblobs|nbmodelstore)")
_NAME_RE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A remote: its name, its addresses, and the address of its store; empty for git-lfs.

    `known_store` is a digest of the address of the store that a push has compared with all
    versions.
    """

    name: str
    url: str
    push_url: str = ""
    blobs: str = ""
    known_store: str = ""

    @property
    def store(self) -> str:
        """The address at which its large objects are."""
        return self.blobs or self.push_url or self.url

    @property
    def store_digest(self) -> str:
        """A digest of the address of the store, which may hold a password."""
        return hashlib.sha256(self.store.encode(errors="surrogateescape")).hexdigest()

    @property
    def display_url(self) -> str:
        """The address without its password."""
        return display.redacted(self.url)


def remotes(git: Git) -> dict[str, Remote]:
    """The remotes by name. A name that could be taken for an option is left out."""
    values: dict[str, dict[str, str]] = {}
    for item in _settings(git):
        key, _, value = item.partition("\n")
        match = _KEY_RE.fullmatch(key)
        if match and _NAME_RE.fullmatch(match["name"]):
            values.setdefault(match["name"], {}).setdefault(match["key"], value)
    return {
        name: Remote(
            name=name,
            url=own["url"],
            push_url=own.get("pushurl", ""),
            blobs=own.get("nbmodelblobs", ""),
            known_store=own.get("nbmodelstore", ""),
        )
        for name, own in sorted(values.items())
        if "url" in own
    }


def choose(git: Git, name: str = "") -> Remote:
    """The remote of a name; without one the only remote, else ``origin``.

    Raises
    ------
    NotFound
        If there is no such remote.
    InvalidValue
        If there are several, and none is ``origin``.
    """
    current = remotes(git)
    if not current:
        raise NotFound(
            "remote", name or DEFAULT, "this registry", [],
            what="This registry has no remote. Add one: %model_remote add origin URL.",
        )  # fmt: skip
    if name:
        if name not in current:
            raise NotFound("remote", name, "this registry", [*current])
        return current[name]
    if DEFAULT in current:
        return current[DEFAULT]
    if len(current) > 1:
        names = ", ".join(current)
        raise InvalidValue(f"The registry has the remotes {names}.", "Name one of them.")
    return next(iter(current.values()))


def add(git: Git, name: str, url: str, blobs: str = "") -> tuple[Remote, bool]:
    """Add a remote; return it, and whether anything changed.

    A remote of the same name and address only gets the store.

    Raises
    ------
    InvalidName, InvalidValue
        If the name or the address cannot be used.
    AlreadyExists
        If the name stands for another address.
    """
    if not _NAME_RE.fullmatch(name):
        raise InvalidName("remote", name)
    remote_urls.check(url)
    blobs = _store_address(blobs)
    current = remotes(git).get(name)
    if current is not None and current.url != url:
        raise AlreadyExists(
            f"The remote {name} is {current.display_url}.",
            f"Remove it first: %model_remote remove {name}. Or choose another name.",
        )
    if current is None:
        git.run("remote", "add", "--", name, url)
    if blobs and (current is None or current.blobs != blobs):
        git.run("config", "--", f"remote.{name}.nbmodelBlobs", blobs)
    new = remotes(git)[name]
    return new, new != current


def remove(git: Git, name: str) -> None:
    """Remove a remote and what this clone knew of its branches.

    Raises
    ------
    NotFound
        If there is no such remote.
    """
    choose(git, name)
    git.run("remote", "remove", "--", name)
    form = "--format=delete %(refname) %(objectname)"
    if lines := git.run("for-each-ref", form, f"{RECORDS_PREFIX}{name}"):
        git.run("update-ref", "--no-deref", "--stdin", data=lines)


def note_store(git: Git, remote: Remote) -> None:
    """Record that the store of a remote has what the remote names."""
    git.run("config", "--", f"remote.{remote.name}.nbmodelStore", remote.store_digest)


def _store_address(text: str) -> str:
    """The address of a store; the path of a folder starts at the root."""
    is_path = text and "://" not in text and "::" not in text
    return str(Path(text).expanduser().absolute()) if is_path else text


def _settings(git: Git) -> list[str]:
    pattern = r"^remote\..*\.(url|pushurl|nbmodelblobs|nbmodelstore)$"
    try:
        text = git.run("config", "--null", "--get-regexp", pattern)
    except GitFailed:  # exit status 1: none
        return []
    return text.decode(errors="surrogateescape").split("\0")[:-1]
