"""The author of commits, from git's settings."""

from __future__ import annotations

import getpass
import os
import re
import socket
from dataclasses import dataclass

from nbmodel.errors import GitFailed
from nbmodel.records import Person
from nbmodel.repo.git import Git

_UNSAFE_RE = re.compile(r"[<>\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Identity:
    """A person. `guessed` says that git's settings lack the name or the address."""

    person: Person
    guessed: bool


def whoami(git: Git) -> Identity:
    """Name and mail address as ``git commit`` would use them, or a guess from the login name."""
    try:
        text = git.run("config", "--null", "--get-regexp", r"^(author|user)\.(name|email)$").decode(
            errors="replace"
        )
    except GitFailed:  # exit status 1: no such setting
        text = ""
    settings = dict(entry.split("\n", 1) for entry in text.split("\0") if "\n" in entry)
    name = _first(
        os.environ.get("GIT_AUTHOR_NAME"), settings.get("author.name"), settings.get("user.name")
    )
    email = _first(
        os.environ.get("GIT_AUTHOR_EMAIL"),
        settings.get("author.email"),
        settings.get("user.email"),
        os.environ.get("EMAIL"),
    )
    user = _login()
    person = Person(name or user, email or f"{user}@{socket.gethostname()}")
    return Identity(person, guessed=not (name and email))


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
