"""Rules for scipy: sparse matrices, splines and frozen distributions, as estimators hold them."""

from __future__ import annotations

from importlib.resources import files
from types import MethodType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from nbmodel.trust.object_state import build_plain
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.stdlib import Method

MAX_SHOWN = 10_000

# -- sparse matrices: compiled code follows indptr and indices unchecked --------------------------


_FLAGS = ("_has_sorted_indices", "_has_canonical_format", "has_canonical_format")


def _state(matrix: Any, parts: tuple[str, ...]) -> Any:
    """The attributes of a sparse matrix, if it carries no others than scipy gives it."""
    state = dict(vars(matrix))
    shown = state.get("maxprint", 50)
    require(type(shown) is int and 0 <= shown <= MAX_SHOWN, "a sparse matrix that shows too much")
    for name in state:
        known = name in (*parts, *_FLAGS, "_shape", "maxprint")
        require(known, f"a sparse matrix with {name:.80}")
    require(all(type(state.get(flag, False)) is bool for flag in _FLAGS), "its flags")
    return state


# Many matrices may hold the same arrays: these are looked through once. Arrays of another load have
# other addresses as long as these live.
_CHECKED: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()


def check_compressed(matrix: Any) -> None:
    """Index arrays of a CSR or CSC matrix stay inside its shape and its data."""
    state = _state(matrix, ("data", "indices", "indptr"))
    parts = [state.get(name) for name in ("data", "indices", "indptr")]
    data, indices, indptr = parts
    require(all(_is_vector(part) for part in parts), "a sparse matrix of other parts")
    require(data.dtype.kind in "biufc" and len(data) == len(indices), "a sparse matrix")
    require(indices.dtype == indptr.dtype and indices.dtype in (np.int32, np.int64), "its indices")
    rows, columns = check_shape(state.get("_shape"))
    flags = ("has_sorted_indices", "has_canonical_format")
    claims = [flag for flag in flags if state.get(f"_{flag}", False)]
    key = (type(matrix), id(data), id(indices), id(indptr), rows, columns, *claims)
    if _CHECKED.get(key) is indices:
        return
    lines, width = (rows, columns) if matrix.format == "csr" else (columns, rows)
    _check_lines(indices, indptr, lines, width)
    fresh = type(matrix)((data, indices, indptr), shape=(rows, columns))
    fresh.check_format(full_check=True)
    for claim in claims:
        require(getattr(fresh, claim), f"a sparse matrix that claims {claim}")
    _CHECKED[key] = indices


def _check_lines(indices: Any, indptr: Any, lines: int, width: int) -> None:
    """Lines follow each other within the data; scipy looks only where the last is not at 0."""
    require(len(indptr) == lines + 1 and indptr[0] == 0, "lines of a sparse matrix")
    require(bool((indptr[1:] >= indptr[:-1]).all()), "lines of a sparse matrix out of order")
    require(int(indptr[-1]) <= len(indices), "lines of a sparse matrix beyond its data")
    used = indices[: int(indptr[-1])]  # room behind them is no part of the matrix
    inside = not len(used) or (used.min() >= 0 and used.max() < width)
    require(bool(inside), "positions outside a sparse matrix")


def check_coordinates(matrix: Any) -> None:
    """Coordinates of a COO matrix stay inside its shape."""
    state = _state(matrix, ("data", "coords"))
    coords, data = state.get("coords"), state.get("data")
    shape = check_shape(state.get("_shape"))
    require(_is_vector(data) and data.dtype.kind in "biufc", "a sparse matrix of no numbers")
    require(type(coords) is tuple and len(coords) == 2, "a sparse matrix")
    for axis, bound in zip(coords, shape, strict=True):
        require(_is_vector(axis) and axis.dtype in (np.int32, np.int64), "sparse coordinates")
        require(len(axis) == len(data), "sparse coordinates")
        require(not len(axis) or (axis.min() >= 0 and axis.max() < bound), "sparse coordinates")


def check_shape(shape: Any) -> tuple[int, int]:
    """The shape of a sparse matrix: two non-negative numbers."""
    require(type(shape) is tuple and len(shape) == 2, "the shape of a sparse matrix")
    rows, columns = shape
    require(all(isinstance(n, (int, np.integer)) and n >= 0 for n in shape), "the shape of it")
    return int(rows), int(columns)


def _is_vector(array: Any) -> bool:
    return type(array) is np.ndarray and array.ndim == 1 and array.dtype.isnative


# -- splines -----------------------------------------------------------------


_SPLINE = ("t", "c", "_t", "_c", "k", "axis", "extrapolate", "_asarray")
MAX_DEGREE = 64


def check_spline(spline: Any) -> None:
    """What the constructor of BSpline requires: compiled code trusts knots and coefficients."""
    state = vars(spline)
    for name in state:
        require(name in _SPLINE, f"a spline with {name:.80}")
    # Code of scipy that is written for every array library asks which one this is.
    module = getattr(state.get("_asarray"), "__module__", "scipy._lib")
    require(type(module) is str and module.startswith("scipy._lib"), "a spline with a function")
    # scipy 1.15 and before call them t and c.
    knots = state["_t" if "_t" in state else "t"]
    coefficients = state["_c" if "_c" in state else "c"]
    degree, axis = state["k"], state["axis"]
    require(
        isinstance(degree, (int, np.integer)) and 0 <= degree <= MAX_DEGREE and type(axis) is int,
        "a spline of such a degree",
    )
    require(_is_vector(knots) and knots.dtype == np.float64, "the knots of a spline")
    require(type(coefficients) is np.ndarray and coefficients.dtype == np.float64, "a spline")
    require(0 <= axis < coefficients.ndim, "the axis of a spline")
    count = len(knots) - degree - 1
    require(count >= degree + 1 and np.isfinite(knots).all(), "the knots of a spline")
    require((np.diff(knots) >= 0).all(), "knots of a spline that are not in order")
    require(knots[degree] < knots[count], "a spline without an interval")
    require(coefficients.shape[0] >= count, "a spline with too few coefficients")
    require(state.get("extrapolate") in (True, False, "periodic"), "a spline")


