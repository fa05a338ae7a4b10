"""Rules for scipy: the sparse matrices, splines and frozen distributions in estimators."""

from __future__ import annotations

from importlib.resources import files
from types import MethodType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from nbmodel.trust.object_state import build_plain
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.stdlib import Method

MAX_PRINTED_VALUES = 10_000

# -- sparse matrices: compiled code follows indptr and indices unchecked --------------------------


_FLAGS = ("_has_sorted_indices", "_has_canonical_format", "has_canonical_format")


def _state(matrix: Any, parts: tuple[str, ...]) -> Any:
    """Return the attributes of a sparse matrix, which must be those that scipy sets."""
    state = dict(vars(matrix))
    limit = state.get("maxprint", 50)
    require(
        type(limit) is int and 0 <= limit <= MAX_PRINTED_VALUES,
        "a sparse matrix that prints too many values",
    )
    for name in state:
        is_usual = name in (*parts, *_FLAGS, "_shape", "maxprint")
        require(is_usual, f"a sparse matrix with {name:.80}")
    require(
        all(type(state.get(flag, False)) is bool for flag in _FLAGS),
        "a sparse matrix with flags that are not true or false",
    )
    return state


# Many matrices may hold the same arrays, which are checked once. The arrays of another load have
# different ids while these exist.
_CHECKED: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()


def check_compressed(matrix: Any) -> None:
    """Check that the indices of a CSR or CSC matrix stay inside its shape and its data."""
    state = _state(matrix, ("data", "indices", "indptr"))
    parts = [state.get(name) for name in ("data", "indices", "indptr")]
    data, indices, indptr = parts
    require(all(_is_vector(part) for part in parts), "a sparse matrix with missing parts")
    require(
        data.dtype.kind in "biufc" and len(data) == len(indices),
        "a sparse matrix with parts that do not fit",
    )
    require(
        indices.dtype == indptr.dtype and indices.dtype in (np.int32, np.int64),
        "a sparse matrix with indices that are not whole numbers",
    )
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
    """Check that rows (or columns) follow each other within the data.

    scipy checks this only if the last one does not end at 0.
    """
    require(
        len(indptr) == lines + 1 and indptr[0] == 0,
        "a sparse matrix with a wrong number of rows or columns",
    )
    require(
        bool((indptr[1:] >= indptr[:-1]).all()),
        "a sparse matrix whose rows or columns are out of order",
    )
    require(int(indptr[-1]) <= len(indices), "a sparse matrix with a row or column beyond its data")
    own_indices = indices[: int(indptr[-1])]  # later items do not belong to the matrix
    inside = not len(own_indices) or (own_indices.min() >= 0 and own_indices.max() < width)
    require(bool(inside), "a sparse matrix with an index outside of its shape")


def check_coordinates(matrix: Any) -> None:
    """Check that the coordinates of a COO matrix stay inside its shape."""
    state = _state(matrix, ("data", "coords"))
    coords, data = state.get("coords"), state.get("data")
    shape = check_shape(state.get("_shape"))
    require(
        _is_vector(data) and data.dtype.kind in "biufc",
        "a sparse matrix that does not hold numbers",
    )
    require(
        type(coords) is tuple and len(coords) == 2, "a sparse matrix with parts that do not fit"
    )
    for axis, bound in zip(coords, shape, strict=True):
        require(
            _is_vector(axis) and axis.dtype in (np.int32, np.int64),
            "a sparse matrix with wrong coordinates",
        )
        require(len(axis) == len(data), "a sparse matrix with wrong coordinates")
        require(
            not len(axis) or (axis.min() >= 0 and axis.max() < bound),
            "a sparse matrix with wrong coordinates",
        )


def check_shape(shape: Any) -> tuple[int, int]:
    """Check the shape of a sparse matrix: two non-negative numbers."""
    require(type(shape) is tuple and len(shape) == 2, "a sparse matrix with a wrong shape")
    rows, columns = shape
    require(
        all(isinstance(n, (int, np.integer)) and n >= 0 for n in shape),
        "a sparse matrix with a wrong shape",
    )
    return int(rows), int(columns)


def _is_vector(array: Any) -> bool:
    return type(array) is np.ndarray and array.ndim == 1 and array.dtype.isnative


# -- splines -----------------------------------------------------------------


