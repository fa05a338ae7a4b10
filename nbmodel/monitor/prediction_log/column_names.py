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
    name_counts: dict[str, int] = {}
    return [_logged_name(name, name_counts) for name in names]


def original_names(logged: Sequence[str]) -> list[str]:
    """Return the names from which `logged_names` made these."""
    name_counts: dict[str, int] = {}
    names = []
    for name in logged:
        base = name.rpartition("~")[0]
        repeated = base.lower() in name_counts and _logged_name(base, dict(name_counts)) == name
        names.append(base if repeated else name)
        _logged_name(names[-1], name_counts)
    return names


def _logged_name(name: str, name_counts: dict[str, int]) -> str:
    """Return a unique name for the next column; `name_counts` counts the uses of each name."""
    clean = name.replace("\0", "\ufffd").encode(errors="replace").decode()
    number = name_counts.get(clean.lower(), 0) + 1
    unique = clean if number == 1 else f"{clean}~{number}"
    while number > 1 and unique.lower() in name_counts:
        number += 1
        unique = f"{clean}~{number}"
    name_counts[clean.lower()] = number
    name_counts.setdefault(unique.lower(), 1)
    return unique
