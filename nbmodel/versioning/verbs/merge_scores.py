"""The metrics of the members of a merge and of its result, on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbmodel.display import Table, number
from nbmodel.errors import InvalidValue
from nbmodel.scoring.scores import score
from nbmodel.scoring.targets import values_of

RESULT = "merged"  # the row of the result
_TOO_FEW = 2  # rows, if half of them train


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledRows:
    """Rows of the user with their true answers; `training` are those that a method trains on."""

    data: Any
    values: list[Any]
    training_data: Any = None
    training_values: list[Any] | None = None

    def score(self, model: Any, where: str) -> dict[str, float]:
        """The metrics of a model on the rows that nothing was trained on."""
        return score(model, self.data, self.values, where)


def labeled_rows(data: Any, target: Any, how: str, *, trains: bool) -> LabeledRows | None:
    """Check the rows of the user; with `trains`, every second one is for training.

    Raises
    ------
    InvalidValue
        If one of both is not given, or a true answer is missing.
    """
    if data is None and target is None:
        if trains:
            raise InvalidValue(
                f"The method {how} trains on rows.", "Give them: --data X_valid --target y_valid."
            )
        return None
    if data is None or target is None:
        raise InvalidValue(
            "Rows and their true answers are needed together.", "Give both: --data and --target."
        )
    values = values_of(target)
    if not trains:
        return LabeledRows(data=data, values=values)
    if len(values) < _TOO_FEW:
        raise InvalidValue(f"{how} needs at least {_TOO_FEW} rows.", "Give more rows.")
    return LabeledRows(
        data=_every_second(data, 1),
        values=values[1::2],
        training_data=_every_second(data, 0),
        training_values=values[0::2],
    )


def _every_second(data: Any, start: int) -> Any:
    try:
        return (data.iloc if hasattr(data, "iloc") else data)[start::2]
    except (TypeError, KeyError, IndexError):
        raise InvalidValue(
            f"The rows are a {type(data).__name__}, which cannot be divided.",
            "Give a frame, an array or a list.",
        ) from None


def scores_table(scores: Mapping[str, Mapping[str, float]]) -> Table:
    """One row for each model, one column for each metric."""
    names = list(dict.fromkeys(name for metrics in scores.values() for name in metrics))
    rows = [
        (ref, *(number(metrics[name]) if name in metrics else "" for name in names))
        for ref, metrics in scores.items()
    ]
    return Table(("model", *names), rows, frozenset(names))
