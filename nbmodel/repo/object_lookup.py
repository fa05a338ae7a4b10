"""From a name to an object, step by step, each held against its own address.

git follows ``churn@v1.0.0^{commit}`` and ``commit:model.json`` by itself, and
checks nothing on the way: a damaged pack index may give it another object's
content. Every object that is read here is the one whose address was named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed
from nbmodel.repo import raw_objects

if TYPE_CHECKING:
    from nbmodel.repo.objects import GitObject, ObjectReader

MAX_OBJECT_BYTES = 1 << 28  # bytes of a tag, a commit or a tree on the way
MAX_TAG_DEPTH = 8  # tags of tags
_SPEC_RE = re.compile(
    r"(?P<base>[^:^]+)(?:\^\{(?P<kind>commit|tree)\}|:(?P<path>.+))", re.ASCII | re.DOTALL
)


def is_compound(spec: str) -> bool:
    """Whether a text asks for more than one object."""
    return _SPEC_RE.fullmatch(spec) is not None


def read(objects: ObjectReader, spec: str, limit: int) -> GitObject | None:
    """The object at the end of ``BASE^{commit}``, ``BASE^{tree}`` or ``BASE:path``.

    Returns
    -------
    GitObject or None
        None if there is no `BASE`, or no such file in it.

    Raises
    ------
    GitFailed
        If an object on the way is missing or damaged.
    """
    match = _SPEC_RE.fullmatch(spec)
    if match is None:
        return objects.read(spec, limit)
    found = objects.read(match["base"], MAX_OBJECT_BYTES)
    found = found and _without_tags(objects, found, match["base"])
    if match["kind"] == "commit":
        return found if found and found.kind == "commit" else None
    parts = match["path"].split("/") if match["path"] else []
    if found and found.kind == "commit":
        found = _next(
            objects, raw_objects.tree_of(found.data), spec, MAX_OBJECT_BYTES if parts else limit
        )
    for number, part in enumerate(parts, 1):
        oid = (
            raw_objects.entry(found.data, _encoded(part))
            if found and found.kind == "tree"
            else None
        )
        if oid is None:
            return None
        found = _next(objects, oid, spec, limit if number == len(parts) else MAX_OBJECT_BYTES)
    return found if parts or (found and found.kind == "tree") else None


def _encoded(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def _without_tags(objects: ObjectReader, found: GitObject, name: str) -> GitObject:
    """What a tag, or a tag of tags, leads to; another object itself."""
    for _ in range(MAX_TAG_DEPTH):
        if found.kind != "tag":
            break
        found = _next(objects, raw_objects.target(found.data), name, MAX_OBJECT_BYTES)
    return found


def _next(objects: ObjectReader, oid: str, spec: str, limit: int) -> GitObject:
    found = objects.read(oid, limit) if oid else None
    if found is None:
        raise GitFailed(
            f"{spec} leads to the object {oid or '(none)'}, which is not in this clone.",
            "Fetch it again from another clone; git fsck tells what else is missing.",
        )
    return found
