"""A table of customers, made from a seed: twenty columns of every kind.

It has counts, heavy tails, missing values, and categories with few and with many values. From day
to day, two columns drift and one gets new values. It needs only numpy and pandas.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = 20260401
COLUMNS = 20


def frame(count: int, day: int) -> pd.DataFrame:
    """Rows of one day, with `COLUMNS` columns. Day 0 is the training data."""
    rng = np.random.default_rng((SEED, day))
    normal, skewed = rng.standard_normal((5, count)), rng.standard_exponential((3, count))
    return pd.DataFrame(
        {
            "age": np.clip(normal[0] * 14 + 44 + 0.3 * day, 18, 99).round(),
            "score": normal[1],
            "temperature": normal[2] * 8 + 12,
            "latitude": normal[3] * 3 + 47,
            "longitude": normal[4] * 4 + 9,
            "income": rng.lognormal(7.6 + 0.02 * day, 0.8, count),
            "balance": rng.standard_t(3, count) * 2_000,
            "claim": rng.pareto(1.5, count) * 100,
            "wait": skewed[0] * 90,
            "session": skewed[1] * 300,
            "gap": _sometimes(skewed[2] * 12, rng, 0.15),
            "rating": _sometimes(rng.integers(1, 6, count).astype(float), rng, 0.3),
            "visits": rng.poisson(3.2, count),
            "orders": rng.geometric(0.35, count),
            "active": rng.random(count) < 0.62,
            "member": rng.random(count) < 0.08,
            "channel": _category(rng, count, ("web", "app", "shop", "phone")),
            "plan": _category(rng, count, ("free", "basic", "plus", "pro", "team")[: 4 + day % 2]),
            "region": _category(rng, count, tuple(f"region-{n:02}" for n in range(26))),
            "product": _category(rng, count, tuple(f"product-{n:03}" for n in range(180))),
        }
    )


def outcome(count: int, day: int) -> np.ndarray:
    """Predictions of a classifier for these rows."""
    return (np.random.default_rng((SEED, day, 1)).random(count) < 0.27).astype(np.int64)


def _sometimes(values: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Values of which a share is missing."""
    values[rng.random(len(values)) < share] = np.nan
    return values


def _category(rng: np.random.Generator, count: int, names: tuple[str, ...]) -> pd.Series:
    """Random names. Later ones are rarer."""
    weights = 1 / np.arange(1, len(names) + 1)
    codes = rng.choice(len(names), count, p=weights / weights.sum())
    return pd.Series(pd.Categorical.from_codes(codes, list(names))).astype("str")
