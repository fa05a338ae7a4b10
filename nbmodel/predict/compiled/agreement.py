"""Whether a scorer gives the same bits as the method of its model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, NotCompiled, Scorer

BATCH_ROWS = (2, 3, 8, 64)  # of batches: linear algebra may give different bits for each size
SINGLE_ROWS = 8  # rows that are compared one by one


def agrees(scorer: Scorer, method: Callable[[Any], Any], batches: Iterable[Matrix]) -> bool:
    """Whether a scorer and a method give the same bits, in batches and one by one.

    Parameters
    ----------
    scorer : callable
        A result of `compile_scorer`.
    method : callable
        The method of the model, as the server calls it.
    batches : iterable of ndarray
        Rows x features, float64. The scorer must leave rows to the model that the model refuses.

    Returns
    -------
    bool
        False also if the scorer answered no row, since nothing is proved then.
    """
    answered = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rows in _cut(batches):
            actual = _answer(scorer, rows)
            if actual is None:
                continue
            expected = _answer(method, rows)
            if expected is None or not _same(actual, expected):
                return False
            answered = True
    return answered


@contextmanager
def one_job(model: Any) -> Iterator[None]:
    """Let a model compute sums in order instead of in threads, so that the bits stay the same.

    Parameters
    ----------
    model : object
        No other thread may use it in the meantime.
    """
    parts = [model, *(part for _, part in getattr(model, "steps", ()))]
    several = [part for part in parts if getattr(part, "n_jobs", None) not in (None, 1)]
    before = [part.n_jobs for part in several]
    try:
        for part in several:
            part.n_jobs = 1
        yield
    finally:
        for part, jobs in zip(several, before, strict=True):
            part.n_jobs = jobs


def _cut(batches: Iterable[Matrix]) -> Iterator[Matrix]:
    for rows in batches:
        yield rows
        for number in range(min(len(rows), SINGLE_ROWS)):
            yield rows[number : number + 1]
        for size in BATCH_ROWS:
            if size > len(rows):  # repeat the rows
                rows = np.concatenate([rows] * -(-size // max(1, len(rows))))
            yield rows[:size]


def _answer(method: Callable[[Any], Any], rows: Matrix) -> Matrix | None:
    """Call with a copy of rows; None if they are refused."""
    if not len(rows):
        return None
    try:
        return np.asarray(method(rows.copy()))
    except NotCompiled:
        return None
    except Exception:  # noqa: BLE001  a model may raise anything on rows that it refuses
        return None


def _same(actual: Matrix, expected: Matrix) -> bool:
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return False
    if actual.dtype.hasobject:
        return bool((actual == expected).all())
    return actual.tobytes() == expected.tobytes()
