"""The root class of all errors, and the suggestion for a misspelled name."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

from nbmodel.display import advice, visible

if TYPE_CHECKING:
    from collections.abc import Iterable


class NbModelError(Exception):
    """Root of all errors that nbmodel raises on purpose.

    Parameters
    ----------
    what : str
        What happened, and to which thing. A shell shows magics in it as its own commands.
    hint : str, optional
        The next step the user can take.

    Attributes
    ----------
    code : str
        Names the class for programs: ``not-found`` for `NotFound`. It stays the same when texts
        change, and it is in the bodies of HTTP errors.
    """

    code: ClassVar[str] = "nb-model-error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = code_of(cls.__name__)

    def __init__(self, what: str, hint: str = "") -> None:
        # Escaped here, once: an error may quote a stranger's text, and every caller shows it.
        self.what = visible(advice(what))
        self.hint = visible(advice(hint))
        super().__init__(f"{self.what}\n{self.hint}" if hint else self.what)


def code_of(name: str) -> str:
    """Return the code of a class by its name.

    Examples
    --------
    >>> code_of("NotFound")
    'not-found'
    """
    return _WORD_RE.sub("-", name).lower()


MAX_WORD = 200  # characters from which difflib leaves out the frequent ones
_WORD_RE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def close_names(word: str, known_words: Iterable[str]) -> list[str]:
    """The closest known words, at most three; none for a text of `MAX_WORD` characters."""
    if len(word) >= MAX_WORD:
        return []
    return get_close_matches(word, sorted(set(known_words)), n=3, cutoff=0.6)


def did_you_mean(word: str, known_words: Iterable[str]) -> str:
    """One sentence naming the closest known words, or an empty string."""
    close = close_names(word, known_words)
    return f"Did you mean {' or '.join(close)}?" if close else ""