_SPLINE = ("t", "c", "_t", "_c", "k", "axis", "extrapolate", "_asarray")
MAX_DEGREE = 64


def check_spline(spline: Any) -> None:
    """Check what the constructor of BSpline requires and its compiled code relies on."""
    state = vars(spline)
    for name in state:
        require(name in _SPLINE, f"a spline with {name:.80}")
    # scipy supports several array libraries, and stores the function of the one in use.
    module = getattr(state.get("_asarray"), "__module__", "scipy._lib")
    require(type(module) is str and module.startswith("scipy._lib"), "a spline with a function")
    # scipy 1.15 and before call them t and c.
    knots = state["_t" if "_t" in state else "t"]
    coefficients = state["_c" if "_c" in state else "c"]
    degree, axis = state["k"], state["axis"]
    require(
        isinstance(degree, (int, np.integer)) and 0 <= degree <= MAX_DEGREE and type(axis) is int,
        "a spline of a degree that is out of range",
    )
    require(_is_vector(knots) and knots.dtype == np.float64, "a spline whose knots are not numbers")
    require(
        type(coefficients) is np.ndarray and coefficients.dtype == np.float64,
        "a spline with parts that do not fit",
    )
    require(0 <= axis < coefficients.ndim, "a spline with a wrong axis")
    count = len(knots) - degree - 1
    require(
        count >= degree + 1 and np.isfinite(knots).all(), "a spline whose knots are not numbers"
    )
    require((np.diff(knots) >= 0).all(), "knots of a spline that are not in order")
    require(knots[degree] < knots[count], "a spline without an interval")
    require(coefficients.shape[0] >= count, "a spline with too few coefficients")
    require(
        state.get("extrapolate") in (True, False, "periodic"), "a spline with parts that do not fit"
    )


# -- distributions: their __setstate__ runs exec() on a string of the state -----------------------


def build_distribution(instance: Any, state: Any) -> None:
    """Make the distribution again from that of scipy, with the random state of the pickle.

    The instance gets no other attribute of the state.
    """
    from scipy import stats

    require(
        type(state) is dict and type(state.get("name")) is str,
        "a distribution with parts that do not fit",
    )
    origin: Any = getattr(stats, state["name"], None)
    require(type(origin) is type(instance), f"a distribution named {state['name']!r:.40}")
    fresh = type(instance)(**origin._updated_ctor_param())
    own = fresh.__getstate__()
    for name in ("a", "b", "shapes", "numargs", "moment_type", "_parse_arg_template"):
        require(own.get(name) == state.get(name), f"a changed {state['name']} distribution")
    bits = state.get("_random_state")
    require(type(bits) in (np.random.RandomState, np.random.Generator), "an unknown random state")
    entropy = state.get("vecentropy")
    if entropy is not None:
        require(type(entropy) is np.vectorize, "a changed distribution")
        entropy.__init__(instance._entropy)
        own["vecentropy"] = entropy
    instance.__setstate__({**own, "_random_state": bits})


def check_frozen(frozen: Any) -> None:
    """Check that a frozen distribution holds numbers and a distribution that was checked."""
    state = vars(frozen)
    for name in state:
        require(name in ("args", "kwds", "dist", "a", "b"), f"a distribution with {name:.80}")
    bounds = [np.asarray(state.get(name, 0.0)) for name in ("a", "b")]
    require(
        all(bound.dtype.kind in "iuf" for bound in bounds), "a distribution with a wrong support"
    )
    require(
        type(state.get("args")) is tuple and type(state.get("kwds")) is dict,
        "a distribution with parts that do not fit",
    )
    numbers = (*state["args"], *state["kwds"].values())
    require(
        all(isinstance(n, (int, float, np.number)) for n in numbers),
        "a distribution with parts that do not fit",
    )
    require(
        all(type(name) is str for name in state["kwds"]),
        "a distribution with parts that do not fit",
    )
    require(
        "_parse_args" in vars(state.get("dist")), "a frozen distribution without a distribution"
    )


def _build_vectorize(instance: Any, state: Any) -> None:
    require(
        type(state) is dict and type(state.get("pyfunc")) is Method,
        "numpy.vectorize of a function that is not allowed",
    )
    # `build_distribution` makes this method again for the distribution that holds it.
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
