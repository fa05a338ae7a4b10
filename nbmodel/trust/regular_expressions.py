"""The regular expressions that a stranger's model may have: those that end in a short time.

The engine of Python backtracks. That takes exponential time if a repetition contains another one
that can match the same characters in several ways. It takes polynomial time if repetitions of the
same characters follow each other. So a pattern

- has few repetitions, and no reference to an earlier group;
- has no repetition inside another, except after a separator that the rest cannot match;
- has at most one repetition directly after another of the same characters, and then no required
  part after it.

Source: J. Kirrage, A. Rathnayake, H. Thielecke, Static analysis for regular expression
denial-of-service attacks, NSS 2013, describe both kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from re import _compiler, _parser  # type: ignore[attr-defined]  # as `re` itself reads a pattern
from typing import Any

import numpy as np

from nbmodel.trust.rules import require

MAX_LENGTH = 300
MAX_REPEATS = 8
MAX_WAYS = 64
MAX_CLASSES = 12  # kinds of characters that are compared, each on every code point
MAX_PATTERNS = 8  # in one model
MAX_OVERLAPS = 1  # a decimal number has one: digits, an optional point, digits

_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_SINGLE = frozenset(("LITERAL", "NOT_LITERAL", "IN", "ANY"))
_LOOKS = frozenset(("ASSERT", "ASSERT_NOT"))
_STARTS = frozenset(("AT_BEGINNING", "AT_BEGINNING_STRING"))
_NESTED_REPEATS = "a pattern with repetitions inside a repetition"
_REPEATS_IN_A_ROW = "a pattern with repetitions of the same characters in a row"

Item = tuple[Any, Any]
Open = frozenset[tuple[Item, ...]]  # the characters of each repetition that may continue


_patterns: ContextVar[set[str] | None] = ContextVar("patterns of this load", default=None)


@contextmanager
def few_patterns() -> Iterator[None]:
    """Allow at most `MAX_PATTERNS` different patterns in the body: each check takes time."""
    token = _patterns.set(set())
    try:
        yield
    finally:
        _patterns.reset(token)


def check_pattern(text: str) -> None:
    """Refuse a regular expression that could take long.

    Raises
    ------
    ValueError
        With the reason.
    """
    patterns = _patterns.get()
    if patterns is not None:
        patterns.add(text)
        require(len(patterns) <= MAX_PATTERNS, f"more than {MAX_PATTERNS} different patterns")
    _check(text)


@lru_cache(64)
def _check(text: str) -> None:
    require(len(text) <= MAX_LENGTH, f"a pattern of more than {MAX_LENGTH} characters")
    try:
        tree = _parser.parse(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a pattern that is not valid: {error}") from error
    classes = {repr(item) for item in _singles(tree) if str(item[0]) != "LITERAL"}
    require(
        len(classes) <= MAX_CLASSES, f"a pattern of more than {MAX_CLASSES} kinds of characters"
    )
    walk = _Walk(_anchor(tree))
    walk.sequence(_without_words_at_end(list(tree)), frozenset())
    require(walk.repeats <= MAX_REPEATS, f"a pattern of more than {MAX_REPEATS} repetitions")
    require(walk.ways <= MAX_WAYS, f"a pattern of more than {MAX_WAYS} alternatives")
    require(walk.overlaps <= MAX_OVERLAPS, _REPEATS_IN_A_ROW)


def _anchor(tree: Any) -> str:
    """Where a pattern can begin: nearly everywhere, at a word boundary, or at the start."""
    items = list(tree)
    name = str(items[0][1]) if items and str(items[0][0]) == "AT" else ""
    return name if name == "AT_BOUNDARY" or not tree.state.flags & re.MULTILINE else ""


def _singles(value: Any) -> Iterator[Item]:
    """Every item of a parsed pattern that matches one character, at any depth."""
    if isinstance(value, tuple) and len(value) == 2 and str(value[0]) in _SINGLE:
        yield value
    elif isinstance(value, (list, tuple, _parser.SubPattern)):
        for part in value:
            yield from _singles(part)


def _without_words_at_end(items: list[Item]) -> list[Item]:
    r"""A pattern without ``(?:[-_]\w+)*`` after ``\w+``, where nothing or ``\b`` follows.

    A greedy ``\w+`` ends before a character that is not a word character, where ``\b`` matches.
    So the first way through the repetition succeeds, and the engine tries no other.
    """
    boundary = ("AT", "AT_BOUNDARY")
    tail = items[-1:] if items and tuple(map(str, items[-1])) == boundary else []
    rest = items[: len(items) - len(tail)]
    if len(rest) < 2 or not _is_words(rest[-2]) or str(rest[-1][0]) != "MAX_REPEAT":
        return items
    least, _, body = rest[-1][1]
    body = list(body)
    if len(body) == 1 and str(body[0][0]) == "SUBPATTERN" and body[0][1][1:3] == (0, 0):
        body = list(body[0][1][3])
    is_known = least == 0 and len(body) == 2 and str(body[0][0]) in _SINGLE and _is_words(body[1])
    return [*rest[:-1], *tail] if is_known else items


def _is_words(item: Item) -> bool:
    r"""Whether an item is ``\w+``, greedy."""
    if str(item[0]) != "MAX_REPEAT":
        return False
    least, most, body = item[1]
    word = ("IN", "[(CATEGORY, CATEGORY_WORD)]")
    return (least, most) == (1, _parser.MAXREPEAT) and [tuple(map(str, part)) for part in body] == [
        word
    ]


class _Walk:
    """Reads a pattern from left to right, with the repetitions that could match what comes next.

    If the part after two repetitions of the same characters fails, the engine tries all ways to
    divide the characters between them. A search does so from each character, in cubic time. So no
    required part may follow them.
    """

    def __init__(self, anchor: str) -> None:
        self.repeats = 0
        self.overlaps = 0
        self.ways = 1
        self.anchor = anchor
        self.is_after_overlap = False
        self.optional = 0  # open groups that may be absent

    def _require_sure(self, item: Item) -> None:
        """Refuse a required part after repetitions of the same characters."""
        if self.is_after_overlap and not self.optional:
            is_boundary = self.anchor == "AT_BOUNDARY" and str(item[1]) == self.anchor
            require(is_boundary or self.anchor in _STARTS, _REPEATS_IN_A_ROW)

    def sequence(self, items: Iterable[Item], going: Open) -> Open:
        for operation, operand in items:
            name = str(operation)
            if name in _SINGLE or name in _LOOKS or name == "AT":
                self._require_sure((operation, operand))
            if name in _SINGLE:
                going = _stopped(going, (operation, operand))
            elif name in _REPEATS:
                going = self._repeat(operand, going)
            elif name == "SUBPATTERN":
                going = self.sequence(operand[3], going)
            elif name == "BRANCH":
                going = self._branches(operand[1], going)
            elif name in _LOOKS:
                ahead = _Walk("")
                ahead.sequence(operand[1], frozenset())
                require(
                    ahead.repeats == 0 and ahead.ways == 1,
                    "a pattern whose lookahead has repetitions or alternatives",
                )
            else:
                require(name == "AT", f"a pattern with {name.lower()}")
        return going

    def _branches(self, branches: list[Any], going: Open) -> Open:
        self.ways *= len(branches)
        before, after, ends = self.is_after_overlap, False, []
        for branch in branches:
            self.is_after_overlap = before
            ends.append(self.sequence(branch, going))
            after |= self.is_after_overlap
        self.is_after_overlap = after
        return frozenset().union(*ends)

    def _repeat(self, operand: Any, going: Open) -> Open:
        least, most, body = operand
        items = _flat(body)
        single = len(items) == 1 and str(items[0][0]) in _SINGLE
        if least == most and (single or most == 1):
            return self.sequence(body, going) if least else going
        if not single and int(most) == 1:
            self.optional += 1
            going |= self.sequence(body, going)
            self.optional -= 1
            return going
        if least:
            self._require_sure(items[0])
        self.repeats += 1
        characters = _hashable(items if single else _items_of_round(items))
        meets = any(_meet(a, characters[0]) for before in going for a in before)
        self.overlaps += meets
        self.is_after_overlap |= meets
        return frozenset((characters,)) | (frozenset() if least else going)


def _items_of_round(items: list[Item]) -> tuple[Item, ...]:
    """Return the items of one round: a separator, then items that cannot match it."""
    require(items and str(items[0][0]) in _SINGLE, _NESTED_REPEATS)
    first, *rest = items
    others = [_single(item) for item in rest]
    require(not any(_meet(first, other) for other in others), _NESTED_REPEATS)
    for index, left in enumerate(others):
        # If the items between these two are absent, the two follow each other.
        for item, right in zip(rest[index + 1 :], others[index + 1 :], strict=True):
            require(not _meet(left, right), _NESTED_REPEATS)
            if not _is_optional(item):
                break
    return (first, *others)


def _is_optional(item: Item) -> bool:
    return str(item[0]) in _REPEATS and int(item[1][0]) == 0


def _flat(body: Iterable[Item]) -> list[Item]:
    """List the items of a sequence, with those of its plain groups."""
    items: list[Item] = []
    for operation, operand in body:
        if str(operation) == "SUBPATTERN":
            items += _flat(operand[3])
        else:
            items.append((operation, operand))
    return items


def _single(item: Item) -> Item:
    """Return the item for the one character that an item matches or repeats."""
    operation, operand = item
    if str(operation) in _REPEATS:
        items = _flat(operand[2])
        require(len(items) == 1, _NESTED_REPEATS)
        operation, operand = items[0]
    require(str(operation) in _SINGLE, _NESTED_REPEATS)
    return operation, operand


def _stopped(going: Open, item: Item) -> Open:
    """Keep the repetitions that could also match this required character."""
    return frozenset(g for g in going if any(_meet(item, character) for character in g))


# -- which characters two items share ----------------------------------------


def _meet(left: Item, right: Item) -> bool:
    left, right = _hashable(left), _hashable(right)
    for item, literal in ((left, right), (right, left)):
        if str(literal[0]) == "LITERAL":
            return any(pattern.match(chr(literal[1])) for pattern in _compiled(item))
    return bool((_characters(left) & _characters(right)).any())


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


@cache
def _alphabet() -> str:
    return "".join(map(chr, range(0x110000)))


@lru_cache(16)
def _characters(item: Item) -> np.ndarray[Any, Any]:
    """For each code point, whether an item matches it under any flags."""
    matched = np.zeros(0x110000, bool)
    for pattern in _compiled(item):
        for run in pattern.finditer(_alphabet()):
            matched[run.start() : run.end()] = True
    return matched


@lru_cache(64)
def _compiled(item: Item) -> tuple[re.Pattern[str], ...]:
    """Compile repetitions of one item under all flags, since flags can widen a class."""
    body = _parser.SubPattern(_parser.State(), [item])
    runs = [(_parser.MAX_REPEAT, (1, _parser.MAXREPEAT, body))]
    return tuple(
        _compiler.compile(_parser.SubPattern(_parser.State(), runs), flags)
        for alphabet in (re.UNICODE, re.ASCII)
        for flags in (alphabet | re.DOTALL, alphabet | re.DOTALL | re.IGNORECASE)
    )
