"""Hostile values, which replace an attribute of a stranger's object.

Each is made from the original value, because nearly right values are the most dangerous: the same
array with one index out of range, the same numbers with a different dtype, the value of a neighbor.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

MARKER = "<img src=x onerror=alert(1)>"
DISPLAY_ATTRIBUTES = (
    "_repr_html_", "_repr_javascript_", "_repr_markdown_", "_repr_latex_", "_repr_svg_",
    "_repr_json_", "_repr_mimebundle_", "_ipython_display_", "_jupyter_labextension_paths",
    "_ipython_canary_method_should_not_exist_",
)  # fmt: skip
OTHER_ATTRIBUTES = (
    "predict", "transform", "fit", "forward", "get_params", "__array__", "__len__", "__class__",
    "__sklearn_tags__", "__sklearn_clone__", "__dataframe__", "__array_interface__",
    "_estimator_type", "_doc_link_template", "_doc_link_module", "_parameter_constraints",
    "_sklearn_output_config", "_metadata_request", "_validate_params", "_get_tags",
    "_forward_hooks", "_compiled_call_impl", "_other_params", "kwargs", "callbacks", "maxprint",
    "memory", "n_jobs", "random_state", "classes_", "n_features_in_", "feature_names_in_",
    "input", "tokenizer", "steps", "estimators_", "base_score", "zzz", "zzz_",
)  # fmt: skip


class NotApplicable(Exception):
    """The value does not differ from the original in a useful way."""


@dataclass(frozen=True)
class Place:
    """The original value, and the values around it."""

    old: Any
    owner: Any
    root: Any
    siblings: Mapping[Any, Any]
    canary: Path


Make = Callable[[Place], Any]
VALUES: dict[str, Make] = {}


def _value(name: str) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        VALUES[name] = make
        return make

    return add


def _matrix() -> Any:
    with warnings.catch_warnings():
        # numpy advises against its own class; old pickles still carry it.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix([[1.0, 2.0]])


def _constants() -> dict[str, Make]:
    plain: dict[str, Any] = {
        "none": None, "true": True, "text": "zzz", "empty text": "", "bytes": b"\xff\0",
        "markup": MARKER, "escape": "\x1b]0;x\x07\x1b[31m", "surrogate": "\ud800",
        "long text": "a" * 200_000, "backtracking": "(a+)+$", "long a": "a" * 40 + "!",
        "format": "{0.__class__.__init__.__globals__}%s%n",
        "url": "http://127.0.0.1:9/x", "filename": "filename", "file": "file",
        "empty list": [], "empty dict": {}, "empty tuple": (), "set": {1, 2},
        "complex": 1j, "date": date(2020, 1, 1), "slice": slice(None, None, -1),
        "range": range(10**12), "type": int, "dtype": np.dtype("V3"),
        "nan": float("nan"), "inf": float("inf"), "-inf": float("-inf"), "tiny": 5e-324,
        "huge float": 1e308, "-1.5": -1.5, "float32 nan": np.float32("nan"),
        "0": 0, "-1": -1, "-2": -2, "7": 7, "1000": 1000, "int8 min": -128,
        "2**31-1": 2**31 - 1, "2**31": 2**31, "-2**31": -(2**31), "2**40": 2**40,
        "2**62": 2**62, "2**63-1": 2**63 - 1, "-2**63": -(2**63), "2**64": 2**64,
        "10**300": 10**300, "numpy int": np.int64(2**62), "numpy bool": np.bool_(True),
        "empty floats": np.zeros(0), "empty ints": np.zeros(0, np.int64),
        "no rows": np.zeros((0, 5)), "no columns": np.zeros((5, 0)), "a zero": np.zeros(()),
        "three axes": np.ones((2, 3, 4)), "eight axes": np.ones((1,) * 8),
        "wide": np.ones((1, 5000)), "records": np.zeros(3, [("a", "i4"), ("b", "f8")]),
        "times": np.array(["2020-01-01"], "M8[s]"), "objects": np.array([None, "x", 3], object),
        "matrix": _matrix(), "masked": np.ma.masked_array([1.0, 2.0], [True, False]),
        "ufunc": np.log, "partial markup": partial(np.add, MARKER, ""),
        "partial power": partial(np.power, 10.0), "function": np.mean,
    }  # fmt: skip
    return {name: partial(lambda value, place: value, value) for name, value in plain.items()}


VALUES.update(_constants())


# -- things that need imports or the place -----------------------------------


@_value("path")
def _path(place: Place) -> Any:
    return str(place.canary / "file.txt")


@_value("list of paths")
def _paths(place: Place) -> Any:
    return [str(place.canary / "file.txt")] * 5


@_value("dict of paths")
def _path_dict(place: Place) -> Any:
    path = str(place.canary / "file.txt")
    keys = ("machine_list_filename", "forcedsplits_filename", "data", "input_model")
    return dict.fromkeys(keys, path)


@_value("dict of machines")
def _machines(place: Place) -> Any:
    machines = "127.0.0.1:47123,127.0.0.1:47124"
    return {"machines": machines, "num_machines": 2, "local_listen_port": 47123, "time_out": 1}


@_value("other parameters")
def _parameters(place: Place) -> Any:
    return {"num_threads": 5000, "nthread": 5000, "metric": "auc num_machines=2"}


@_value("deep list")
def _deep(place: Place) -> Any:
    value: Any = ["x"] * 8
    for _ in range(11):
        value = [value] * 8
    return value


@_value("owner")
def _owner(place: Place) -> Any:
    return place.owner


@_value("root")
def _root(place: Place) -> Any:
    return place.root


@_value("list of owner")
def _owners(place: Place) -> Any:
    return [place.owner] * 3


@_value("estimator")
def _estimator(place: Place) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


@_value("dummy path")
def _dummy(place: Place) -> Any:
    """Fit a model that answers with the path of the canary."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier().fit(np.zeros((2, 5)), [_path(place)] * 2)


