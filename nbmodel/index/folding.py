"""Texts as a search compares them, and their words.

A folded text has no case, no accents and no other forms of a character, such as full-width letters.
`labextension/src/view/offline/folding.ts` does the same for a static page. Both languages only use
rules that each release of Unicode keeps: the form NFKD, upper and lower case, and categories.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

_ACCENTS = re.compile("[\u0300-\u036f]")
_CASED = ("Lu", "Ll", "Lt")
_UNCASED = "\u0295"  # its category is Ll before Unicode 15.1, and Lo since


def fold(text: str) -> str:
    """`text` without case, accents and other forms of characters.

    Examples
    --------
    >>> [fold(text) for text in ("Zoë", "GRÖẞER", "İlkay", "ΟΔΟΣ", "Ａ²")]
    ['zoe', 'grosser', 'ilkay', 'οδοσ', 'a2']
    """
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    # Upper case makes one text of ß and SS, and of a dotless i and i. One by one, no Σ is final.
    folded = "".join([character.lower() for character in plain.lower().upper()])
    return unicodedata.normalize("NFC", folded)


class _Words(dict[int, str]):
    """For `str.translate`: characters of words stay, each other one becomes a space."""

    def __missing__(self, code: int) -> str:
        kind = unicodedata.category(chr(code))
        is_part = kind[0] in "LNM" or kind == "Co"
        self[code] = character = chr(code) if is_part else " "
        return character


_WORDS = _Words()


def words(text: str) -> str:
    """The words of `text`, folded, with spaces between them.

    Examples
    --------
    >>> words("größer, v1.2").split()
    ['grosser', 'v1', '2']
    """
    return fold(text).translate(_WORDS)


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
    anywhere = unicodedata.category(part[0]) not in _CASED or part[0] == _UNCASED
    at = folded.find(part)
    while at > 0 and not anywhere and _WORDS[ord(folded[at - 1])] != " ":
        at = folded.find(part, at + 1)
    return at >= 0


def add_functions(db: Connection) -> None:
    """Make the functions of this module known to SQL."""
    db.create_function("fold", 1, fold, deterministic=True)
    db.create_function("begins_word", 2, begins_word, deterministic=True)
    db.create_function("shown", 1, str, deterministic=True)


def folded(column: str) -> str:
    """SQL of a text column, folded. The function is called only if the text is not ASCII."""
    column = f"({column})"
    is_ascii = f"length({column}) = length(CAST({column} AS BLOB))"
    return f"CASE WHEN {is_ascii} THEN lower({column}) ELSE fold({column}) END"
