"""Sparse matrices, splines and distributions: honest ones load, altered ones do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.interpolate import BSpline
from scipy.stats._distr_params import distcont, distdiscrete

from nbmodel.errors import Untrusted
from tests.trust.crafted import flat, reload

_MATRIX = sparse.random(20, 30, 0.2, random_state=0, format="csr")


@pytest.mark.parametrize(
    "value",
    [
        _MATRIX,
        _MATRIX.tocsc(),
        _MATRIX.tocoo(),
        sparse.csr_array(_MATRIX),
        sparse.csc_array(_MATRIX),
        sparse.coo_array(_MATRIX),
        sparse.csr_matrix((3, 4), dtype=np.int32),
        sparse.csr_matrix(([1.0, 2.0], [1, 1], [0, 2]), shape=(1, 2)),
        sparse.csr_matrix(([1.0, 2.0, 3.0], [1, 0, 0], [0, 2]), shape=(1, 2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_sparse_matrices_come_back(value: Any) -> None:
    assert flat(reload(value)) == flat(value)


@pytest.mark.parametrize(
    ("layout", "name", "index", "number"),
    [
        ("csr", "indices", 0, 30),
        ("csr", "indices", 0, -1),
        ("csr", "indptr", -1, 10**6),
        ("csr", "indptr", 3, -5),
        ("csr", "indptr", 0, 1),
        ("csc", "indices", 5, 20),
        # scipy's own check ends where the last line ends at 0: nothing else is looked at then.
        *[(layout, "indptr", -1, 0) for layout in ("csr", "csc")],
    ],
)
def test_altered_indices_are_refused(layout: str, name: str, index: int, number: int) -> None:
    matrix = _MATRIX.asformat(layout).copy()
    getattr(matrix, name)[index] = number
    with pytest.raises(Untrusted):
        reload(matrix)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_shape", (20, 3)),
        ("_shape", (2**40, 30)),
        ("_shape", (20, 30, 1)),
        ("_shape", (20, -30)),
        ("data", np.ones(3)),
        ("data", np.array([None] * _MATRIX.nnz)),
        ("indices", np.zeros(_MATRIX.nnz)),
        ("indices", [0] * _MATRIX.nnz),
        ("_has_canonical_format", True),
        ("dot", np.multiply),
    ],
)
def test_altered_matrices_are_refused(name: str, value: Any) -> None:
    matrix = sparse.csr_matrix(([1.0, 2.0], [1, 1], [0, 2]), shape=(1, 2))
    if name != "_has_canonical_format":
        matrix = _MATRIX.copy()
    vars(matrix)[name] = value
    with pytest.raises(Untrusted):
        reload(matrix)


def test_altered_coordinates_are_refused() -> None:
    matrix = _MATRIX.tocoo().copy()
    matrix.coords[1][0] = 30
    with pytest.raises(Untrusted):
        reload(matrix)


# -- splines -----------------------------------------------------------------


def _spline() -> BSpline:
    return BSpline(np.arange(12.0), np.ones((8, 2)), 3)


def test_splines_come_back() -> None:
    points = np.linspace(3, 8, 20)
    assert reload(_spline())(points).tobytes() == _spline()(points).tobytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_c", np.ones((3, 2))),
        ("_c", np.ones((8, 2), np.float32)),
        ("_t", np.arange(12.0)[::-1].copy()),
        ("_t", np.arange(5.0)),
        ("_t", np.full(12, np.nan)),
        ("_t", np.zeros(12)),
        ("_t", np.arange(12)),
        ("k", 10**6),
        ("k", -1),
        ("k", 3.0),
        ("axis", 7),
        ("extrapolate", np.ones(3)),
    ],
)
def test_altered_splines_are_refused(name: str, value: Any) -> None:
    spline = _spline()
    vars(spline)[name] = value
    with pytest.raises(Untrusted):
        reload(spline)


# -- distributions -----------------------------------------------------------

_CONTINUOUS = [(n, a) for n, a in distcont if isinstance(n, str) and n != "levy_stable"]
_DISCRETE = [(n, a) for n, a in distdiscrete if isinstance(n, str) and n != "poisson_binom"]


@pytest.mark.parametrize(("name", "args"), [_CONTINUOUS[n] for n in range(0, len(_CONTINUOUS), 7)])
def test_continuous_distributions_come_back(name: str, args: Any) -> None:
    frozen = getattr(stats, name)(*args)
    frozen.random_state = 3
    back = reload(frozen)
    assert back.args == frozen.args
    assert (back.a, back.b) == (frozen.a, frozen.b)
    assert back.cdf(0.7) == frozen.cdf(0.7)


@pytest.mark.parametrize(("name", "args"), [_DISCRETE[n] for n in range(0, len(_DISCRETE), 4)])
def test_discrete_distributions_come_back(name: str, args: Any) -> None:
    frozen = getattr(stats, name)(*args)
    frozen.random_state = 3
    back = reload(frozen)
    assert (back.rvs(5) == frozen.rvs(5)).all()
    assert back.pmf(2) == frozen.pmf(2)


def test_a_template_in_the_state_is_not_executed(tmp_path: Any) -> None:
    """scipy's own ``__setstate__`` runs exec() on this string."""
    canary = tmp_path / "canary"
    frozen = stats.uniform(0, 1)
    frozen.dist._parse_arg_template += f"\nopen({str(canary)!r}, 'w')\n"
    with pytest.raises(Untrusted, match="changed uniform"):
        reload(frozen)
    assert not canary.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda frozen: setattr(frozen, "args", (np.exp,)),
        lambda frozen: setattr(frozen, "dist", 3),
        lambda frozen: setattr(frozen.dist, "name", "norm"),
        lambda frozen: setattr(frozen.dist, "name", "os"),
        lambda frozen: setattr(frozen.dist, "_random_state", None),
        lambda frozen: setattr(frozen.dist, "a", -5.0),
    ],
)
def test_altered_distributions_are_refused(change: Any) -> None:
    frozen = stats.uniform(0, 1)
    change(frozen)
    with pytest.raises(Untrusted):
        reload(frozen)