@_value("dummy wide")
def _dummy_wide(place: Place) -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor().fit(np.zeros((2, 5)), np.ones((2, 7)))


@_value("scaler")
def _scaler(place: Place) -> Any:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit(np.arange(10.0).reshape(2, 5))


@_value("random state")
def _random_state(place: Place) -> Any:
    return np.random.RandomState(0)


@_value("generator")
def _generator(place: Place) -> Any:
    return np.random.default_rng(0)


@_value("sparse")
def _sparse(place: Place) -> Any:
    from scipy import sparse

    return sparse.csr_matrix(np.eye(4, 9))


@_value("bunch")
def _bunch(place: Place) -> Any:
    from sklearn.utils import Bunch

    return Bunch(**{name: partial(np.add, MARKER, "") for name in DISPLAY_ATTRIBUTES}, x=1)


@_value("metric")
def _metric(place: Place) -> Any:
    from sklearn.metrics import accuracy_score

    return accuracy_score


@_value("tree")
def _tree(place: Place) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    X = np.arange(40.0).reshape(8, 5)
    return DecisionTreeRegressor().fit(X, X[:, 0])


@_value("sibling")
def _sibling(place: Place) -> Any:
    others = [value for value in place.siblings.values() if value is not place.old]
    if not others:
        raise NotApplicable
    # The same choice in each process: by the form of the value, not by its address.
    return others[len(repr(type(place.old))) % len(others)]


@_value("swapped class")
def _class(place: Place) -> Any:
    return type(place.old)


@_value("many")
def _many(place: Place) -> Any:
    return [place.old] * 1000


@_value("in a dict")
def _in_dict(place: Place) -> Any:
    return {"a": place.old, 0: place.old}


@_value("in a tuple")
def _in_tuple(place: Place) -> Any:
    return (place.old, place.old)


_CONSTANT = frozenset(VALUES)

# -- numbers and arrays that are nearly right --------------------------------


def _number(name: str, change: Callable[[Any], Any]) -> None:
    def make(place: Place) -> Any:
        if isinstance(place.old, bool) or not isinstance(place.old, (int, float, np.number)):
            raise NotApplicable
        return change(place.old)

    VALUES[name] = make


def _array(name: str, change: Callable[[np.ndarray], Any]) -> None:
    def make(place: Place) -> Any:
        old = place.old
        if isinstance(old, (list, tuple)) and old and all(isinstance(v, int) for v in old):
            return type(old)(change(np.array(old)).ravel().tolist())
        if not isinstance(old, np.ndarray) or old.dtype.hasobject or not old.size:
            raise NotApplicable
        try:
            changed = change(old)
        except (ValueError, TypeError, OverflowError, IndexError, np.exceptions.AxisError) as error:
            raise NotApplicable from error
        if changed is old:
            raise NotApplicable
        return changed

    VALUES[name] = make


