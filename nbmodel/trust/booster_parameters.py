"""Parameters that a stranger's booster and its wrapper may have, with their ranges.

Each library has a text file of rows: a kind of value, then names. A name that is not in the file is
refused: it may be a file to read, a port to listen on or a number of threads that ends the process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np

from nbmodel.trust.rules import brief, require

Check = Callable[[Any], bool]

MAX_THREADS = 256
MAX_ROUNDS = 100_000
MAX_ITEMS = 1 << 16
MAX_NESTING = 4
_UNSET = (1 << 32) - 1  # XGBoost writes it for a count that it chooses itself

# Libraries join parameters with spaces: a text with a space would add parameters.
_WORD = re.compile(r"[A-Za-z0-9_.,:@+-]{0,200}", re.ASCII)
_VECTOR = re.compile(r"[][(){}0-9,.:+\-eE \"'A-Za-z_]{0,65536}", re.ASCII)
_DEVICE = re.compile(r"(?:cpu|cuda|gpu|sycl)(?::[0-9]{1,3})?", re.ASCII)


class ParameterTable:
    """The parameters of one library.

    Parameters
    ----------
    file : str
        Name of its table in this folder.
    """

    def __init__(self, file: str) -> None:
        text = files("nbmodel.trust").joinpath(file).read_text("utf-8")
        rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
        self._checks = {name: _kind_check(word) for word, *names in rows for name in names}

    def __contains__(self, name: str) -> bool:
        return name in self._checks

    def check(self, name: Any, value: Any) -> None:
        """Check one parameter; None stands for the choice of the library.

        Raises
        ------
        ValueError
            If it is not in the table, or its value is out of range.
        """
        check = self._checks.get(name) if type(name) is str else None
        require(check is not None, f"the parameter {brief(name)}")
        if value is not None and check is not None:
            require(check(value), f"the parameter {name} with a value out of range")

    def check_all(self, params: Any, what: str) -> None:
        """Check a dict of parameters."""
        require(type(params) is dict, f"{what} that are not a dict")
        for name, value in params.items():
            self.check(name, value)


# -- kinds of values ---------------------------------------------------------


def is_flag(value: Any) -> bool:
    """Whether it is a truth value, also as a number."""
    return type(value) in (bool, np.bool_) or (type(value) is int and value in (0, 1))


def is_int(minimum: int, maximum: int, value: Any) -> bool:
    """Whether it is a whole number in a range, also as a float."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return isinstance(value, (int, np.integer)) and minimum <= int(value) <= maximum


def is_float(value: Any) -> bool:
    """Whether it is a number; infinities and NaN are numbers."""
    return isinstance(value, (float, np.floating)) or is_int(-(1 << 63), 1 << 64, value)


def is_text(value: Any) -> bool:
    """Whether it is a word of a parameter, or several words with commas."""
    return type(value) is str and _WORD.fullmatch(value) is not None


def is_plain(value: Any) -> bool:
    """Whether it is a label or a category."""
    return isinstance(value, (str, int, float, bool, np.number, np.bool_, np.str_))


def is_list(check: Check, value: Any) -> bool:
    """Whether it is one item of a kind, a list, tuple or vector of them, or a text with commas."""
    if is_text(value) or is_vector_text(value) or check(value):
        return True
    if type(value) is np.ndarray:
        value = value.tolist() if value.ndim == 1 and value.size <= MAX_ITEMS else None
    if type(value) not in (list, tuple, set):
        return False
    return len(value) <= MAX_ITEMS and all(check(item) for item in value)


def is_vector_text(value: Any) -> bool:
    """Whether it is a text of numbers and names in brackets. Parsers of it recurse."""
    return (
        type(value) is str and _VECTOR.fullmatch(value) is not None and nesting(value) < MAX_NESTING
    )


def nesting(text: str) -> int:
    """Count how deep brackets are nested in a text."""
    depth = deepest = 0
    for character in re.sub(r"[^][(){}]", "", text):
        depth += 1 if character in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


def is_constraints(value: Any) -> bool:
    """Whether it is a list of groups of features, by number or name."""
    if type(value) not in (list, tuple):
        return is_vector_text(value)
    groups = [group for group in value if type(group) in (list, tuple, set)]
    if len(groups) != len(value) or sum(map(len, groups)) > MAX_ITEMS:
        return False
    return all(_is_feature(item) for group in groups for item in group)


def is_directions(value: Any) -> bool:
    """Whether it is -1, 0 or 1 for each feature: in a list, by name, or as text."""
    if type(value) is dict:
        return len(value) <= MAX_ITEMS and all(
            _is_feature(name) and is_int(-1, 1, sign) for name, sign in value.items()
        )
    return is_list(partial(is_int, -1, 1), value) or is_vector_text(value)


def is_random(value: Any) -> bool:
    """Whether it is a seed or a generator."""
    kinds = (np.random.RandomState, np.random.Generator)
    return type(value) in kinds or is_int(-(1 << 31), (1 << 32) - 1, value)


def is_metric(value: Any) -> bool:
    """Whether it is the name of a metric, or one of scikit-learn's functions."""
    module = getattr(value, "__module__", None) if callable(value) else None
    return is_text(value) or (type(module) is str and module.startswith("sklearn.metrics."))


def _is_feature(value: Any) -> bool:
    return is_int(-1, 1 << 24, value) or (type(value) is str and len(value) < 1000)


_KINDS: Mapping[str, Check] = {
    "flag": is_flag,
    "float": is_float,
    "text": is_text,
    "floats": partial(is_list, is_float),
    "ints": partial(is_list, partial(is_int, -(1 << 31), (1 << 31) - 1)),
    "texts": partial(is_list, partial(is_list, is_text)),
    "features": partial(is_list, _is_feature),
    "metrics": partial(is_list, is_metric),
    "constraints": is_constraints,
    "directions": is_directions,
    "random": is_random,
    "device": lambda value: type(value) is str and _DEVICE.fullmatch(value) is not None,
    "pairs": lambda value: is_int(1, MAX_ROUNDS, value) or value == _UNSET,
    "threads": partial(is_int, -1, MAX_THREADS),
    "rounds": partial(is_int, 0, MAX_ROUNDS),
}


def _kind_check(word: str) -> Check:
    name, *bounds = word.split(":")
    if name == "int":
        minimum, maximum = map(int, bounds)
        return partial(is_int, minimum, maximum)
    if name == "one":
        choices = frozenset(bounds)
        return lambda value: type(value) is str and value in choices
    return _KINDS[name]
