"""What the tab key offers in a search: models, fields, ``order by``, ``asc`` and ``desc``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmodel.index import Index

_SORT_KEYS_RE = re.compile(r".*\border by\b(?P<keys>.*)", re.IGNORECASE | re.DOTALL)


def query_words(index: Index, before: Sequence[str], typed: str) -> list[str]:
    """Words that go on with `typed`, behind the words `before`."""
    search = " ".join(before)
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
