"""Attributes that an instance of a scikit-learn class may have, by release.

The table `sklearn_attributes.txt` comes from fits with every supported release. The state of an
estimator contains its release, and the attributes of that release are allowed. Other classes have
no release in their state, and may have the attributes of all releases. The values of the attributes
are checked after the last opcode.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Any

import numpy as np

from nbmodel.trust.object_state import behavior
from nbmodel.trust.rules import require, words
from nbmodel.trust.stdlib import Method
from nbmodel.trust.value_checks import Kinds, check_value
from nbmodel.trust.value_kinds import KIND_NAMES

_VERSION = re.compile(r"([0-9]{1,3}\.[0-9]{1,3})(\.[0-9]{1,3})?((a|b|rc|\.post|\.dev)[0-9]{1,3})?")
_VERSION_KEY = "_sklearn_version"
# The first character of a terminal command (ECMA-48, 5.3 and 5.6): ESC, CSI, OSC, DCS.
_COMMAND = re.compile("[\x1b\x9b\x9d\x90]")
_PRINTED = frozenset(
    words("feature_names_in_ steps transformer_list transformers transformers_ estimators")
)
_TAG = re.compile(r"(\S+?)(?:@([0-9.,]+))? (\{.*\})")

Rules = Mapping[str, tuple[Kinds, ...]]


def build_estimator(instance: Any, state: Any) -> Callable[[], None]:
    """Replace BUILD: check the names now, and return a check of the values for later."""
    kind = type(instance)
    require(type(state) is dict, f"a state of {kind.__name__} that is not a dict")
    release = None
    if _VERSION_KEY in state:
        release = _release(kind, state[_VERSION_KEY])
    else:
        require(not _is_estimator(kind), f"a {kind.__name__} without its release of scikit-learn")
    state = _without_bound_methods(instance, state)
    rules = _rules(kind, release)
    if not state.keys() <= rules.keys():
        _refuse_unknown(kind, state, rules)
    checked = {sys.intern(name): value for name, value in state.items()}
    restore = getattr(instance, "__setstate__", None)
    if restore is None:
        instance.__dict__.update(checked)
    else:
        restore(checked)
    return partial(_check, instance, rules)


def _without_bound_methods(instance: Any, state: dict[Any, Any]) -> dict[Any, Any]:
    """Drop bound methods: a fit that replaces a method restores it as an attribute."""
    methods = [name for name, value in state.items() if type(value) is Method]
    for name in methods:
        method = state[name]
        is_own = method.owner is instance and getattr(type(instance), name, None) is method.function
        require(is_own, f"a bound method as the attribute {name:.80}")
        method.settled = True
    return {k: v for k, v in state.items() if k not in methods} if methods else state


def _refuse_unknown(kind: type[Any], state: Mapping[Any, Any], rules: Rules) -> None:
    for name in state:
        require(type(name) is str, f"an attribute whose name is a {type(name).__name__}")
        require(name in rules, f"the attribute {name:.80} on {kind.__name__}")


def _is_estimator(kind: type[Any]) -> bool:
    names = {(parent.__module__, parent.__name__) for parent in kind.__mro__}
    return ("sklearn.base", "BaseEstimator") in names


def _check(instance: Any, rules: Rules) -> None:
    state = vars(instance)
    for name, value in state.items():
        if name in _PRINTED:
            _check_printed(name, value)
        variants = rules.get(name, ())
        kind = KIND_NAMES.get(type(value), "")
        # A class may add attributes in its ``__setstate__``.
        if not variants or (kind != "str" and variants[0].get(kind) is True):
            continue
        try:
            _check_any_of(variants, value, state)
        except ValueError as error:
            raise ValueError(f"{type(instance).__name__}.{name}: {error}") from error


def _check_printed(name: str, value: Any) -> None:
    """Refuse terminal commands in names: errors and progress print names unchanged."""
    items = value if isinstance(value, (list, tuple, np.ndarray)) else ()
    names = (item[0] if type(item) is tuple and item else item for item in items)
    text = "\n".join(part for part in names if isinstance(part, str))
    require(_COMMAND.search(text) is None, f"a terminal command in {name}")


def _check_any_of(variants: tuple[Kinds, ...], value: Any, state: Mapping[str, Any]) -> None:
    """Check a value against the rules of all releases; there is nearly always one rule."""
    for kinds in variants[:-1]:
        try:
            check_value(kinds, value, state)
        except ValueError:
            continue
        return
    check_value(variants[-1], value, state)


def _release(kind: type[Any], version: Any) -> str:
    match = _VERSION.fullmatch(version) if type(version) is str else None
    require(match, f"a {kind.__name__} whose release of scikit-learn is not a version")
    release = str(match and match[1])
    releases = _releases()
    require(
        release in releases,
        f"a model of scikit-learn {version}, whose attributes are not known here (known releases: "
        f"{releases[0]} to {releases[-1]})",
    )
    return release


# -- the table ---------------------------------------------------------------


@cache
def _sections() -> dict[str, str]:
    text = files("nbmodel.trust").joinpath("sklearn_attributes.txt").read_text("utf-8")
    head, *sections = text.split("\n[")
    return {"": head, **{name: lines for name, _, lines in (s.partition("]") for s in sections)}}


@cache
def _releases() -> tuple[str, ...]:
    line = next(line for line in _sections()[""].splitlines() if line.startswith("releases "))
    return tuple(line.split()[1:])


_RULES_BY_CLASS: dict[tuple[type[Any], str | None], Rules] = {}


def _rules(kind: type[Any], release: str | None) -> Rules:
    """Return the rules of a class, for one release or for all."""
    rules = _RULES_BY_CLASS.get((kind, release))
    if rules is None:
        rules = _RULES_BY_CLASS[kind, release] = _read_rules(kind, release)
    return rules


def _read_rules(kind: type[Any], release: str | None) -> Rules:
    name = f"{kind.__module__} {kind.__qualname__}"
    section = _sections().get(name)
    require(section is not None, f"a {name.replace(' ', '.')}, whose attributes are not known")
    rules: dict[str, tuple[Kinds, ...]] = {_VERSION_KEY: ()}
    for line in str(section).splitlines():
        match = _TAG.fullmatch(line)
        if match is None:
            continue
        attribute, tag, kinds = match.groups()
        if release is None or tag is None or release in tag.split(","):
            rules[attribute] = (*rules.get(attribute, ()), json.loads(kinds))
    # An attribute must not hide a method of the installed class, in any release.
    for attribute in rules.keys() & behavior(*kind.__mro__):
        del rules[attribute]
    return rules
