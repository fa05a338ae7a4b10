"""Settings of git that the user made: for the machine, in the home folder, and in the environment.

A repository may come from another person. So its own configuration names neither a program nor a
key nor a list of allowed keys: what it says of them is left out here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

_OWN_SCOPES = frozenset({"system", "global", "command"})
_TRUE_VALUES = frozenset({"true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class UserSettings:
    """Settings of git in its order, each with its scope. A later one decides."""

    entries: tuple[tuple[str, str, str], ...] = ()

    def get(self, *names: str) -> str:
        """The value of the last of some settings that only the user can make; empty for none."""
        values = (v for scope, key, v in self.entries if scope in _OWN_SCOPES and key in names)
        return _last(values)

    def is_on(self, name: str) -> bool:
        """Whether a setting that only the user can make is true."""
        value = self.get(name).lower()
        return value in _TRUE_VALUES or (value.isdecimal() and int(value) != 0)

    def get_anywhere(self, name: str) -> str:
        """The value of a setting that a repository may make too, such as the author's name."""
        return _last(value for _, key, value in self.entries if key == name)


def read(git: Git) -> UserSettings:
    """Read the settings of git with one command.

    Raises
    ------
    GitFailed
        If a file of the configuration is not valid.
    """
    parts = git.run("config", "--null", "--show-scope", "--list").decode(errors="replace")
    scopes_and_entries = parts.split("\0")[:-1]
    pairs = zip(scopes_and_entries[::2], scopes_and_entries[1::2], strict=True)
    return UserSettings(tuple((scope, *_entry(entry)) for scope, entry in pairs))


def _entry(text: str) -> tuple[str, str]:
    key, mark, value = text.partition("\n")
    # In git, a setting without a value is true, if it is one that is true or false.
    return key, value if mark or not key.endswith(".gpgsign") else "true"


def _last(values: Iterator[str]) -> str:
    return next(reversed([*values]), "")