def test_a_bound_method_is_refused_elsewhere() -> None:
    frozen = stats.randint(1, 4)
    assert reload(frozen).pmf(2) == frozen.pmf(2)
    with pytest.raises(Untrusted, match="bound method"):
        reload([frozen.dist._entropy])
    with pytest.raises(Untrusted, match="outside a distribution"):
        reload(np.vectorize(stats.randint._entropy))


@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_repr_html_", np.mean), ("maxprint", 10**9), ("maxprint", "x"), ("zzz", 1),
        ("_has_sorted_indices", "x"), ("toarray", 1), ("data", np.array([None] * 3)),
    ],
)  # fmt: skip
def test_a_sparse_matrix_carries_nothing_else(layout: str, name: str, value: Any) -> None:
    matrix = _MATRIX.asformat(layout).copy()
    vars(matrix)[name] = value
    with pytest.raises(Untrusted):
        reload(matrix)


@pytest.mark.parametrize(
    ("name", "value"),
    [("_repr_html_", np.mean), ("k", 10**6), ("_asarray", np.mean), ("zzz", 1)],
)
def test_a_spline_carries_nothing_else(name: str, value: Any) -> None:
    spline = BSpline(np.arange(9.0), np.ones(5), 3)
    vars(spline)[name] = value
    with pytest.raises(Untrusted):
        reload(spline)


@pytest.mark.parametrize(
    ("name", "value"), [("_repr_html_", np.mean), ("a", "x"), ("kwds", {1: 2}), ("zzz", 1)]
)
def test_a_frozen_distribution_carries_nothing_else(name: str, value: Any) -> None:
    frozen = stats.uniform(0, 2)
    vars(frozen)[name] = value
    with pytest.raises(Untrusted):
        reload(frozen)
