"""The last paragraph of a tag's message: facts for programs, one in each line.

People and GTO see them as a part of the message, and need not read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ROLLED_BACK = "Rolled-Back"  # the commit that a rollback took the stage from
PREVIOUS = "Previous"  # the object of the tag before it
FIRST = "none"  # in the place of an id: there was no tag before it
_LINE = rf"(?:{ROLLED_BACK}|{PREVIOUS}): (?:[0-9a-f]{{40}}|{FIRST})"
_PARAGRAPH_RE = re.compile(rf"(?:\A|\n\n)(?P<lines>{_LINE}(?:\n{_LINE})*)\Z")


def join(text: str, facts: Mapping[str, str]) -> str:
    """The message of a tag; facts without a value are left out."""
    lines = "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
    return f"{text.rstrip()}\n\n{lines}" if lines else text


def split(message: str) -> tuple[str, Mapping[str, str]]:
    """The text of a message, and its facts.

    Examples
    --------
    >>> split(join("better", {PREVIOUS: FIRST}))
    ('better', {'Previous': 'none'})
    >>> split("better")
    ('better', {})
    """
    match = _PARAGRAPH_RE.search(message)
    if match is None:
        return message, {}
    pairs = (line.partition(": ") for line in match["lines"].splitlines())
    return message[: match.start()].rstrip(), {name: value for name, _, value in pairs}
