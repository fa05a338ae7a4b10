"""How large an object is when what it shares is counted wherever it stands.

A dozen lists, each holding the next ten times, are a few bytes of pickle and more values than
anybody can print, compare or copy. So an object may be only so large as a tree. A container may
hold itself once or twice, which Python prints as three dots; a model may not: it would be asked for
its parts without end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nbmodel.trust.rules import require

MAX_NODES = 2_000_000
MAX_NODES_PER_BYTE = 20
MAX_WORDS_PER_BYTE = 8  # of arrays: each may be looked through 64 times
WORD_BYTES = 8
MAX_CIRCLES = 2

# Frameworks whose instances are printed and copied with all that they hold.
_NESTING = ("sklearn.", "lightgbm.", "xgboost.", "torch.nn.modules.", "scipy.sparse.")
# Linked in circles, as their class makes them, and not followed where it prints or copies.
_LINKED = frozenset(
    (
        "_CFNode", "_CFSubcluster", "MetadataRequest", "MethodMetadataRequest",
        "_PassthroughScorer",
    )
)  # fmt: skip
# Counts that StandardScaler adds to in place, when they could be positions elsewhere that were
# checked before; categories whose order was checked, when others could add to them.
_OWNED = frozenset(("n_samples_seen_", "categories_"))
Array = np.ndarray[Any, Any]
_CONTAINERS = (list, tuple, dict, set, frozenset)


def check_sharing(root: Any, skeleton_bytes: int, buffer_bytes: int) -> None:
    """Refuse an object that is too large as a tree, or a model that holds itself.

    The numbers of an array count too, by words: whoever holds it may look through all of them.

    Parameters
    ----------
    root : object
    skeleton_bytes : int
        How long its pickle is: the limit grows with it.
    buffer_bytes : int
        And with what its arrays have beside it.

    Raises
    ------
    ValueError
        With the reason.
    """
    limit = MAX_NODES + MAX_NODES_PER_BYTE * skeleton_bytes + MAX_WORDS_PER_BYTE * buffer_bytes
    sizes: dict[int, int] = {}  # 0 while its parts are counted
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
            require(circles <= MAX_CIRCLES, "containers that hold themselves in many ways")
            waiting += uncounted
            if uncounted:
                continue
        total = 1 + count + sum(sizes[id(part)] for part in parts)
        require(total <= limit, f"shared parts that make more than {limit} values of it")
        sizes[id(value)] = total
        waiting.pop()


def check_owners(instances: Iterable[Any], shared: Sequence[Array]) -> None:
    """Refuse an array that one object goes on to change, or relies on, and that is elsewhere too.

    Parameters
    ----------
    instances : iterable of object
    shared : sequence of ndarray
        Those that the pickle names more than once.

    Raises
    ------
    ValueError
        With the reason.
    """
    known = {id(array) for array in shared if not array.dtype.hasobject}
    for instance in instances if known else ():
        # A function with arguments gets its dict from being asked for it, and would show it.
        state = vars(instance) if _is_model(type(instance)) else {}
        for name in _OWNED & state.keys():
            value = state[name]
            for part in value if type(value) is list else (value,):
                require(id(part) not in known, f"{name} that is part of something else too")


def _check_circle(part: Any, above: list[Any]) -> None:
    """Only containers may stand between a value and itself."""
    start = next(number for number, value in enumerate(above) if value is part)
    plain = all(isinstance(value, _CONTAINERS) for value in above[start:])
    require(plain, "an object that holds itself, in a circle")


def _parts(value: Any) -> tuple[int, list[Any]]:
    """How many values something holds, and those of them that hold others."""
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
    known = _IS_NESTING.get(kind)
    if known is None:
        theirs = _is_model(kind) and kind.__name__ not in _LINKED
        known = issubclass(kind, _CONTAINERS) or theirs
        _IS_NESTING[kind] = known
    return known


def _is_model(kind: type[Any]) -> bool:
    return kind.__module__.startswith(_NESTING) and kind.__dictoffset__ != 0
