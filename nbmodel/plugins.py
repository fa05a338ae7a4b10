"""The tables of plug-ins: a name, the file that holds it, what it answers to.

Nothing here imports a framework. A row names a file; the file is imported
when an object of its framework is met for the first time. Distributions of
others add rows by the entry-point group ``nbmodel.flavors``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from nbmodel.flavors.base import Flavor
    from nbmodel.trust.rules import RuleTable

FLAVOR_GROUP = "nbmodel.flavors"


@dataclass(frozen=True, slots=True)
class Row:
    """A plug-in: `target` is ``module:attribute``, `modules` the packages it answers to."""

    target: str
    modules: tuple[str, ...]


FLAVORS: dict[str, Row] = {
    "xgboost": Row("nbmodel.flavors.xgboost:FLAVOR", ("xgboost",)),
    "lightgbm": Row("nbmodel.flavors.lightgbm:FLAVOR", ("lightgbm",)),
    "keras": Row("nbmodel.flavors.keras:FLAVOR", ("keras",)),
    "torch": Row("nbmodel.flavors.torch:FLAVOR", ("torch",)),
    "sklearn": Row("nbmodel.flavors.sklearn:FLAVOR", ("sklearn",)),
}
FALLBACK_FLAVOR = Row("nbmodel.flavors.anything:FLAVOR", ())

# What may be named in a stranger's skeleton, by top-level package.
RULES: dict[str, Row] = {
    "stdlib": Row(
        "nbmodel.trust.stdlib:RULES",
        ("builtins", "collections", "datetime", "functools", "cloudpickle"),
    ),
    "numpy": Row("nbmodel.trust.numpy:RULES", ("numpy",)),
    "pandas": Row("nbmodel.trust.pandas:RULES", ("pandas", "pyarrow")),
    "scipy": Row("nbmodel.trust.scipy:RULES", ("scipy",)),
    "sklearn": Row("nbmodel.trust.sklearn:RULES", ("sklearn",)),
    "xgboost": Row("nbmodel.trust.xgboost:RULES", ("xgboost",)),
    "lightgbm": Row("nbmodel.trust.lightgbm:RULES", ("lightgbm",)),
    "torch": Row("nbmodel.trust.torch:RULES", ("torch",)),
    "flavors": Row("nbmodel.trust.flavors:RULES", ("nbmodel",)),
}


def _load(target: str) -> object:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@cache
def _flavor_rows() -> dict[str, Row]:
    """Package name to row, built-in rows first, then entry points."""
    rows = {module: row for row in FLAVORS.values() for module in row.modules}
    for point in entry_points(group=FLAVOR_GROUP):
        rows.setdefault(point.name, Row(point.value, (point.name,)))
    return rows


def framework_of(kind: type[Any]) -> Flavor | None:
    """The flavor of the first framework in the MRO of `kind`, or None."""
    rows = _flavor_rows()
    for parent in kind.__mro__:
        row = rows.get(str(parent.__module__).partition(".")[0])
        if row is not None:
            return cast("Flavor", _load(row.target))
    return None


def is_imported(kind: type[Any]) -> bool:
    """Whether `kind` belongs to a framework, and that framework was imported by somebody."""
    rows = _flavor_rows()
    for parent in kind.__mro__:
        package = str(parent.__module__).partition(".")[0]
        if package in rows:
            return package in sys.modules
    return False


def flavor_for(kind: type[Any]) -> Flavor:
    """The flavor that describes objects of class `kind`."""
    return framework_of(kind) or cast("Flavor", _load(FALLBACK_FLAVOR.target))


@cache
def rules_for(package: str) -> RuleTable | None:
    """What a stranger's skeleton may name inside a top-level package, or None."""
    for row in RULES.values():
        if package in row.modules:
            return cast("RuleTable", _load(row.target))
    return None
