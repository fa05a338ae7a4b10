"""The table of frameworks: which files describe, check and call the objects of each.

Nothing here imports a framework. A row names files; a file is imported when an object of its
framework is met for the first time. Other distributions add rows by the entry-point group
``nbmodel.frameworks``; see ``docs/extending.md``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from nbmodel.flavors.base import Flavor
    from nbmodel.trust.rules import RuleTable

FRAMEWORK_GROUP = "nbmodel.frameworks"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One framework.

    Attributes
    ----------
    name : str
        Its key in the manifest.
    packages : tuple of str
        Top-level packages whose objects it describes.
    flavor : str
        ``module:attribute`` of a `nbmodel.flavors.base.Flavor`.
    callers : mapping of str to str
        Full name of a class to the module that calls its objects (`nbmodel.predict.methods`).
        Objects of other classes are called by scikit-learn's conventions.
    rules : str
        ``module:attribute`` of the rules for models of strangers. Without rules, such models need
        ``--trust``. Rules from outside nbmodel are ignored: a wrong rule would let code run.
    """

    name: str
    packages: tuple[str, ...]
    flavor: str
    callers: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""


FRAMEWORKS = (
    Framework(
        name="xgboost",
        packages=("xgboost",),
        flavor="nbmodel.flavors.xgboost:FLAVOR",
        callers={"xgboost.core.Booster": "nbmodel.predict.methods.xgboost"},
        rules="nbmodel.trust.xgboost:RULES",
    ),
    Framework(
        name="lightgbm",
        packages=("lightgbm",),
        flavor="nbmodel.flavors.lightgbm:FLAVOR",
        rules="nbmodel.trust.lightgbm:RULES",
    ),
    Framework(
        name="keras",
        packages=("keras",),
        flavor="nbmodel.flavors.keras:FLAVOR",
        callers={"keras.src.models.model.Model": "nbmodel.predict.methods.keras"},
    ),
    Framework(
        name="torch",
        packages=("torch",),
        flavor="nbmodel.flavors.torch:FLAVOR",
        callers={"torch.nn.modules.module.Module": "nbmodel.predict.methods.torch"},
        rules="nbmodel.trust.torch:RULES",
    ),
    Framework(
        name="sklearn",
        packages=("sklearn",),
        flavor="nbmodel.flavors.sklearn:FLAVOR",
        rules="nbmodel.trust.sklearn:RULES",
    ),
)
FALLBACK = Framework(name="python", packages=(), flavor="nbmodel.flavors.generic:FLAVOR")

# Rules for libraries that are not frameworks: what a stranger's skeleton may name in each package.
LIBRARY_RULES: Mapping[str, tuple[str, ...]] = {
    "nbmodel.trust.stdlib:RULES": (
        "builtins",
        "collections",
        "datetime",
        "functools",
        "cloudpickle",
    ),
    "nbmodel.trust.numpy:RULES": ("numpy",),
    "nbmodel.trust.pandas:RULES": ("pandas", "pyarrow"),
    "nbmodel.trust.scipy:RULES": ("scipy",),
    "nbmodel.trust.restore_functions:RULES": ("nbmodel",),
}


def _load(target: str) -> object:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@cache
def _by_package() -> dict[str, Framework]:
    """Package name to framework, nbmodel's own first, then those of entry points."""
    rows = {package: framework for framework in FRAMEWORKS for package in framework.packages}
    for point in entry_points(group=FRAMEWORK_GROUP):
        for framework in _loaded(point):
            for package in framework.packages:
                rows.setdefault(package, framework)
    return rows


def _loaded(point: EntryPoint) -> Iterator[Framework]:
    """The row of a plug-in. One that cannot be imported must not break every commit."""
    try:
        framework = point.load()
    except Exception as error:  # noqa: BLE001  the code of others may raise anything
        _log.warning("The plug-in %s (%s) cannot be loaded: %s", point.name, point.value, error)
        return
    if isinstance(framework, Framework):
        yield framework
    else:
        _log.warning("The plug-in %s (%s) is not a Framework.", point.name, point.value)


def _package_of(kind: type[Any]) -> str:
    """The first package in the MRO of `kind` that is a framework's; empty if there is none."""
    rows = _by_package()
    packages = (str(parent.__module__).partition(".")[0] for parent in kind.__mro__)
    return next((package for package in packages if package in rows), "")


def framework_of(kind: type[Any]) -> Flavor | None:
    """The flavor of the first framework in the MRO of `kind`, or None."""
    framework = _by_package().get(_package_of(kind))
    return None if framework is None else cast("Flavor", _load(framework.flavor))


def is_imported(kind: type[Any]) -> bool:
    """Whether `kind` belongs to a framework that is imported already."""
    return _package_of(kind) in sys.modules


def flavor_for(kind: type[Any]) -> Flavor:
    """The flavor that describes objects of class `kind`."""
    return framework_of(kind) or cast("Flavor", _load(FALLBACK.flavor))


@cache
def callers() -> dict[str, str]:
    """Full name of a class to the module that calls its objects."""
    return {name: file for row in _by_package().values() for name, file in row.callers.items()}


@cache
def packages() -> frozenset[str]:
    """Top-level packages that have a flavor or rules."""
    libraries = {package for names in LIBRARY_RULES.values() for package in names}
    return frozenset({*_by_package(), *libraries})


@cache
def rules_for(package: str) -> RuleTable | None:
    """What a stranger's skeleton may name inside a top-level package, or None."""
    for framework in FRAMEWORKS:
        if package in framework.packages:
            return cast("RuleTable", _load(framework.rules)) if framework.rules else None
    for target, names in LIBRARY_RULES.items():
        if package in names:
            return cast("RuleTable", _load(target))
    return None
