"""scikit-learn's transformers that shift, scale and fill columns.

Each step is the arithmetic of `transform` in `sklearn.preprocessing._data` and
`sklearn.impute._base` (1.5 to 1.9), in the same order. A value that is not finite stays so in all
of them or raises `NotCompiled`, so that the estimator after them gets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, Scorer, Scorers, check_finite


def steps_of(model: Any) -> Scorers:
    """Make ``transform`` of one transformer."""
    step = _STEPS[type(model).__name__](model)
    return {} if step is None else {"transform": step}


def _standard(model: Any) -> Scorer | None:
    return _shifted(model.mean_ if model.with_mean else None, model.scale_)


def _robust(model: Any) -> Scorer | None:
    return _shifted(
        model.center_ if model.with_centering else None,
        model.scale_ if model.with_scaling else None,
    )


def _shifted(center: Matrix | None, scale: Matrix | None) -> Scorer | None:
    def both(rows: Matrix) -> Matrix:
        shifted: Matrix = rows - center
        shifted /= scale
        return shifted

    if center is not None and scale is not None:
        return both
    if center is not None:
        return lambda rows: rows - center
    if scale is not None:
        return lambda rows: rows / scale
    return lambda rows: rows


def _min_max(model: Any) -> Scorer | None:
    scale, least, bounds = model.scale_, model.min_, model.feature_range

    def transform(rows: Matrix) -> Matrix:
        scaled: Matrix = rows * scale
        scaled += least
        return scaled

    def clipped(rows: Matrix) -> Matrix:
        check_finite(rows)
        scaled = transform(rows)
        np.clip(scaled, *bounds, out=scaled)
        return scaled

    return clipped if model.clip else transform


def _max_abs(model: Any) -> Scorer | None:
    return None if getattr(model, "clip", False) else _shifted(None, model.scale_)


def _normalizer(model: Any) -> Scorer | None:
    from sklearn.preprocessing import normalize

    norm = model.norm

    def transform(rows: Matrix) -> Matrix:
        check_finite(rows)
        result: Matrix = normalize(rows, norm=norm)
        return result

    return transform


def _imputer(model: Any) -> Scorer | None:
    """Do nothing: finite rows have no missing values, and other rows go to the model."""
    missing_value = model.missing_values
    simple = (
        isinstance(missing_value, float) and np.isnan(missing_value) and not model.add_indicator
    )
    statistics = model.statistics_
    if not simple or statistics.dtype.kind != "f" or np.isnan(statistics).any():
        return None

    def transform(rows: Matrix) -> Matrix:
        check_finite(rows)
        return rows

    return transform


_STEPS: Mapping[str, Callable[[Any], Scorer | None]] = {
    "StandardScaler": _standard,
    "RobustScaler": _robust,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "Normalizer": _normalizer,
    "SimpleImputer": _imputer,
}
