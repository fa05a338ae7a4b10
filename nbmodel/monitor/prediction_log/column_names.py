"""Names of the log's columns, which must differ in more than case."""

from __future__ import annotations

from collections.abc import Sequence


def logged_names(names: Sequence[str]) -> list[str]:
    """Return column names that are unique without regard to case: repeated names get a number.

    Neither DuckDB nor Spark distinguishes ``Age`` from ``age``.

    Examples
    --------
    >>> logged_names(["age", "Age"])
    ['age', 'Age~2']
    """
    used: dict[str, int] = {}
    return [_logged_name(name, used) for name in names]


def original_names(logged: Sequence[str]) -> list[str]:
    """Return the names from which `logged_names` made these."""
    used: dict[str, int] = {}
    names = []
    for name in logged:
        base = name.rpartition("~")[0]
        repeated = base.lower() in used and _logged_name(base, dict(used)) == name
        names.append(base if repeated else name)
        _logged_name(names[-1], used)
    return names


def _logged_name(name: str, used: dict[str, int]) -> str:
    """Return a unique name for the next column; `used` counts how often each name was wanted."""
    clean = name.replace("\0", "\ufffd").encode(errors="replace").decode()
    number = used.get(clean.lower(), 0) + 1
    unique = clean if number == 1 else f"{clean}~{number}"
    while number > 1 and unique.lower() in used:
        number += 1
        unique = f"{clean}~{number}"
    used[clean.lower()] = number
    used.setdefault(unique.lower(), 1)
    return unique
