"""What a search on a static page compares, where the page shows something else.

A page shows texts with escapes for control characters, and values as Python writes them. The types
are in ``SearchValues`` of ``labextension/src/view/offline/data.ts``. Most versions need no entry.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nbmodel.index.values import clean, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbmodel.records import VersionInfo

Json = dict[str, Any]
# What Python writes for values that are neither texts nor finite numbers.
_CONSTANT_RE = re.compile("True|False|None|nan|-?inf")


def search_values(version: VersionInfo, row: Json, answer: Json) -> Json:
    """What differs from the page, for a version with its row and its answer `version`.

    Returns
    -------
    dict
        Empty if the page shows everything as it is recorded.
    """
    display_texts = {
        "author": (version.author.name, row["author"]),
        "email": (version.author.email, answer["email"]),
        "message": (version.message.strip(), answer["message"]),
        "type": (version.type, _type_of(answer)),
        "flavor": (version.flavor, row["flavor"]),
        "summary": (version.summary, row["summary"]),
    }
    parts: Json = {
        "texts": {
            name: clean(own) for name, (own, text) in display_texts.items() if clean(own) != text
        },
        "metrics": _by_position(version.metrics, row["metrics"]),
        "params": _by_position(version.params, answer["params"]),
        "tags": _by_position(version.tags, answer["tags"]),
        "evaluation": _by_position(version.evaluation, row["evaluation"]),
    }
    return {name: part for name, part in parts.items() if part}


def _type_of(answer: Json) -> str:
    """As ``typeOf`` in ``offline/diff.ts`` reads it; without a known beginning it is empty."""
    about = dict(answer["about"]).get("object", "")
    return str(about).partition(": ")[0]


def _by_position(values: Mapping[str, Any], pairs: Iterable[tuple[str, Any]]) -> Json:
    """The pairs that are recorded in another way; None if the index leaves them out."""
    differences: Json = {}
    own = ((clean(name), value) for name, value in values.items())
    for position, (fact, pair) in enumerate(zip_longest(own, pairs)):
        if pair is None:
            break
        difference = None if fact is None else _difference(*fact, *pair)
        if difference != {}:
            differences[str(position)] = difference
    return differences


def _difference(name: str, value: object, shown_name: str, display_text: object) -> Json:
    difference = {} if name == shown_name else {"name": name}
    if isinstance(value, str) and (clean(value) != display_text or _looks_otherwise(value)):
        difference["text"] = clean(value)
    return difference


def _looks_otherwise(text: str) -> bool:
    """Whether a text is shown like a value of another type."""
    return number_of(text) is not None or _CONSTANT_RE.fullmatch(text) is not None
