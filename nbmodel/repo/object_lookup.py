"""From a name to an object, step by step. The content of each object is checked.

git could resolve ``churn@v1.0.0^{commit}`` and ``commit:model.json`` itself, but it does not
check the objects in between. With a damaged pack index, it may read the content of
another object. Here, the content of every object matches its id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed
from nbmodel.repo import raw_objects

if TYPE_CHECKING:
    from nbmodel.repo.objects import GitObject, ObjectReader

MAX_OBJECT_BYTES = 1 << 28  # of a tag, a commit or a tree in between
MAX_TAG_DEPTH = 8  # a tag may name another tag
_SPEC_RE = re.compile(
    r"(?P<base>[^:^]+)(?:\^\{(?P<kind>commit|tree)\}|:(?P<path>.+))", re.ASCII | re.DOTALL
)


def is_compound(spec: str) -> bool:
    """Whether a text has to be resolved in several steps."""
    return _SPEC_RE.fullmatch(spec) is not None


def read(objects: ObjectReader, spec: str, limit: int) -> GitObject | None:
    """The object at the end of ``BASE^{commit}``, ``BASE^{tree}`` or ``BASE:path``.

    Returns
    -------
    GitObject or None
        None if there is no `BASE`, or it has no such file.

    Raises
    ------
    GitFailed
        If an object in between is missing or damaged.
    """
    match = _SPEC_RE.fullmatch(spec)
    if match is None:
        return objects.read(spec, limit)
    item = objects.read(match["base"], MAX_OBJECT_BYTES)
    item = item and _without_tags(objects, item, match["base"])
    if match["kind"] == "commit":
        return item if item and item.kind == "commit" else None
    parts = match["path"].split("/") if match["path"] else []
    if item and item.kind == "commit":
        item = _next(
            objects, raw_objects.tree_of(item.data), spec, MAX_OBJECT_BYTES if parts else limit
        )
    for number, part in enumerate(parts, 1):
        oid = raw_objects.entry(item.data, _encoded(part)) if item and item.kind == "tree" else None
        if oid is None:
            return None
        item = _next(objects, oid, spec, limit if number == len(parts) else MAX_OBJECT_BYTES)
    return item if parts or (item and item.kind == "tree") else None


def _encoded(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def _without_tags(objects: ObjectReader, item: GitObject, name: str) -> GitObject:
    """The object that a tag, or a tag of tags, names; any other object itself."""
    for _ in range(MAX_TAG_DEPTH):
        if item.kind != "tag":
            break
        item = _next(objects, raw_objects.target(item.data), name, MAX_OBJECT_BYTES)
    return item


def _next(objects: ObjectReader, oid: str, spec: str, limit: int) -> GitObject:
    item = objects.read(oid, limit) if oid else None
    if item is None:
        raise GitFailed(
            f"{spec} leads to the object {oid or '(none)'}, which is not in this clone.",
            "Fetch it again from another clone. git fsck lists what else is missing.",
        )
    return item