def _with_item(place: int, value: Any) -> Callable[[np.ndarray], Any]:
    def change(old: np.ndarray) -> Any:
        new = old.copy()
        flat = new.reshape(-1)
        if new.dtype.names:
            for field in new.dtype.names:
                if new.dtype[field].kind in "iu":
                    flat[field][place] = value
            return new
        if new.dtype.kind in "iu":
            limits = np.iinfo(new.dtype)
            flat[place] = min(max(int(value), limits.min), limits.max)
        else:
            flat[place] = value
        return new

    return change


_number("one more", lambda old: old + 1)
_number("one less", lambda old: old - 1)
_number("thousandfold", lambda old: old * 1000 + 1000)
_number("negative", lambda old: -old - 1)
_number("as text", str)
_number("as array", lambda old: np.array([old]))
_array("an item 2**31-1", _with_item(0, 2**31 - 1))
_array("an item 2**62", _with_item(-1, 2**62))
_array("an item -1", _with_item(0, -1))
_array("an item -3", _with_item(-1, -3))
_array("an item 1000", _with_item(len("x"), 1000))
_array("an item nan", lambda old: _with_item(0, np.nan)(old.astype(float)))
_array("all items alike", lambda old: np.full_like(old, old.flat[0]))
_array("items reversed", lambda old: old[::-1].copy())
_array("all -1", lambda old: np.full_like(old, -1))
_array("all huge", lambda old: np.full_like(old, np.iinfo(np.int32).max))
_array("all nan", lambda old: np.full(old.shape, np.nan, old.dtype))
_array("without last", lambda old: old[:-1].copy())
_array("first only", lambda old: old[:1].copy())
_array("without last column", lambda old: old[..., :-1].copy())
_array("doubled", lambda old: np.concatenate([old, old]))
_array("wider", lambda old: np.concatenate([old, old], axis=-1))
_array("transposed", lambda old: old.T if old.ndim > 1 else old[None])
_array("flat", lambda old: old.ravel())
_array("one axis more", lambda old: old[..., None])
_array("not contiguous", lambda old: np.repeat(old, 2, axis=0)[::2])
_array("Fortran", lambda old: np.asfortranarray(old))
_array("as float32", lambda old: old.astype(np.float32))
_array("as float16", lambda old: old.astype(np.float16))
_array("as int8", lambda old: old.astype(np.int8))
_array("as int64", lambda old: old.astype(np.int64))
_array("as uint64", lambda old: old.astype(np.uint64))
_array("as bool", lambda old: old.astype(bool))
_array("as complex", lambda old: old.astype(complex))
_array("as text items", lambda old: old.astype("U8"))
_array("as objects", lambda old: old.astype(object))
_array("other byte order", lambda old: old.astype(old.dtype.newbyteorder()))
_array("as list", lambda old: old.tolist())


# -- what a module of torch holds --------------------------------------------


def _tensor(name: str, change: Callable[[Any], Any]) -> None:
    def make(place: Place) -> Any:
        if type(place.old).__module__.partition(".")[0] != "torch" or not hasattr(
            place.old, "dtype"
        ):
            raise NotApplicable
        import torch

        changed = change(place.old.detach())
        return torch.nn.Parameter(changed, False) if _is_parameter(place.old) else changed

    VALUES[name] = make


def _is_parameter(tensor: Any) -> bool:
    return type(tensor).__name__ == "Parameter"


_tensor("smaller tensor", lambda old: old[:1].clone() if old.ndim else old.reshape(1))
_tensor("empty tensor", lambda old: old.new_empty((0, *old.shape[1:])))
_tensor("scalar tensor", lambda old: old.reshape(-1)[:1].reshape(()).clone())
_tensor("doubled tensor", lambda old: old.repeat(*[2] * max(old.ndim, 1)))
_tensor("int tensor", lambda old: old.long())
_tensor("double tensor", lambda old: old.double())
_tensor("half tensor", lambda old: old.half())
_tensor("complex tensor", lambda old: old.to(dtype=__import__("torch").complex64))
_tensor("transposed tensor", lambda old: old.mT if old.ndim > 1 else old[None])
_tensor("axis more tensor", lambda old: old[..., None])

NEARLY = [*sorted(set(VALUES) - _CONSTANT), "sibling", "in a tuple"]
TEXT_MAKERS = ("partial markup", "partial power", "ufunc", "function", "metric", "type", "markup")
