"""Search expressions: text to a syntax tree. This module knows neither fields nor SQL.

::

    either    = both ("or" both)*
    both      = negation (["and"] negation)*
    negation  = "not" negation | "(" either ")" | condition | WORD | "quoted phrase"
    condition = FIELD ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~") VALUE
              | FIELD ["not"] "in" "(" VALUE ("," VALUE)* ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nbmodel.errors import InvalidQuery

MAX_LENGTH = 2000
MAX_TERMS = 64  # words and conditions together
MAX_DEPTH = 32

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
_KEYWORDS = ("and", "or", "not", "in")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a quoted phrase."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Operand:
    """What a field is compared with. A quoted operand is never a number."""

    text: str
    quoted: bool = False
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison; `operator` is ``=``, ``<``, ``<=``, ``>``, ``>=`` or ``~``."""

    field: str
    operator: str
    value: Operand
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    """Versions that do not match `part`."""

    part: Node


@dataclass(frozen=True, slots=True)
class AllOf:
    """Versions that match every part; all versions if there are no parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Versions that match at least one part."""

    parts: tuple[Node, ...]


Node = Word | Condition | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int

    def is_word(self, *texts: str) -> bool:
        return self.kind == "word" and self.text.lower() in texts


def parse(text: str) -> Node:
    """Read a search expression.

    Raises
    ------
    InvalidQuery
        If `text` does not fit the grammar. The message names the position, counted from 1.
    """
    return _Parser(text).whole()


def syntax_error(text: str, why: str, position: int) -> InvalidQuery:
    """The error at `position` of a query, counted from 0."""
    shown = text if len(text) <= 200 else text[:199] + "…"
    return InvalidQuery(shown, f"{why} (at character {position + 1})")


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.at = 0
        self.parts = 0
        self.depth = 0

    def _tokens(self) -> list[_Token]:
        if len(self.text) > MAX_LENGTH:
            raise syntax_error(self.text, f"it is longer than {MAX_LENGTH} characters", MAX_LENGTH)
        tokens, position = [], 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                why = "this character is not expected"
                if self.text[position] in "\"'":
                    why = "the quotation mark is not closed"
                raise syntax_error(self.text, why, position)
            if match.lastgroup != "space":
                tokens.append(_Token(str(match.lastgroup), match[0], position))
            position = match.end()
        return [*tokens, _Token("end", "", len(self.text))]

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    @property
    def following(self) -> _Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def take(self) -> _Token:
        token = self.token
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def error(self, why: str) -> InvalidQuery:
        return syntax_error(self.text, why, self.token.position)

    def whole(self) -> Node:
        if self.token.kind == "end":
            return AllOf(())
        node = self.either()
        if self.token.kind != "end":
            raise self.error(f"{self.token.text!r} is not expected here")
        return node

    def either(self) -> Node:
        parts = [self.both()]
        while self.token.is_word("or"):
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def both(self) -> Node:
        parts = [self.negation()]
        while True:
            if self.token.is_word("and"):
                self.take()
            elif self.token.kind == "end" or self.token.is_word("or") or self.token.text == ")":
                break
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def negation(self) -> Node:
        if self.token.is_word("not"):
            self.deepen()
            self.take()
            node: Node = Not(self.negation())
        elif self.token.text == "(":
            self.deepen()
            self.take()
            node = self.either()
            self.expect(")")
        else:
            return self.part()
        self.depth -= 1
        return node

    def deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"it is nested more than {MAX_DEPTH} deep")

    def part(self) -> Node:
        self.parts += 1
        if self.parts > MAX_TERMS:
            raise self.error(f"it has more than {MAX_TERMS} words and conditions")
        if self.token.kind == "word" and self.following.kind == "operator":
            return self.comparison()
        if self.token.kind == "word" and self.is_membership():
            return self.membership()
        if self.token.kind == "quoted":
            return Word(_unquoted(self.take().text), quoted=True)
        if self.token.kind == "word" and not self.token.is_word(*_KEYWORDS):
            return Word(self.take().text)
        actual = repr(self.token.text) if self.token.text else "the end"
        raise self.error(f"expected a word or a condition, not {actual}")

    def comparison(self) -> Node:
        name, operator = self.take(), self.take().text
        condition = self.condition(name, operator if operator not in ("==", "!=") else "=")
        return Not(condition) if operator == "!=" else condition

    def is_membership(self) -> bool:
        at = self.at + 2 if self.following.is_word("not") else self.at + 1
        tokens = self.tokens[at : at + 2]
        return len(tokens) == 2 and tokens[0].is_word("in") and tokens[1].text == "("

    def membership(self) -> Node:
        name = self.take()
        negated = self.token.is_word("not")
        self.at += 3 if negated else 2
        parts = [self.condition(name, "=")]
        while self.token.text == ",":
            self.take()
            self.parts += 1
            parts.append(self.condition(name, "="))
        self.expect(")")
        if self.parts > MAX_TERMS:
            raise self.error(f"it has more than {MAX_TERMS} words and conditions")
        return Not(AnyOf(tuple(parts))) if negated else AnyOf(tuple(parts))

    def condition(self, name: _Token, operator: str) -> Condition:
        if self.token.kind not in ("word", "quoted"):
            raise self.error(f"a value for {name.text} is missing")
        value = self.take()
        quoted = value.kind == "quoted"
        text = _unquoted(value.text) if quoted else value.text
        operand = Operand(text, quoted, value.position)
        return Condition(_field(name.text), operator, operand, name.position)

    def expect(self, mark: str) -> None:
        if self.token.kind != "mark" or self.token.text != mark:
            raise self.error(f"{mark!r} is missing")
        self.take()


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _field(text: str) -> str:
    """``metrics."my metric"`` without its quotation marks."""
    if text.endswith('"') and (start := text.find('."')) >= 0:
        return text[: start + 1] + _unquoted(text[start + 1 :])
    return text
