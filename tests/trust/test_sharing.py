"""Small pickles that are large or slow to hold: shared parts (G14) and equal hashes (G12)."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.gaussian_process.kernels import RBF, Sum
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from nbmodel.errors import Untrusted
from tests.trust.crafted import reload

PRIME = (1 << 61) - 1  # whole numbers hash modulo this


def nested(make: Any, levels: int, times: int) -> Any:
    part: Any = "leaf"
    for _ in range(levels):
        part = make([part] * times)
    return part


def _estimator(parts: list[Any]) -> Any:
    inner = [LogisticRegression() if part == "leaf" else part for part in parts]
    return VotingClassifier([(f"m{number}", part) for number, part in enumerate(inner)])


@pytest.mark.parametrize(
    "make",
    [list, tuple, lambda p: dict(enumerate(p)), lambda p: OrderedDict(enumerate(p)), _estimator],
    ids=["list", "tuple", "dict", "ordered", "estimator"],
)
def test_shared_parts(make: Any) -> None:
    reload(nested(make, 3, 4))
    with pytest.raises(Untrusted, match="shared parts"):
        reload(nested(make, 12, 10))


def test_shared_kernels() -> None:
    kernel: Any = RBF()
    for _ in range(40):
        kernel = Sum(kernel, kernel)
    with pytest.raises(Untrusted, match="shared parts"):
        reload(kernel)


def test_shared_parts_of_a_parameter() -> None:
    model = LogisticRegression(class_weight={1: nested(list, 12, 10)})
    with pytest.raises(Untrusted, match="shared parts"):
        reload(model)


def _pipeline_in_itself() -> Any:
    pipeline = Pipeline([("a", LogisticRegression())])
    pipeline.steps.append(("b", pipeline))
    return pipeline


def test_what_holds_itself() -> None:
    pipeline = _pipeline_in_itself()
    for root in (pipeline, pipeline.steps, pipeline.steps[1], {"a": [pipeline]}):
        with pytest.raises(Untrusted, match="contains itself"):
            reload(root)


def test_containers_that_hold_each_other() -> None:
    """Each path through them is printed: twenty lists have more than anybody waits for."""
    lists: list[list[Any]] = [[] for _ in range(20)]
    for one in lists:
        one.extend(lists)
    with pytest.raises(Untrusted, match="too many containers"):
        reload(lists[0])


def test_much_that_is_not_shared() -> None:
    plain = {"a": list(range(300_000)), "b": [[1, 2]] * 1000}
    assert reload(plain) == plain


# -- equal hashes --------------------------------------------------------------

MANY = 100_000
COLLIDING = {
    "ints": [PRIME * n for n in range(1, MANY)],
    "negative": [-PRIME * n for n in range(1, MANY)],
    "tuples": [(PRIME * n,) for n in range(1, MANY)],
    "complex": [complex(float(-1000003 * n), float(n)) for n in range(1, 3000)],
}


def _default(keys: list[Any]) -> Any:
    return defaultdict(int, dict.fromkeys(keys, 1))


@pytest.mark.parametrize("kind", COLLIDING)
@pytest.mark.parametrize(
    "make", [dict.fromkeys, set, frozenset, OrderedDict.fromkeys, _default],
    ids=["dict", "set", "frozenset", "ordered", "default"],
)  # fmt: skip
def test_keys_of_equal_hash(kind: str, make: Any) -> None:
    keys = COLLIDING[kind][:2000]
    assert len(set(map(hash, keys))) < 10
    with pytest.raises(Untrusted, match=r"same hash|long integers"):
        reload(make(keys))


def test_many_keys_of_equal_hash_are_refused_at_once() -> None:
    """300,000 keys would take minutes: the refusal comes with the first hundred."""

    class Flood:
        def __reduce__(self) -> Any:
            return dict, (), None, None, iter([(key, None) for key in COLLIDING["ints"]])

    with pytest.raises(Untrusted):
        reload(Flood())


def test_long_integers_for_later() -> None:
    """An object array of them is put into a dict by whoever encodes it."""
    with pytest.raises(Untrusted, match="long integers"):
        reload(COLLIDING["ints"])


@pytest.mark.parametrize(
    "keys",
    [
        list(range(-5000, 5000)),
        [float(n) / 7 for n in range(5000)],
        [(n, str(n)) for n in range(5000)],
        [np.int64(n) for n in range(5000)],
        [f"word {n}" for n in range(5000)],
        [1_700_000_000_000_000_000 + n for n in range(5000)],
        [np.datetime64("2026-01-01") + n for n in range(500)],
    ],
    ids=["int", "float", "tuple", "numpy", "text", "nanoseconds", "dates"],
)
def test_keys_that_people_use(keys: list[Any]) -> None:
    assert reload(dict.fromkeys(keys, 1)) == dict.fromkeys(keys, 1)
    assert reload(set(keys)) == set(keys)
