"""The author of commits, from git's settings."""

from __future__ import annotations

import getpass
import os
import re
import socket
from dataclasses import dataclass, field

from nbmodel.records import Person
from nbmodel.repo import user_settings
from nbmodel.repo.git import Git
from nbmodel.repo.user_settings import UserSettings

_UNSAFE_RE = re.compile(r"[<>\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Identity:
    """A person. `guessed` says that git's settings lack the name or the address."""

    person: Person
    guessed: bool
    settings: UserSettings = field(default_factory=UserSettings, compare=False, repr=False)


def whoami(git: Git) -> Identity:
    """Name and mail address as ``git commit`` would use them, or a guess from the login name.

    Raises
    ------
    GitFailed
        If git's configuration is not valid.
    """
    settings = user_settings.read(git)
    name = _first(
        os.environ.get("GIT_AUTHOR_NAME"),
        settings.get_anywhere("author.name"),
        settings.get_anywhere("user.name"),
    )
    email = _first(
        os.environ.get("GIT_AUTHOR_EMAIL"),
        settings.get_anywhere("author.email"),
        settings.get_anywhere("user.email"),
        os.environ.get("EMAIL"),
    )
    user = _login()
    person = Person(name or user, email or f"{user}@{socket.gethostname()}")
    return Identity(person, not (name and email), settings)


def signature_line(person: Person, time: int) -> str:
    """An identity as git objects contain it, always in UTC."""
    return f"{_clean(person.name)} <{_clean(person.email)}> {time} +0000"


def _first(*texts: str | None) -> str:
    """The first text that is not empty after cleaning."""
    return next((clean for text in texts if text and (clean := _clean(text))), "")


def _clean(text: str) -> str:
    return _UNSAFE_RE.sub("", text).strip()


def _login() -> str:
    try:
        return _clean(getpass.getuser()) or "unknown"
    except (KeyError, OSError):  # a container may have a user without a name
        return f"uid-{os.getuid()}"
