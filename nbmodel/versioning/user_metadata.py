"""The message, metrics, parameters and tags of a commit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from nbmodel.attachments import Files
from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.metric_directions import LOWER_TAG
from nbmodel.records import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMetadata:
    """What the user states about a version."""

    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, Scalar] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    uses: Sequence[str] = ()
    data: Any = None
    lower_is_better: Sequence[str] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    files: Files = ()
    again: bool = False


def validated(metadata: UserMetadata) -> UserMetadata:
    """The same with metrics as floats and tags as text.

    The first metric stays the first, and the others are sorted as in a manifest. The metrics of
    which less is better become a tag.

    Raises
    ------
    InvalidValue
        If a metric is not a number, or a metric of which less is better is not there.
    """
    metrics: dict[str, float] = {}
    for name, value in metadata.metrics.items():
        if not isinstance(value, Real) or isinstance(value, bool):
            raise InvalidValue(f"The metric {name!r} is {value!r}, not a number.", "Pass a number.")
        metrics[str(name)] = _float(name, value)
    names = [*metrics]
    metrics = {name: metrics[name] for name in [*names[:1], *sorted(names[1:])]}
    params = {str(k): _scalar(v) for k, v in metadata.params.items()}
    tags = {str(k): str(v) for k, v in metadata.tags.items()}
    if metadata.lower_is_better:
        tags[LOWER_TAG] = _lower_list(metadata.lower_is_better, metrics)
    return replace(metadata, metrics=metrics, params=params, tags=tags, lower_is_better=())


def _lower_list(names: Sequence[str], metrics: Mapping[str, float]) -> str:
    for name in names:
        if name not in metrics:
            hint = did_you_mean(name, metrics) or f"Record it too: --metric {name}=NUMBER."
            raise InvalidValue(f"This commit has no metric {name!r}.", hint)
        if "," in name:
            raise InvalidValue(
                f"The name of the metric {name!r} has a comma.", "Use a name without a comma."
            )
    return ",".join(dict.fromkeys(names))


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
