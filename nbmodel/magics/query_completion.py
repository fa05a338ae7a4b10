"""What the tab key offers in a search: models, fields, their values, ``order by``, ``desc``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmodel.index import Index

_SORT_KEYS_RE = re.compile(r".*\border by\b(?P<keys>.*)", re.IGNORECASE | re.DOTALL)
_VALUE_RE = re.compile(r".*?(?P<field>\w+)\s*(?:!=|=|~)\s*(?P<value>\S*)", re.DOTALL)
_PLAIN_RE = re.compile(r"[\w.@-]+")  # a value that needs no quotes


def query_words(index: Index, before: Sequence[str], typed: str) -> list[str]:
    """Words that go on with `typed`, behind the words `before`."""
    search = " ".join(before)
    if (place := _VALUE_RE.fullmatch(f"{search} {typed}")) is not None:
        return _values(index, place["field"], place["value"], typed)
    order = _SORT_KEYS_RE.fullmatch(search)
    if order is None and search.lower().endswith("order"):
        words = ["by"]
    elif order is None:
        words = [*index.names(), *index.search_fields(), *(["order by"] if before else [])]
    elif order["keys"].strip() and not order["keys"].rstrip().endswith(","):
        words = ["asc", "desc"]
    else:
        words = [*index.search_fields(sortable=True)]
    return [word for word in words if word.startswith(typed)]


def _values(index: Index, field: str, value: str, typed: str) -> list[str]:
    """Values of `field` that begin with `value`, the end of `typed`; upper case is ignored."""
    start, begun = typed[: len(typed) - len(value)], value.strip("'\"").lower()
    values = [each for each in index.field_values(field) if each.lower().startswith(begun)]
    return [start + (each if _PLAIN_RE.fullmatch(each) else f'"{each}"') for each in values]
