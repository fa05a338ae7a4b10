"""Rows and targets of all kinds, drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

Generator = np.random.Generator
Data = tuple[Any, Any]


def _names(rng: Generator, count: int) -> list[str]:
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz_ é0"))
    return ["".join(rng.choice(letters, rng.integers(1, 9))) + str(n) for n in range(count)]


def _matrix(rng: Generator, kind: str) -> Any:
    rows, columns = int(rng.integers(24, 70)), int(rng.integers(2, 9))
    X = rng.normal(size=(rows, columns)) + rng.normal(size=columns)
    if kind in ("positive", "counts"):
        X = np.abs(X) * 3
    if kind == "counts":
        X = np.floor(X)
    if kind == "unit":
        X = (X - X.min(0)) / np.ptp(X, axis=0)
    if kind == "holes":
        X[rng.random(X.shape) < 0.1] = np.nan
        X[0] = 0.5
    if kind == "single":
        X = X.astype(np.float32)
    if kind == "square":
        X = X @ X.T
    if kind == "one":
        X = X[:, :1]
    return X


def _categories(rng: Generator, X: Any) -> Any:
    names = np.array(_names(rng, 40), object)
    codes = np.abs(np.floor(X * 2)).astype(int) % int(rng.integers(2, 20))
    return names[codes]


def _frame(rng: Generator, X: Any) -> Any:
    frame = pd.DataFrame(X, columns=_names(rng, X.shape[1]))
    if rng.random() < 0.3:
        column = frame.columns[-1]
        codes = np.abs(np.nan_to_num(np.asarray(X[:, -1], float))).astype(int) % 4
        frame[column] = pd.Categorical(np.array(["a", "b", "c", "d"])[codes])
    return frame


def _text(rng: Generator) -> Any:
    known = np.array(_names(rng, 30))
    return [
        " ".join(rng.choice(known, rng.integers(3, 12))) for _ in range(int(rng.integers(12, 40)))
    ]


_MATRICES = ("plain", "positive", "counts", "unit", "holes", "single", "square", "one")


def inputs(rng: Generator) -> tuple[Any, int]:
    """Rows of some kind, and how many."""
    draw = rng.random()
    if draw < 0.1:
        X: Any = _text(rng)
        return X, len(X)
    X = _matrix(rng, str(rng.choice(_MATRICES, p=[0.25, 0.2, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05])))
    if draw < 0.25:
        X = _frame(rng, X)
    elif draw < 0.4:
        X = getattr(sparse, str(rng.choice(["csr_matrix", "csc_matrix", "csr_array"])))(
            np.nan_to_num(X)
        )
    elif draw < 0.5:
        X = _categories(rng, np.nan_to_num(X))
        X = X if rng.random() < 0.5 else _frame(rng, X) if rng.random() < 0.5 else X.astype(str)
    elif draw < 0.6:
        X = np.floor(np.abs(np.nan_to_num(X))).astype(
            str(rng.choice(["int64", "int32", "uint8", "bool"]))
        )
    elif draw < 0.63:
        X = np.asfortranarray(X)
    return X, X.shape[0]


def targets(rng: Generator, rows: int, base: Any) -> Any:
    """Something to learn: classes, numbers, several of them, or nothing."""
    classes = int(rng.integers(2, 6))
    codes = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])[:rows]
    draw = rng.random()
    if draw < 0.3:
        return codes
    if draw < 0.4:
        return np.array(_names(rng, classes))[codes].astype(object if rng.random() < 0.5 else str)
    if draw < 0.45:
        return codes % 2 == 0
    if draw < 0.5:
        return (codes % 2) * 2.0 - 1
    if draw < 0.7:
        return np.abs(rng.normal(size=rows)) + 0.1
    if draw < 0.77:
        return np.abs(rng.normal(size=(rows, int(rng.integers(1, 4))))) + 0.1
    if draw < 0.84:
        return rng.integers(0, 2, (rows, int(rng.integers(2, 5))))
    if draw < 0.88:
        return np.column_stack([codes, codes[::-1]])
    if draw < 0.92:
        return pd.Series(codes, name="target")
    if draw < 0.96:
        return rng.integers(0, 9, rows).astype(np.float32)
    return None


def varied(X: Any, y: Any, rng: Generator) -> Data:
    """A recipe's data with fewer rows, and of fewer features where they are columns."""
    if isinstance(X, list) or getattr(X, "ndim", 1) == 1:
        keep = max(8, int(len(X) * rng.uniform(0.5, 1)))
        return X[:keep], None if y is None else y[:keep]
    if X.shape[0] == X.shape[1]:
        keep = int(rng.integers(20, X.shape[0] + 1))
        return X[:keep, :keep], y[:keep]
    rows = np.sort(rng.choice(X.shape[0], int(X.shape[0] * rng.uniform(0.6, 1)), replace=False))
    return X[rows], None if y is None else y[rows]
