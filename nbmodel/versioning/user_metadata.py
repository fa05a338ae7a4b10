"""The message, metrics, parameters and tags of a commit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from nbmodel.errors import InvalidValue
from nbmodel.records import Scalar


@dataclass(frozen=True, slots=True)
class UserMetadata:
    """What the user states about a version."""

    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, Scalar] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    uses: Sequence[str] = ()
    data: Any = None


def validated(metadata: UserMetadata) -> UserMetadata:
    """The same with metrics as floats and tags as text.

    Raises
    ------
    InvalidValue
        If a metric is not a number.
    """
    metrics: dict[str, float] = {}
    for name, value in metadata.metrics.items():
        if not isinstance(value, Real) or isinstance(value, bool):
            raise InvalidValue(f"The metric {name!r} is {value!r}, not a number.", "Pass a number.")
        metrics[str(name)] = _float(name, value)
    params = {str(k): _scalar(v) for k, v in metadata.params.items()}
    tags = {str(k): str(v) for k, v in metadata.tags.items()}
    return replace(metadata, metrics=metrics, params=params, tags=tags)


def _float(name: object, value: Real) -> float:
    try:
        return float(value)
    except OverflowError as error:
        what = f"The metric {name!r} is larger than any floating-point number."
        raise InvalidValue(what, "Pass its logarithm, or a text as a tag.") from error


def _scalar(value: Any) -> Scalar:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else str(value)
    return repr(value)[:200]
