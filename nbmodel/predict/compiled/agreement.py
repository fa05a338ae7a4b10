"""Whether a scorer answers as the model's own method does, to the last bit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, NotCompiled, Scorer

BATCH_ROWS = (2, 3, 8, 64)  # of batches: linear algebra may give other bits for each
SINGLE_ROWS = 8  # rows that are tried one by one


def agrees(scorer: Scorer, method: Callable[[Any], Any], batches: Iterable[Matrix]) -> bool:
    """Whether both give the same bits for some rows, in batches and one by one.

    Parameters
    ----------
    scorer : callable
        Of `compile_scorer`.
    method : callable
        The model's own, asked as the server asks it.
    batches : iterable of ndarray
        Rows x features, float64. What the model refuses, the scorer must leave to it.

    Returns
    -------
    bool
        False also if no row was answered by the scorer: nothing is proved then.
    """
    answered = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rows in _cut(batches):
            found = _answer(scorer, rows)
            if found is None:
                continue
            wanted = _answer(method, rows)
            if wanted is None or not _same(found, wanted):
                return False
            answered = True
    return answered


@contextmanager
def one_job(model: Any) -> Iterator[None]:
    """Inside it, what a model sums up in threads it sums up in order, to the same bits each time.

    Parameters
    ----------
    model : object
        Nobody may use it meanwhile.
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
            if size > len(rows):  # the same rows again do as well
                rows = np.concatenate([rows] * -(-size // max(1, len(rows))))
            yield rows[:size]


def _answer(method: Callable[[Any], Any], rows: Matrix) -> Matrix | None:
    """None for what is refused; a copy goes in: a model may write to its input."""
    if not len(rows):
        return None
    try:
        return np.asarray(method(rows.copy()))
    except NotCompiled:
        return None
    except Exception:  # noqa: BLE001  a model may raise anything on rows that it refuses
        return None


def _same(found: Matrix, wanted: Matrix) -> bool:
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return False
    if found.dtype.hasobject:
        return bool((found == wanted).all())
    return found.tobytes() == wanted.tobytes()
