"""The table of frameworks, and the entry points by which other packages extend nbmodel.

Nothing here imports a framework. A row names files; a file is imported when an object of its
framework is met for the first time. Other packages add rows by entry points, a group for each kind
of plug-in. They cannot replace what nbmodel itself has. See ``docs/extending.md``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from nbmodel.flavors.base import Flavor
    from nbmodel.trust.rules import RuleTable

FRAMEWORK_GROUP = "nbmodel.frameworks"
PREDICTOR_GROUP = "nbmodel.predictors"
DRIFT_GROUP = "nbmodel.drift_measures"
ANOMALY_GROUP = "nbmodel.anomaly_detectors"
EXPORTER_GROUP = "nbmodel.exporters"
NOTIFIER_GROUP = "nbmodel.notifiers"
MERGE_GROUP = "nbmodel.merge_methods"
_GROUPS = (
    FRAMEWORK_GROUP,
    PREDICTOR_GROUP,
    DRIFT_GROUP,
    ANOMALY_GROUP,
    EXPORTER_GROUP,
    NOTIFIER_GROUP,
    MERGE_GROUP,
)
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One framework.

    Attributes
    ----------
    name : str
        Its key in the manifest.
    packages : tuple of str
        Top-level packages with its objects.
    flavor : str
        ``module:attribute`` of a `nbmodel.flavors.base.Flavor`.
    callers : mapping of str to str
        From the full name of a class to the module that calls its objects
        (`nbmodel.predict.methods`). Other objects are called with the interface of scikit-learn.
    rules : str
        ``module:attribute`` of the rules for models of strangers. Without rules, such models need
        ``--trust``. Rules from outside nbmodel are ignored: a wrong rule would let code run.
    average : str
        ``module:function`` that averages its models (`nbmodel.merging.average.Averager`). Without
        it, they cannot be averaged.
    """

    name: str
    packages: tuple[str, ...]
    flavor: str
    callers: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""
    average: str = ""


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
        average="nbmodel.merging.averages.keras:average",
    ),
    Framework(
        name="torch",
        packages=("torch",),
        flavor="nbmodel.flavors.torch:FLAVOR",
        callers={"torch.nn.modules.module.Module": "nbmodel.predict.methods.torch"},
        rules="nbmodel.trust.torch:RULES",
        average="nbmodel.merging.averages.torch:average",
    ),
    Framework(
        name="sklearn",
        packages=("sklearn",),
        flavor="nbmodel.flavors.sklearn:FLAVOR",
        rules="nbmodel.trust.sklearn:RULES",
        average="nbmodel.merging.averages.sklearn:average",
    ),
)
FALLBACK = Framework(name="python", packages=(), flavor="nbmodel.flavors.generic:FLAVOR")

# How `%model_merge --how` makes one model of several: ``module:attribute`` of a
# `nbmodel.merging.base.MergeMethod`, by name.
MERGE_METHODS: Mapping[str, str] = {
    "average": "nbmodel.merging.average:AVERAGE",
    "vote": "nbmodel.merging.sklearn_vote:VOTE",
    "stack": "nbmodel.merging.sklearn_stack:STACK",
    "ours": "nbmodel.merging.ours:OURS",
    "theirs": "nbmodel.merging.theirs:THEIRS",
}

# Rules for packages that are not frameworks: what the skeleton of a stranger may name in them.
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
_LIBRARIES = frozenset(package for names in LIBRARY_RULES.values() for package in names)


def _load(target: str) -> object:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


@cache
def _by_package() -> dict[str, Framework]:
    """Map packages to frameworks: first the table of nbmodel, then those of entry points."""
    rows = {package: framework for framework in FRAMEWORKS for package in framework.packages}
    for framework in load_plugins(FRAMEWORK_GROUP, Framework).values():
        for package in framework.packages:
            rows.setdefault(package, framework)
    return rows


@cache
def _entry_points() -> Mapping[str, Collection[EntryPoint]]:
    # Reading the metadata of every installed package takes 5 ms: once for all groups.
    installed = entry_points()
    return {group: installed.select(group=group) for group in _GROUPS}


@cache
def plugin_points(group: str) -> Mapping[str, EntryPoint]:
    """Return the entry points of a group by name, without importing what they name."""
    points: dict[str, EntryPoint] = {}
    for point in sorted(_entry_points()[group], key=lambda point: (point.name, point.value)):
        points.setdefault(point.name, point)
    return points


