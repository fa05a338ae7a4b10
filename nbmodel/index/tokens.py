"""The tokens of a search expression, and its errors, which name a position."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbmodel.errors import InvalidQuery

MAX_LENGTH = 2000

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<quoted>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
  | (?P<operator>==|!=|<=|>=|=|<|>|~)
  | (?P<mark>[(),])
  | (?P<word>(?!["'])(?:[^\s"(),=!<>~]|!(?!=))+ (?:(?<=\.)"(?:[^"\\]|\\.)*")?)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the text; `kind` is a group of the pattern, or ``end``."""

    kind: str
    text: str
    position: int

    def is_word(self, *texts: str) -> bool:
        """Whether it is one of these words, in any case, and is not quoted."""
        return self.kind == "word" and self.text.lower() in texts

    def name(self) -> str:
        """The name of a field: ``metrics."my metric"`` without its quotation marks."""
        text = self.text
        if self.kind == "quoted":
            return unquoted(text)
        if text.endswith('"') and (start := text.find('."')) >= 0:
            return text[: start + 1] + unquoted(text[start + 1 :])
        return text


def tokens_of(text: str) -> list[Token]:
    """The tokens, with one of kind ``end`` behind them.

    Raises
    ------
    InvalidQuery
        If the text is too long, or a quotation mark is not closed.
    """
    if len(text) > MAX_LENGTH:
        raise syntax_error(text, f"it is longer than {MAX_LENGTH} characters", MAX_LENGTH)
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            why = "this character is not expected"
            if text[position] in "\"'":
                why = "the quotation mark is not closed"
            raise syntax_error(text, why, position)
        if match.lastgroup != "space":
            tokens.append(Token(str(match.lastgroup), match[0], position))
        position = match.end()
    return [*tokens, Token("end", "", len(text))]


def syntax_error(text: str, why: str, position: int) -> InvalidQuery:
    """The error at `position` of a query, counted from 0."""
    excerpt = text if len(text) <= 200 else text[:199] + "…"
    return InvalidQuery(excerpt, f"{why} (at character {position + 1})")


def unquoted(text: str) -> str:
    """A quoted text without its quotation marks and backslashes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def spelling(name: str) -> str:
    """The spelling of a metric behind ``metrics.``: in quotation marks if it needs them."""
    match = _TOKEN.fullmatch(name)
    if match is not None and match.lastgroup == "word":
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