# -- distributions: their __setstate__ runs exec() on a string of the state -----------------------


def build_distribution(instance: Any, state: Any) -> None:
    """Make the distribution anew from the library's own, keeping only its random state.

    The instance gets no attribute of the state but that one.
    """
    from scipy import stats

    require(type(state) is dict and type(state.get("name")) is str, "a distribution")
    origin: Any = getattr(stats, state["name"], None)
    require(type(origin) is type(instance), f"a distribution named {state['name']!r:.40}")
    fresh = type(instance)(**origin._updated_ctor_param())
    own = fresh.__getstate__()
    for name in ("a", "b", "shapes", "numargs", "moment_type", "_parse_arg_template"):
        require(own.get(name) == state.get(name), f"a changed {state['name']} distribution")
    bits = state.get("_random_state")
    require(type(bits) in (np.random.RandomState, np.random.Generator), "a random state")
    entropy = state.get("vecentropy")
    if entropy is not None:
        require(type(entropy) is np.vectorize, "a changed distribution")
        entropy.__init__(instance._entropy)
        own["vecentropy"] = entropy
    instance.__setstate__({**own, "_random_state": bits})


def check_frozen(frozen: Any) -> None:
    """A frozen distribution holds numbers and a distribution made by `build_distribution`."""
    state = vars(frozen)
    for name in state:
        require(name in ("args", "kwds", "dist", "a", "b"), f"a distribution with {name:.80}")
    bounds = [np.asarray(state.get(name, 0.0)) for name in ("a", "b")]
    require(all(bound.dtype.kind in "iuf" for bound in bounds), "the support of a distribution")
    require(type(state.get("args")) is tuple and type(state.get("kwds")) is dict, "a distribution")
    numbers = (*state["args"], *state["kwds"].values())
    require(all(isinstance(n, (int, float, np.number)) for n in numbers), "a distribution")
    require(all(type(name) is str for name in state["kwds"]), "a distribution")
    require("_parse_args" in vars(state.get("dist")), "a frozen distribution without its own")


def _build_vectorize(instance: Any, state: Any) -> None:
    require(type(state) is dict and type(state.get("pyfunc")) is Method, "numpy.vectorize")
    # The distribution that holds it makes the method anew, in `build_distribution`.
    state["pyfunc"].settled = True


def _check_vectorize(instance: Any) -> None:
    inside = type(vars(instance).get("pyfunc")) is MethodType
    require(inside, "numpy.vectorize outside a distribution")


# -- the table ---------------------------------------------------------------


def _distributions() -> dict[tuple[str, str], Rule]:
    text = files("nbmodel.trust").joinpath("distributions.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    rule = Rule(new=True, build=build_distribution)
    table = {(f"scipy.stats.{module}", name): rule for module, name in rows}
    for module, name in rows:
        if module == "_discrete_distns":
            # cloudpickle names the method that numpy.vectorize holds.
            table[(f"scipy.stats.{module}", f"{name}._entropy")] = _VALUE
    return table


_VALUE = Rule(value=True)
_COMPRESSED = Rule(new=True, build=build_plain, check=check_compressed)
_FROZEN = Rule(new=True, build=build_plain, check=check_frozen)
_INFRASTRUCTURE = "scipy.stats._distn_infrastructure"

VECTORIZE = Rule(new=True, build=_build_vectorize, check=_check_vectorize)

RULES: RuleTable = {
    ("scipy.sparse._csr", "csr_matrix"): _COMPRESSED,
    ("scipy.sparse._csr", "csr_array"): _COMPRESSED,
    ("scipy.sparse._csc", "csc_matrix"): _COMPRESSED,
    ("scipy.sparse._csc", "csc_array"): _COMPRESSED,
    ("scipy.sparse._coo", "coo_matrix"): Rule(new=True, build=build_plain, check=check_coordinates),
    ("scipy.sparse._coo", "coo_array"): Rule(new=True, build=build_plain, check=check_coordinates),
    ("scipy.interpolate._bsplines", "BSpline"): Rule(
        new=True, build=build_plain, check=check_spline
    ),
    ("scipy._lib.array_api_compat.numpy._aliases", "asarray"): _VALUE,
    (_INFRASTRUCTURE, "rv_continuous_frozen"): _FROZEN,
    (_INFRASTRUCTURE, "rv_discrete_frozen"): _FROZEN,
    (_INFRASTRUCTURE, "rv_discrete._entropy"): _VALUE,
    **{("scipy.special._ufuncs", name): _VALUE for name in ("expit", "logit", "log_expit")},
    ("scipy.special._special_ufuncs", "expit"): _VALUE,
    ("scipy.special._special_ufuncs", "logit"): _VALUE,
    ("scipy.special._special_ufuncs", "log_expit"): _VALUE,
    **_distributions(),
}
