"""JSON from a stranger: its cost is limited before anything is built from it.

Each list, object and text takes about 60 bytes of memory in Python. So a document of `MAX_PARTS`
parts and a few MiB takes less than 200 MiB.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 32  # of nested lists and objects
MAX_PARTS = 400_000  # lists and objects

Hook = Callable[[list[tuple[str, Any]]], Any]


def loads(data: bytes | str, limit: int, hook: Hook | None = None) -> Any:
    """Read a document.

    Parameters
    ----------
    data : bytes or str
    limit : int
        The most bytes, or characters, that it may have.
    hook : callable, optional
        Makes each object from its pairs.

    Raises
    ------
    ValueError
        If it is not JSON, or if it is too long, too deep or has too many parts.
    """
    if len(data) > limit:
        raise ValueError(f"{len(data):,} bytes; at most {limit:,} are read")
    parts = (
        data.count("[") + data.count("{")
        if isinstance(data, str)
        else data.count(b"[") + data.count(b"{")
    )
    if parts > MAX_PARTS:
        raise ValueError(f"{parts:,} lists and objects; at most {MAX_PARTS:,} are read")
    try:
        document = json.loads(data, object_pairs_hook=hook)
    except RecursionError:
        raise ValueError(f"more than {MAX_DEPTH} levels") from None
    if parts > MAX_DEPTH:  # fewer parts cannot be nested deeper
        _check_depth(document)
    return document


def _check_depth(document: Any) -> None:
    level, depth = [document], 0
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} levels")
        level = [
            inner for part in level for inner in (part.values() if isinstance(part, dict) else part)
        ]
