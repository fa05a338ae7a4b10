"""Texts without case and accents, as a search compares them.

`labextension/src/view/offline/folding.ts` does the same for a static page.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

_ACCENTS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """`text` without case and accents.

    Examples
    --------
    >>> [fold(text) for text in ("Zoë", "GRÖẞER", "İlkay")]
    ['zoe', 'grosser', 'ilkay']
    """
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    # Upper case makes one text of ß and SS, and of a dotless i and i. One by one, no Σ is final.
    folded = "".join([character.lower() for character in plain.lower().upper()])
    return unicodedata.normalize("NFC", folded)


def begins_word(text: str, part: str) -> bool:
    """Whether a word of `text`, or several from there on, begin with `part`, which is folded.

    A script without case, such as Chinese, may have no spaces, so `part` may be anywhere.

    Examples
    --------
    >>> [begins_word("Nina Simone", part) for part in ("simone", "nina s", "imone")]
    [True, True, False]
    """
    folded = fold(text)
    if not part:
        return not folded
    anywhere = part[0].upper() == part[0]
    at = folded.find(part)
    while at > 0 and not anywhere and folded[at - 1].isalnum():
        at = folded.find(part, at + 1)
    return at >= 0


def add_functions(db: Connection) -> None:
    """Make the functions of this module known to SQL."""
    db.create_function("fold", 1, fold, deterministic=True)
    db.create_function("begins_word", 2, begins_word, deterministic=True)


def folded(column: str) -> str:
    """SQL of a text column, folded. The function is called only if the text is not ASCII."""
    column = f"({column})"
    is_ascii = f"length({column}) = length(CAST({column} AS BLOB))"
    return f"CASE WHEN {is_ascii} THEN lower({column}) ELSE fold({column}) END"
