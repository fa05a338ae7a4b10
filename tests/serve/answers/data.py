"""Data for training and rows to score, drawn from a fixed seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

CITIES = ["Ulm", "Köln", "Bad Aibling", "東京"]
NAMES = ("age", "income", "debt", "score")


def matrix(rows: int = 120, columns: int = 4, seed: int = 0) -> np.ndarray:
    """Numbers of very different sizes."""
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, columns)) * [10.0**n for n in range(columns)]


def numbers(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """The same with names."""
    return pd.DataFrame(matrix(rows, len(NAMES), seed), columns=list(NAMES))


def target(rows: int = 120) -> np.ndarray:
    """Two classes that depend on the first two columns of `matrix`."""
    values = matrix(rows)
    return (values[:, 0] + values[:, 1] / 10 > 0).astype(int)


def classes(rows: int = 120) -> np.ndarray:
    """Three classes that depend on the first column."""
    return np.digitize(matrix(rows)[:, 0], [-0.4, 0.4])


def people(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Texts, some missing, and whole numbers."""
    random = np.random.default_rng(seed)
    cities = [
        None if n % 9 == 4 else CITIES[i % 3] for n, i in enumerate(random.integers(0, 3, rows))
    ]
    return pd.DataFrame({"city": cities, "age": random.integers(18, 90, rows)})


def incomes(frame: pd.DataFrame) -> np.ndarray:
    """What `people` earn: a missing city tells most."""
    base = frame["city"].map({"Ulm": 10.0, "Köln": 20.0, "Bad Aibling": 30.0}).astype(float)
    return base.fillna(100.0).to_numpy() + frame["age"].to_numpy() / 100


def strangers() -> pd.DataFrame:
    """People to ask for: one without a city, one of a city that was never seen."""
    return pd.DataFrame(
        {"city": ["Köln", None, "東京", "Bad Aibling", "Ulm"], "age": [40, 40, 33, 70, 18]}
    )
