"""Hostile values made from the original: nearly right in dtype, length, family or shape.

Two faults were found by hand, and not by values of other types: a first prediction that was fitted
on other classes or has an additional axis (G2), and indices just out of range or names that occur
twice (G3). These values have such faults for any original: numbers just below the minimum or above
the maximum, an item twice, a row fewer, additional axes, a different option of the same parameter.
`related_estimators` adds estimators.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tests.trust.campaign.hostile_values import VALUES, NotApplicable, Place

# At eight bytes for each item, there is no memory at this distance. It fits into 32 bits.
_FAR = 1 << 29

Change = Callable[[Any], Any]
# By the form of the original value; see `mutation_sites.Site`.
RELATIVE: dict[str, list[str]] = {"array": [], "container": [], "option": [], "estimator": []}

_FAULTS = (ValueError, TypeError, OverflowError, IndexError, AttributeError, KeyError)


def add(form: str, name: str, make: Callable[[Place], Any]) -> None:
    """Add a value to the tables; it is not applicable if it does not fit the original."""

    def made(place: Place) -> Any:
        try:
            return make(place)
        except _FAULTS as error:
            raise NotApplicable from error

    VALUES[name] = made
    RELATIVE[form].append(name)


# -- arrays of any dtype, objects included ------------------------------------


def _array(name: str, change: Change) -> None:
    def make(place: Place) -> Any:
        if not isinstance(place.old, np.ndarray) or not place.old.size:
            raise NotApplicable
        return change(place.old)

    add("array", name, make)


def _with(position: int, choose: Callable[[np.ndarray], Any]) -> Change:
    """Replace one item of an array in its dtype, which may cut the value."""

    def change(old: np.ndarray) -> Any:
        new = old.copy()
        value = choose(old)
        if new.dtype.kind in "iu":
            limits = np.iinfo(new.dtype)
            value = min(max(int(value), limits.min), limits.max)
        new.reshape(-1)[position] = value
        return new

    return change


def _numbers(choose: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], Any]:
    def chosen(old: np.ndarray) -> Any:
        if old.dtype.kind not in "iuf":
            raise NotApplicable
        return choose(old)

    return chosen


_array("an item above all", _with(0, _numbers(lambda old: old.max() + 1)))
_array("an item far above all", _with(-1, _numbers(lambda old: _FAR)))
_array("an item below all", _with(-1, _numbers(lambda old: old.min() - 1)))
_array("an item far below all", _with(0, _numbers(lambda old: -_FAR)))
_array("an item of its size", _with(-1, _numbers(lambda old: old.size)))
_array("the first item twice", _with(-1, lambda old: old.flat[0]))
_array("the last item twice", _with(0, lambda old: old.flat[-1]))
_array("all its first item", lambda old: np.full(old.shape, old.flat[0], old.dtype))
_array("no items of its dtype", lambda old: old[:0].copy())
_array("no columns of its dtype", lambda old: old[..., :0].copy())
_array("a row fewer", lambda old: old[:-1].copy())
_array("a row more", lambda old: np.concatenate([old, old[-1:]]))
_array("a column fewer", lambda old: old[..., :-1].copy())
_array("a column more", lambda old: np.concatenate([old, old[..., -1:]], axis=-1))
_array("the first rows only", lambda old: old[: max(1, len(old) // 3)].copy())
_array("an axis before", lambda old: old[None].copy())
_array("two axes before", lambda old: old[None, None].copy())
_array("axes between", lambda old: np.stack([old, old])[:, None])
_array("an axis behind", lambda old: old[..., None].copy())
_array("no axes", lambda old: old.reshape(-1)[0:1].reshape(()))
_array("columns first", lambda old: old.reshape(old.shape[::-1]).copy())


# -- containers --------------------------------------------------------------


def _entries(name: str, change: Callable[[list[Any]], list[Any]]) -> None:
    """Change the entries of a list, a tuple or a dict, but not its type."""

    def make(place: Place) -> Any:
        old = place.old
        if isinstance(old, dict) and old:
            return type(old)(change(list(old.items())))
        if isinstance(old, (list, tuple)) and old:
            return type(old)(change(list(old)))
        raise NotApplicable

    add("container", name, make)


def _inside(name: str, change: Change) -> None:
    """Change the first array in a list, a tuple or a dict, but not the others."""

    def make(place: Place) -> Any:
        old = place.old
        pairs = list(old.items() if isinstance(old, dict) else enumerate(old))
        for key, item in pairs:
            if isinstance(item, np.ndarray) and item.size:
                changed = {**dict(pairs), key: change(item)}
                return changed if isinstance(old, dict) else type(old)(changed.values())
        raise NotApplicable

    add("container", name, make)


_entries("an entry fewer", lambda old: old[:-1])
_entries("the first entry gone", lambda old: old[1:])
_entries("an entry twice", lambda old: [*old, old[-1]])
_entries("the first entry for all", lambda old: [old[0]] * len(old))
_entries("entries turned around", lambda old: old[::-1])
_entries("no entries", lambda old: [])
_inside("inside, an item above all", _with(0, _numbers(lambda old: old.max() + 1)))
_inside("inside, far above all", _with(-1, _numbers(lambda old: _FAR)))
_inside("inside, far below all", _with(0, _numbers(lambda old: -_FAR)))
_inside("inside, the first item twice", _with(-1, lambda old: old.flat[0]))
_inside("inside, no items", lambda old: old[:0].copy())
_inside("inside, a row fewer", lambda old: old[:-1].copy())
_inside("inside, a row more", lambda old: np.concatenate([old, old[-1:]]))
_inside("inside, an axis before", lambda old: old[None].copy())


def _values_of_keys(name: str, change: Callable[[list[Any]], list[Any]]) -> None:
    def make(place: Place) -> Any:
        if not isinstance(place.old, dict) or not place.old:
            raise NotApplicable
        return type(place.old)(zip(place.old, change(list(place.old.values())), strict=True))

    add("container", name, make)


_values_of_keys("a value above all", lambda old: [*old[:-1], max(old) + 1])
_values_of_keys("a value far above all", lambda old: [*old[:-1], max(old) + _FAR])
_values_of_keys("values turned around", lambda old: old[::-1])
_values_of_keys("one value for all keys", lambda old: [old[0]] * len(old))


# -- options of a parameter ---------------------------------------------------


def options(owner: Any, name: str) -> list[Any]:
    """List the texts and flags that the constraints of scikit-learn allow for a parameter."""
    found: list[Any] = []
    for constraint in getattr(owner, "_parameter_constraints", {}).get(name.strip("_"), ()):
        if constraint == "boolean":
            found += [False, True]
        found += sorted(getattr(constraint, "options", ()), key=str)
    return found


def _option(number: int, place: Place) -> Any:
    name = next((key for key, value in place.siblings.items() if value is place.old), None)
    others = [option for option in options(place.owner, str(name)) if option != place.old]
    return others[number]


for _number in range(4):
    add("option", f"other option {_number}", partial(_option, _number))
