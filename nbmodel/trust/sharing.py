"""The size of an object if its shared parts are counted each time that they occur.

A dozen lists, each of which contains the next ten times, take a few bytes of pickle. But printing,
comparing or copying them would never end. So the size of an object as a tree is limited. One or two
containers may contain themselves, which Python prints as three dots. A model must not: a search
for its parts would never end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nbmodel.trust.rules import require

MAX_NODES = 2_000_000
MAX_NODES_PER_BYTE = 20
MAX_WORDS_PER_BYTE = 8  # of arrays: each may be searched 64 times
WORD_BYTES = 8
MAX_CIRCLES = 2

# Frameworks whose instances are printed and copied with all their parts.
_PACKAGES = ("sklearn.", "lightgbm.", "xgboost.", "torch.nn.modules.", "scipy.sparse.")
# Classes that link their instances in circles, and do not follow the links to print or copy.
_LINKED = frozenset(
    (
        "_CFNode", "_CFSubcluster", "MetadataRequest", "MethodMetadataRequest",
        "_PassthroughScorer",
    )
)  # fmt: skip
# StandardScaler changes its counts in place, and elsewhere they could be indices that were checked.
# The order of categories is checked, and another object could change it.
_OWNED = frozenset(("n_samples_seen_", "categories_"))
Array = np.ndarray[Any, Any]
_CONTAINERS = (list, tuple, dict, set, frozenset)


def check_sharing(root: Any, skeleton_bytes: int, buffer_bytes: int) -> None:
    """Refuse an object that is too large as a tree, or a model that contains itself.

    Arrays count by their words, because code may search all of them for each reference.

    Parameters
    ----------
    root : object
    skeleton_bytes : int
        Length of its pickle, with which the limit grows.
    buffer_bytes : int
        Length of its buffers, with which the limit grows too.

    Raises
    ------
    ValueError
        With the reason.
    """
    limit = MAX_NODES + MAX_NODES_PER_BYTE * skeleton_bytes + MAX_WORDS_PER_BYTE * buffer_bytes
    sizes: dict[int, int] = {}  # by id; 0 while the parts are counted
    waiting = [root]
    circles = 0
    while waiting:
        value = waiting[-1]
        size = sizes.get(id(value))
        if size:
            waiting.pop()
            continue
        count, parts = _parts(value)
        if size is None:
            sizes[id(value)] = 0
            uncounted = []
            for part in parts:
                size = sizes.get(id(part))
                if size == 0:
                    circles += 1
                    _check_circle(part, [v for v in waiting if sizes.get(id(v)) == 0])
                elif size is None:
                    uncounted.append(part)
            require(circles <= MAX_CIRCLES, "too many containers that contain themselves")
            waiting += uncounted
            if uncounted:
                continue
        total = 1 + count + sum(sizes[id(part)] for part in parts)
        require(
            total <= limit,
            f"shared parts that would be more than {limit} values if each stood alone",
        )
        sizes[id(value)] = total
        waiting.pop()


def check_owners(instances: Iterable[Any], shared: Sequence[Array]) -> None:
    """Refuse an array that one object changes or relies on, and that another object has too.

    Parameters
    ----------
    instances : iterable of object
    shared : sequence of ndarray
        The arrays that occur more than once.

    Raises
    ------
    ValueError
        With the reason.
    """
    shared_ids = {id(array) for array in shared if not array.dtype.hasobject}
    for instance in instances if shared_ids else ():
        # functools.partial gets a __dict__ when it is read, and would print it.
        state = vars(instance) if _is_model(type(instance)) else {}
        for name in _OWNED & state.keys():
            value = state[name]
            for part in value if type(value) is list else (value,):
                require(id(part) not in shared_ids, f"{name} that is also part of another object")


def _check_circle(part: Any, above: list[Any]) -> None:
    """Allow only containers between a value and itself."""
    start = next(number for number, value in enumerate(above) if value is part)
    plain = all(isinstance(value, _CONTAINERS) for value in above[start:])
    require(plain, "an object that contains itself")


def _parts(value: Any) -> tuple[int, list[Any]]:
    """Count the values in an object, and list those that contain others."""
    if isinstance(value, dict):
        own = list(vars(value).values()) if hasattr(value, "__dict__") else []
        return _nesting((*value, *value.values(), *own))
    if isinstance(value, _CONTAINERS):
        return _nesting(value)
    if isinstance(value, np.ndarray):
        return _nesting(value.ravel().tolist()) if value.dtype.hasobject else (_words(value), [])
    return _nesting(vars(value).values() if _is_nesting(type(value)) else ())


def _words(array: Array) -> int:
    return array.nbytes // WORD_BYTES


def _nesting(values: Iterable[Any]) -> tuple[int, list[Any]]:
    values = list(values)
    kinds = {kind for kind in set(map(type, values)) if _is_nesting(kind)}
    return len(values), [value for value in values if type(value) in kinds] if kinds else []


_IS_NESTING: dict[type, bool] = {np.ndarray: True, np.matrix: True, np.ma.MaskedArray: True}


def _is_nesting(kind: type[Any]) -> bool:
    is_nesting = _IS_NESTING.get(kind)
    if is_nesting is None:
        is_followed = _is_model(kind) and kind.__name__ not in _LINKED
        is_nesting = issubclass(kind, _CONTAINERS) or is_followed
        _IS_NESTING[kind] = is_nesting
    return is_nesting


def _is_model(kind: type[Any]) -> bool:
    return kind.__module__.startswith(_PACKAGES) and kind.__dictoffset__ != 0