def is_plugin(name: str) -> bool:
    """Return whether an installed package announces a plug-in of this name in any group."""
    return any(name in plugin_points(group) for group in _GROUPS)


def load_plugin(group: str, name: str, kind: type[T]) -> T | None:
    """Return what an entry point names; None with a warning if it cannot be used.

    A plug-in that cannot be imported must not break everything else.
    """
    point = plugin_points(group)[name]
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001  a plug-in may raise anything
        _log.warning("The plug-in %s (%s) cannot be loaded: %s", point.name, point.value, error)
        return None
    if isinstance(loaded, kind):
        return loaded
    _log.warning("The plug-in %s (%s) is not a %s.", point.name, point.value, kind.__name__)
    return None


def load_plugins(group: str, kind: type[T], own_names: Collection[str] = ()) -> dict[str, T]:
    """Return every plug-in of a group by name.

    Parameters
    ----------
    group : str
    kind : type
        What its entry points name; others are left out with a warning.
    own_names : collection of str
        Names that nbmodel itself uses. A plug-in cannot have one of them.
    """
    loaded = {}
    for name in plugin_points(group):
        if name in own_names:
            _log.warning("The plug-in %s of %s cannot replace nbmodel's own.", name, group)
        elif (plugin := load_plugin(group, name, kind)) is not None:
            loaded[name] = plugin
    return loaded


def _package_of(kind: type[Any]) -> str:
    """Return the first package in the MRO of `kind` that has a framework; empty if none has."""
    rows = _by_package()
    packages = (str(parent.__module__).partition(".")[0] for parent in kind.__mro__)
    return next((package for package in packages if package in rows), "")


def framework_of(kind: type[Any]) -> Flavor | None:
    """Return the flavor of the first framework in the MRO of `kind`, or None."""
    framework = _by_package().get(_package_of(kind))
    return None if framework is None else cast("Flavor", _load(framework.flavor))


def is_imported(kind: type[Any]) -> bool:
    """Whether `kind` belongs to a framework that is imported already."""
    return _package_of(kind) in sys.modules


def averager_of(kind: type[Any]) -> Any:
    """Return the function that averages objects of class `kind`, or None."""
    framework = _by_package().get(_package_of(kind))
    return None if framework is None or not framework.average else _load(framework.average)


def own_merge_method(name: str) -> object:
    """Return nbmodel's own method of merging of this name, or None."""
    return _load(MERGE_METHODS[name]) if name in MERGE_METHODS else None


def flavor_for(kind: type[Any]) -> Flavor:
    """Return the flavor for objects of class `kind`."""
    return framework_of(kind) or cast("Flavor", _load(FALLBACK.flavor))


@cache
def callers() -> dict[str, str]:
    """Full name of a class to the module that calls its objects.

    A plug-in cannot name a class of Python itself or of a package that nbmodel knows: it would
    call the objects of other packages.
    """
    rows = {name: file for row in FRAMEWORKS for name, file in row.callers.items()}
    own = {package for row in FRAMEWORKS for package in row.packages}
    closed = {*own, *_LIBRARIES, *sys.stdlib_module_names}
    plugged = [row.callers for row in _by_package().values() if row not in FRAMEWORKS]
    points = {name: point.value for name, point in plugin_points(PREDICTOR_GROUP).items()}
    for name, file in [pair for callers in [*plugged, points] for pair in callers.items()]:
        if name.partition(".")[0] in closed:
            _log.warning("The plug-in %s cannot call the objects of %s.", file, name)
        else:
            rows.setdefault(name, file)
    return rows


@cache
def packages() -> frozenset[str]:
    """List the top-level packages that have a flavor or rules."""
    return frozenset({*_by_package(), *_LIBRARIES})


@cache
def rules_for(package: str) -> RuleTable | None:
    """Return the rules for a top-level package, or None.

    Returns
    -------
    rules : mapping of (str, str) to Rule
        By module and name of a class or function.
    """
    for framework in FRAMEWORKS:
        if package in framework.packages:
            return cast("RuleTable", _load(framework.rules)) if framework.rules else None
    for target, names in LIBRARY_RULES.items():
        if package in names:
            return cast("RuleTable", _load(target))
    return None
