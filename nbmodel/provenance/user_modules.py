"""The user's own modules in a version: their places in its tree, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbmodel.flavors.isolated import Source
from nbmodel.layout import FOLDERS, FORMAT, MAX_NAME, MODULES, is_plain
from nbmodel.records import Module

LEVELS = FOLDERS[FORMAT][MODULES]
MAX_PART = MAX_NAME - len("-00000000.py")
# Windows has no files of these names, with any ending.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
)


def modules_of(sources: Sequence[Source]) -> Iterator[Module]:
    """What the manifest says of each module."""
    for source, path in _placed(sources):
        yield Module(path, source.name, hashlib.sha256(source.text).hexdigest())


def files_of(sources: Sequence[Source]) -> dict[str, bytes]:
    """The files of the modules, by path in the version's tree."""
    return {path: source.text for source, path in _placed(sources)}


def sources_of(modules: Iterable[Module], texts: Mapping[str, bytes]) -> tuple[Source, ...]:
    """The modules of a version again, given the text of each by name."""
    return tuple(Source(module.name, texts[module.name], module.is_package) for module in modules)


def _placed(sources: Sequence[Source]) -> Iterator[tuple[Source, str]]:
    """Each source with its path: as its name says, where that is a path on any file system."""
    parts = [source.name.split(".") for source in sources]
    spellings: dict[tuple[str, ...], set[str]] = {}
    for name in parts:
        for n, part in enumerate(name):
            spellings.setdefault(_folded(name[: n + 1]), set()).add(part)
    for source, name in zip(sources, parts, strict=True):
        if len(name) + source.is_package > LEVELS:
            name = [_short(source.name)]
        else:
            name = [
                _portable(part, clash=len(spellings[_folded(name[: n + 1])]) > 1)
                for n, part in enumerate(name)
            ]
        end = "/__init__.py" if source.is_package else ".py"
        yield source, f"{MODULES}/{'/'.join(name)}{end}"


def _folded(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)


def _portable(part: str, *, clash: bool) -> str:
    """A part of a module's name; a digest sets it off where file systems mix it up or refuse it."""
    plain = is_plain(part.encode()) and len(part) <= MAX_PART
    if plain and not clash and part.lower() not in _DEVICES:
        return part
    legible = "".join(c if c.isascii() else "_" for c in part)[:MAX_PART]
    return f"{legible}-{_short(part)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
