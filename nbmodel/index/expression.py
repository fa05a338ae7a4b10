"""Search expressions: text to a syntax tree. This module knows neither fields nor SQL.

::

    query     = [either] ["order" "by" key ("," key)*]
    either    = both ("or" both)*
    both      = negation (["and"] negation)*
    negation  = "not" negation | "(" either ")" | condition | WORD | "quoted phrase"
    condition = FIELD ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~") VALUE
              | FIELD ["not"] "in" "(" VALUE ("," VALUE)* ")"
    key       = ["-"] FIELD ["asc" | "desc"]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbmodel.index.tokens import Token, syntax_error, tokens_of, unquoted

if TYPE_CHECKING:
    from nbmodel.errors import InvalidQuery

MAX_TERMS = 64  # words and conditions together
MAX_DEPTH = 32
MAX_SORT_KEYS = 8

_KEYWORDS = ("and", "or", "not", "in")
_DIRECTIONS = {"ascending": "asc", "descending": "desc"}  # what to write for them


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
class SortKey:
    """A field to sort by."""

    name: str
    descending: bool = False
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    """What must hold, and the order of the versions. No key: the newest first."""

    condition: Node
    order: tuple[SortKey, ...] = ()


def height(node: Node) -> int:
    """Levels of ``and``, ``or`` and ``not`` in `node`; 0 for a word or a condition.

    Examples
    --------
    >>> [height(parse(text).condition) for text in ("a", "not a", "not (a or b c)")]
    [0, 1, 3]
    """
    if isinstance(node, Word | Condition):
        return 0
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return 1 + max(map(height, parts), default=0)


def parse(text: str) -> Query:
    """Read a search expression.

    Raises
    ------
    InvalidQuery
        If `text` does not fit the grammar. The message names the position, counted from 1.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0
        self.parts = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def following(self) -> Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def error(self, why: str) -> InvalidQuery:
        return syntax_error(self.text, why, self.token.position)

    def whole(self) -> Query:
        is_filtered = self.token.kind != "end" and not self.is_order()
        condition = self.either() if is_filtered else AllOf(())
        order = self.order() if self.is_order() else ()
        if self.token.kind != "end":
            last = ": 'order by' comes last" if order else ""
            direction = _DIRECTIONS.get(self.token.text.lower()) if order else None
            why = f": write {direction}" if direction else last
            raise self.error(f"{self.token.text!r} is not expected here{why}")
        return Query(condition, order)

    def is_order(self) -> bool:
        """Whether ``order by`` begins here, and not the word `order` before a condition on `by`."""
        if not (self.token.is_word("order") and self.following.is_word("by")):
            return False
        behind = self.tokens[min(self.at + 2, len(self.tokens) - 1)]
        return behind.kind != "operator" and not self.is_membership(self.at + 1)

    def order(self) -> tuple[SortKey, ...]:
        self.take()
        keys: list[SortKey] = []
        while not keys or self.token.text == ",":
            self.take()
            keys.append(self.sort_key())
        if len(keys) > MAX_SORT_KEYS:
            raise self.error(f"it sorts by more than {MAX_SORT_KEYS} fields")
        return tuple(keys)

    def sort_key(self) -> SortKey:
        if self.token.kind not in ("word", "quoted"):
            raise self.error("a field to sort by is missing")
        token = self.take()
        is_reversed = token.kind == "word" and token.text.startswith("-")
        name = token.name().removeprefix("-") if is_reversed else token.name()
        if self.token.is_word("asc", "desc"):
            is_reversed = self.take().is_word("desc")
        return SortKey(name, is_reversed, token.position)

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
            elif self.ends_here():
                break
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def ends_here(self) -> bool:
        end = self.token.kind == "end" or self.token.text == ")"
        return end or self.token.is_word("or") or self.is_order()

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
        if self.token.kind == "word" and self.is_membership(self.at):
            return self.membership()
        if self.token.kind == "quoted":
            return Word(unquoted(self.take().text), quoted=True)
        if self.is_pattern():
            raise self.error("write ~ instead of like: author ~ nina")
        is_order = self.is_order()
        if self.token.kind == "word" and not self.token.is_word(*_KEYWORDS) and not is_order:
            return Word(self.take().text)
        actual = repr("order by" if is_order else self.token.text) if self.token.text else "the end"
        raise self.error(f"expected a word or a condition, not {actual}")

    def comparison(self) -> Node:
        name, operator = self.take(), self.take().text
        condition = self.condition(name, operator if operator not in ("==", "!=") else "=")
        return Not(condition) if operator == "!=" else condition

    def is_membership(self, field: int) -> bool:
        """Whether the token `field` is a field that is compared with a list."""
        negated = any(token.is_word("not") for token in self.tokens[field + 1 : field + 2])
        tokens = self.tokens[field + 1 + negated : field + 3 + negated]
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

    def is_pattern(self) -> bool:
        """Whether this is the word `like` of SQL behind a field, which is here written ``~``."""
        is_like = self.at > 0 and self.token.is_word("like", "ilike")
        return (
            is_like and self.tokens[self.at - 1].kind == "word" and self.following.kind == "quoted"
        )

    def condition(self, name: Token, operator: str) -> Condition:
        if self.token.kind not in ("word", "quoted"):
            raise self.error(f"a value for {name.text} is missing")
        value = self.take()
        quoted = value.kind == "quoted"
        text = unquoted(value.text) if quoted else value.text
        operand = Operand(text, quoted, value.position)
        return Condition(name.name(), operator, operand, name.position)

    def expect(self, mark: str) -> None:
        if self.token.kind != "mark" or self.token.text != mark:
            raise self.error(f"{mark!r} is missing")
        self.take()
