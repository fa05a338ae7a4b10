"""Names of attachments, the kind that a name stands for, and the path in a version's tree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Literal

from nbmodel import layout
from nbmodel.display import visible
from nbmodel.errors import InvalidValue

Kind = Literal["plotly", "image", "html", "other"]

MAX_NAME_CHARACTERS = 100
PLOTLY_SUFFIX = ".plotly.json"
_KINDS: dict[str, Kind] = {
    PLOTLY_SUFFIX: "plotly",
    ".png": "image",
    ".svg": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".gif": "image",
    ".webp": "image",
    ".html": "html",
    ".htm": "html",
}
# Names that Windows reserves, with any text after the first dot.
_RESERVED_RE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_SUFFIX_RE = re.compile(r"(\.[A-Za-z0-9]{1,10}){1,2}$", re.ASCII)


def kind_of(name: str) -> Kind:
    """What a name stands for: a figure of plotly, an image, a page, or another file."""
    return _KINDS.get(_known_suffix(name), "other")


def title_of(name: str) -> str:
    """The name of a figure without its suffix; the whole name of another file.

    Examples
    --------
    >>> title_of("roc.plotly.json"), title_of("report.html")
    ('roc', 'report.html')
    """
    if kind_of(name) not in ("plotly", "image"):
        return name
    return name[: -len(_known_suffix(name))]


def _known_suffix(name: str) -> str:
    lower = name.lower()
    return next((s for s in _KINDS if lower.endswith(s) and len(lower) > len(s)), "")


def check_name(name: str, option: str) -> str:
    """The name itself, if an attachment can have it.

    Raises
    ------
    InvalidValue
        If it is empty, too long, a path, or has characters that are not visible.
    """
    why = _fault(name)
    if why:
        raise InvalidValue(
            f"{option}: the name {name[:MAX_NAME_CHARACTERS]!r} {why}.",
            f"Use letters, digits, spaces, '.', '_' and '-': {option} {_EXAMPLES[option]}.",
        )
    return name


_EXAMPLES = {"--figure": "roc=fig", "--file": "report.html"}


def _fault(name: str) -> str:
    if not name.strip():
        return "is empty"
    if len(name) > MAX_NAME_CHARACTERS:
        return f"has {len(name)} characters; at most {MAX_NAME_CHARACTERS} are possible"
    if "/" in name or "\\" in name:
        return "is a path"
    if name != name.strip() or name.startswith(".") or name.endswith("."):
        return "begins or ends with a dot or a space"
    if visible(name) != name or not name.isprintable():
        return "has characters that are not visible"
    return ""


def key_of(name: str) -> str:
    """Equal for two names that a file system may not tell apart."""
    return unicodedata.normalize("NFC", name).casefold()


def tree_path(name: str, other_paths: Collection[str]) -> str:
    """The path of an attachment in a version: its name if every file system can have it.

    Parameters
    ----------
    name : str
    other_paths : collection of str
        Paths of the other attachments, in lower case.
    """
    path = f"{layout.FILES}/{name}"
    plain = layout.is_plain(name.encode(errors="replace")) and not _RESERVED_RE.match(name)
    if plain and path.lower() not in other_paths:
        return path
    match = _SUFFIX_RE.search(PurePosixPath(name).name)
    suffix = match[0].lower() if match else ""
    number = len(other_paths)
    while (path := f"{layout.FILES}/{number:04d}{suffix}") in other_paths:
        number += 1
    return path
