"""Which regular expressions a stranger's model may bring: those that end in good time.

Python's engine goes back and tries again. That takes exponential time where a repetition holds
another that can match the same characters in several ways, and polynomial time where repetitions
of the same characters follow each other. So there are few repetitions; none inside another, but
behind a separator that the rest of the round cannot match; one at most right behind another that
can match the same characters; and no references to what was matched before. (Kirrage, Rathnayake,
Thielecke: Static analysis for regular expression denial-of-service attacks, NSS 2013, describe
both kinds.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise
from re import _compiler, _parser  # type: ignore[attr-defined]  # as `re` itself reads a pattern
from typing import Any

import numpy as np

from nbmodel.trust.rules import require

MAX_LENGTH = 300
MAX_REPEATS = 8
MAX_WAYS = 64
MAX_OVERLAPS = 1  # a decimal number has one: digits, perhaps a point, digits

_REPEATS = frozenset(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"))
_SINGLE = frozenset(("LITERAL", "NOT_LITERAL", "IN", "ANY"))
_LOOKS = frozenset(("ASSERT", "ASSERT_NOT"))
_NESTED = "a pattern with repetitions inside a repetition"

Item = tuple[Any, Any]
Open = frozenset[tuple[Item, ...]]  # the characters of each repetition that may still go on


@lru_cache(64)
def check_pattern(text: str) -> None:
    """Refuse a regular expression that could take long.

    Raises
    ------
    ValueError
        With the reason.
    """
    require(len(text) <= MAX_LENGTH, f"a pattern of more than {MAX_LENGTH} characters")
    try:
        tree = _parser.parse(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a pattern that is not valid: {error}") from error
    walk = _Walk()
    walk.sequence(tree, frozenset())
    require(walk.repeats <= MAX_REPEATS, f"a pattern of more than {MAX_REPEATS} repetitions")
    require(walk.ways <= MAX_WAYS, f"a pattern of more than {MAX_WAYS} alternatives")
    require(
        walk.overlaps <= MAX_OVERLAPS, "a pattern with repetitions of the same characters in a row"
    )


class _Walk:
    """From left to right, with the repetitions that could take what comes next."""

    def __init__(self) -> None:
        self.repeats = 0
        self.overlaps = 0
        self.ways = 1

    def sequence(self, items: Iterable[Item], going: Open) -> Open:
        for operation, operand in items:
            name = str(operation)
            if name in _SINGLE:
                going = _stopped(going, (operation, operand))
            elif name in _REPEATS:
                going = self._repeat(operand, going)
            elif name == "SUBPATTERN":
                going = self.sequence(operand[3], going)
            elif name == "BRANCH":
                self.ways *= len(operand[1])
                ends = [self.sequence(branch, going) for branch in operand[1]]
                going = frozenset().union(*ends)
            elif name in _LOOKS:
                ahead = _Walk()
                ahead.sequence(operand[1], frozenset())
                require(ahead.repeats == 0 and ahead.ways == 1, "a pattern that looks far ahead")
            else:
                require(name == "AT", f"a pattern with {name.lower()}")
        return going

    def _repeat(self, operand: Any, going: Open) -> Open:
        least, most, body = operand
        items = _flat(body)
        single = len(items) == 1 and str(items[0][0]) in _SINGLE
        if least == most and (single or most == 1):
            return self.sequence(body, going) if least else going
        if not single and int(most) == 1:
            return self.sequence(body, going) | going
        self.repeats += 1
        characters = _hashable(items if single else _round(items))
        self.overlaps += any(_meet(a, characters[0]) for before in going for a in before)
        return frozenset((characters,)) | (frozenset() if least else going)


def _round(items: list[Item]) -> tuple[Item, ...]:
    """The characters of a round: a separator, and then what cannot be one."""
    require(items and str(items[0][0]) in _SINGLE, _NESTED)
    first, *rest = items
    others = [_single(item) for item in rest]
    require(not any(_meet(first, other) for other in others), _NESTED)
    in_a_row = pairwise(others)
    require(not any(_meet(one, other) for one, other in in_a_row), _NESTED)
    return (first, *others)


def _flat(body: Iterable[Item]) -> list[Item]:
    """The items of a sequence; groups that only group are opened."""
    items: list[Item] = []
    for operation, operand in body:
        if str(operation) == "SUBPATTERN":
            items += _flat(operand[3])
        else:
            items.append((operation, operand))
    return items


def _single(item: Item) -> Item:
    """The one character that an item matches or repeats."""
    operation, operand = item
    if str(operation) in _REPEATS:
        items = _flat(operand[2])
        require(len(items) == 1, _NESTED)
        operation, operand = items[0]
    require(str(operation) in _SINGLE, _NESTED)
    return operation, operand


def _stopped(going: Open, item: Item) -> Open:
    """Repetitions that could also match this character, which has to be there."""
    return frozenset(g for g in going if any(_meet(item, character) for character in g))


# -- which characters two items share ----------------------------------------


def _meet(one: Item, other: Item) -> bool:
    return bool((_characters(_hashable(one)) & _characters(_hashable(other))).any())


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


@cache
def _alphabet() -> str:
    return "".join(map(chr, range(0x110000)))


@lru_cache(16)
def _characters(item: Item) -> np.ndarray[Any, Any]:
    """For each code point whether one item matches it, whatever the flags."""
    matched = np.zeros(0x110000, bool)
    for flags in (re.DOTALL, re.DOTALL | re.IGNORECASE):
        body = _parser.SubPattern(_parser.State(), [item])
        runs = [(_parser.MAX_REPEAT, (1, _parser.MAXREPEAT, body))]
        pattern = _compiler.compile(_parser.SubPattern(_parser.State(), runs), flags)
        for run in pattern.finditer(_alphabet()):
            matched[run.start() : run.end()] = True
    return matched
