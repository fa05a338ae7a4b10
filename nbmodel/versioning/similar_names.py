"""Names of models that differ by one slip of the keyboard."""

from __future__ import annotations

from collections.abc import Iterable

MIN_LENGTH = 4  # letters of a name; shorter names differ by one letter often


def slip_of(name: str, names: Iterable[str]) -> str:
    """The known name that differs by one letter or by two swapped ones; empty if there is none.

    Names that differ in a digit are a series, such as ``churn1`` and ``churn2``.

    Examples
    --------
    >>> slip_of("returnz", ["churn", "returns"]), slip_of("return", ["returns"])
    ('returns', 'returns')
    >>> slip_of("churn2", ["churn1", "churn"])
    ''
    """
    if len(name) < MIN_LENGTH:
        return ""
    return next((other for other in sorted(names) if _is_slip(name, other)), "")


def _is_slip(one: str, two: str) -> bool:
    """Whether the parts between the common start and the common end are one edit."""
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    a, b = one[start:], two[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    if not (a or b) or any(character.isdigit() for character in a + b):
        return False
    return max(len(a), len(b)) == 1 or (len(a) == len(b) == 2 and a == b[::-1])
