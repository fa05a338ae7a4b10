"""scikit-learn's pipelines: the scorers of all parts, one after the other."""

from __future__ import annotations

from typing import Any

from nbmodel.predict.compiled.base import Matrix, Scorer, Scorers
from nbmodel.predict.compiled.table import steps_of as steps_of_part


def steps_of(model: Any) -> Scorers:
    """Make the methods of the last part, if all parts before it have a scorer too."""
    *before, last = (part for _, part in model.steps if part not in (None, "passthrough"))
    transforms = []
    for part in before:
        step = steps_of_part(part).get("transform")
        if step is None:
            return {}
        transforms.append(step)
    return {
        name: _chained(transforms, step)
        for name, step in steps_of_part(last).items()
        if callable(getattr(model, name, None))
    }


def _chained(transforms: list[Scorer], last: Scorer) -> Scorer:
    def score(rows: Matrix) -> Matrix:
        for transform in transforms:
            rows = transform(rows)
        return last(rows)

    return score
