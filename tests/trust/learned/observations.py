"""Observations of an attribute in many fits: its kinds, its sizes, and what they always equal.

A size is compared with the *measures* of the same instance: its numbers, and the sizes of its
other attributes. ``coef_.1`` is the second axis of an array, ``classes_`` the length of a list or
of an array of one axis, ``n_features_in_`` a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbmodel.trust.value_checks import name_of
from nbmodel.trust.value_kinds import KIND_NAMES

# More different texts than these are no options, but free text.
MANY = 12
# More different texts in a fitted attribute, and they are not its few options.
FEW = 4
# An equality counts when it held this often, and for this many different sizes.
ENOUGH = 20
DIFFERENT = 4
_OFTEN = 0.4

# Where instances of two classes with a common base were seen, any of that base may stand.
BASES = (
    "sklearn.base.BaseEstimator",
    "sklearn.gaussian_process.kernels.Kernel",
    "sklearn.metrics._scorer._BaseScorer",
    "sklearn.model_selection._split.BaseCrossValidator",
    "sklearn.model_selection._split.BaseShuffleSplit",
    "sklearn.model_selection._split._RepeatedSplits",
)

Measures = Mapping[str, int]


@dataclass
class Size:
    """The sizes of one axis, or the values of one number."""

    values: set[int] = field(default_factory=set)
    count: int = 0
    equal: set[str] | None = None

    def add(self, value: int, measures: Measures, own: str) -> None:
        self.count += 1
        if len(self.values) < MANY:
            self.values.add(value)
        same = {name for name, size in measures.items() if size == value and name != own}
        self.equal = same if self.equal is None else self.equal & same

    def merge(self, other: Size) -> None:
        self.values |= other.values
        self.count += other.count
        if other.equal is not None:
            self.equal = other.equal if self.equal is None else self.equal & other.equal

    def always(self, *, telling: bool = False) -> str | None:
        """The measure that it always equals: the most telling of them."""
        if not self.equal or len(self.values) < DIFFERENT or self.count < ENOUGH:
            return None
        fitted = [name for name in self.equal if _is_fitted(name)]
        if telling:
            fitted = [name for name in fitted if name in _TELLING]
        return min(fitted, key=_rank, default=None)


_TELLING = ("n_features_in_", "classes_", "n_outputs_", "n_classes_")


def _is_fitted(name: str) -> bool:
    """Parameters say what was asked for, and not always what came of it."""
    attribute = name.partition(".")[0]
    return attribute.endswith("_") or attribute.startswith("_")


def _rank(name: str) -> tuple[int, bool, str]:
    place = _TELLING.index(name) if name in _TELLING else len(_TELLING)
    return place, not name.partition(".")[0].endswith("_"), name


@dataclass
class Numbers:
    """Whole numbers: the least and greatest, and the measure that they stay below."""

    least: int = 0
    most: int = 0
    count: int = 0
    below: dict[str, int] | None = None  # measure -> how often the greatest was just below it

    def add(self, least: int, most: int, measures: Measures, own: str) -> None:
        self.least = least if not self.count else min(self.least, least)
        self.most = most if not self.count else max(self.most, most)
        self.count += 1
        fits = {name: int(most + 1 == size) for name, size in measures.items() if most < size}
        fits.pop(own, None)
        before = self.below
        self.below = (
            fits
            if before is None
            else {name: before[name] + tight for name, tight in fits.items() if name in before}
        )

    def merge(self, other: Numbers) -> None:
        if not other.count:
            return
        if not self.count:
            self.least, self.most, self.below = other.least, other.most, other.below
        else:
            self.least, self.most = min(self.least, other.least), max(self.most, other.most)
            mine, theirs = self.below or {}, other.below or {}
            self.below = {name: mine[name] + theirs[name] for name in mine.keys() & theirs.keys()}
        self.count += other.count

    def limit(self) -> str | None:
        """The measure that bounds them, and not by chance: often they reach it."""
        often = [
            name
            for name, tight in (self.below or {}).items()
            if tight >= _OFTEN * self.count and _is_fitted(name)
        ]
        return min(often, key=_rank) if often and self.count >= MANY else None


@dataclass
class Seen:
    """Everything seen in one place: of each kind of value what there is to say of it."""

    plain: set[str] = field(default_factory=set)  # none bool float complex bytes slice range
    texts: set[str] = field(default_factory=set)
    numbers: Numbers = field(default_factory=Numbers)
    number: Size = field(default_factory=Size)
    names: dict[str, set[str]] = field(default_factory=dict)  # object function type dtype
    dtypes: dict[str, set[str]] = field(default_factory=dict)  # array matrix masked sparse
    axes: dict[tuple[str, int], list[Size]] = field(default_factory=dict)
    inside: dict[str, Seen] = field(default_factory=dict)  # array list tuple set keys values
    values: dict[str, Numbers] = field(default_factory=dict)  # whole numbers in an array
    lengths: dict[str, Size] = field(default_factory=dict)  # list tuple set dict

    def merge(self, other: Seen) -> None:
        self.plain |= other.plain
        self.texts |= other.texts
        self.numbers.merge(other.numbers)
        self.number.merge(other.number)
        for mine, theirs in ((self.names, other.names), (self.dtypes, other.dtypes)):
            for kind, names in theirs.items():
                mine.setdefault(kind, set()).update(names)
        for key, sizes in other.axes.items():
            known = self.axes.setdefault(key, [Size() for _ in sizes])
            for size, more in zip(known, sizes, strict=True):
                size.merge(more)
        for kind, seen in other.inside.items():
            self.inside.setdefault(kind, Seen()).merge(seen)
        for kind, numbers in other.values.items():
            self.values.setdefault(kind, Numbers()).merge(numbers)
        for kind, size in other.lengths.items():
            self.lengths.setdefault(kind, Size()).merge(size)

    # -- one more value ------------------------------------------------------

    def add(self, value: Any, measures: Measures, own: str) -> None:
        """Take note of one value; `own` is the attribute, whose own size says nothing."""
        if value is None:
            self.plain.add("none")
        elif isinstance(value, (bool, np.bool_)):
            self.plain.add("bool")
        elif isinstance(value, (int, np.integer)):
            self.numbers.add(int(value), int(value), measures, own)
            self.number.add(int(value), measures, own)
        elif isinstance(value, (float, np.floating)):
            self.plain.add("float")
        elif isinstance(value, str):
            if len(self.texts) <= MANY:
                self.texts.add(str(value))
        elif isinstance(value, (complex, bytes, slice, range)):
            self.plain.add(type(value).__name__)
        elif isinstance(value, np.ndarray):
            self._add_array(value, measures, own)
        elif isinstance(value, (list, tuple, set, frozenset, dict)) and not _named_tuple(value):
            self._add_container(value, measures, own)
        elif isinstance(value, type):
            self._name("type", f"{value.__module__}.{value.__qualname__}")
        elif isinstance(value, np.dtype):
            self.dtypes.setdefault("dtype", set()).add(value.kind)
        elif KIND_NAMES.get(type(value)) == "function":
            self._name("function", name_of(value))
        elif hasattr(value, "tocsr"):
            self._add_sparse(value, measures, own)
        else:
            self._name("object", _with_base(type(value)))

    def _name(self, kind: str, name: str) -> None:
        self.names.setdefault(kind, set()).add(name)

    def _add_array(self, array: Any, measures: Measures, own: str) -> None:
        kind = {np.ndarray: "array", np.matrix: "matrix"}.get(type(array), "masked")
        self.dtypes.setdefault(kind, set()).add(array.dtype.kind)
        self._add_shape(kind, array.shape, measures, own)
        if array.dtype.kind == "O":
            inside = self.inside.setdefault(kind, Seen())
            for item in array.ravel().tolist():
                inside.add(item, measures, own)
        elif array.dtype.kind in "iu" and array.size:
            numbers = self.values.setdefault(kind, Numbers())
            numbers.add(int(array.min()), int(array.max()), measures, own)

    def _add_sparse(self, matrix: Any, measures: Measures, own: str) -> None:
        self.dtypes.setdefault("sparse", set()).add(matrix.dtype.kind)
        self._name("sparse", f"{type(matrix).__module__}.{type(matrix).__qualname__}")
        self._add_shape("sparse", matrix.shape, measures, own)

    def _add_shape(self, kind: str, shape: Any, measures: Measures, own: str) -> None:
        axes = self.axes.setdefault((kind, len(shape)), [Size() for _ in shape])
        for number, (axis, size) in enumerate(zip(axes, shape, strict=True)):
            axis.add(size, measures, own if len(shape) == 1 else f"{own}.{number}")

    def _add_container(self, value: Any, measures: Measures, own: str) -> None:
        kind = _CONTAINERS.get(type(value), "dict" if isinstance(value, dict) else "list")
        self.lengths.setdefault(kind, Size()).add(len(value), measures, own)
        if kind == "dict":
            for key in value:
                self.inside.setdefault("keys", Seen()).add(key, measures, own)
            for item in value.values():
                self.inside.setdefault("values", Seen()).add(item, measures, own)
            return
        inside = self.inside.setdefault(kind, Seen())
        for item in value:
            inside.add(item, measures, own)


_CONTAINERS = {list: "list", tuple: "tuple", set: "set", frozenset: "set"}


def _with_base(kind: type) -> str:
    """The name of a class, and of the base that stands for its like."""
    names = [f"{parent.__module__}.{parent.__qualname__}" for parent in kind.__mro__]
    base = next((name for name in names if name in BASES), None)
    return names[0] if base is None else f"{names[0]}~{base}"


def _named_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and type(value) is not tuple


def measures_of(state: Mapping[str, Any]) -> dict[str, int]:
    """Every number and size of an instance's attributes, by name."""
    measures: dict[str, int] = {}
    for name, value in state.items():
        if isinstance(value, (bool, np.bool_)):
            continue
        if isinstance(value, (int, np.integer)):
            if value >= 0:
                measures[name] = int(value)
        elif isinstance(value, (list, tuple, dict)):
            measures[name] = len(value)
        elif isinstance(value, np.ndarray) or hasattr(value, "tocsr"):
            if len(value.shape) == 1:
                measures[name] = value.shape[0]
            else:
                measures.update({f"{name}.{axis}": n for axis, n in enumerate(value.shape)})
    return measures
