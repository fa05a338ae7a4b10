"""Rows with their true answers, as the user gives them: variables, or names of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.scoring import targets
from nbmodel.scoring.answers import count_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledData:
    """Rows for a model, with what is known about them.

    Attributes
    ----------
    data : object
        Rows as the model takes them.
    target : object
        The true answers in the container of the user; None if there are none.
    values : list or None
        The same as Python values, of `targets.values_of`.
    groups : ndarray or None
        The query or the group of each row.
    weights : ndarray or None
        The weight of each row, not negative.
    """

    data: Any
    target: Any = None
    values: list[Any] | None = None
    groups: Any = None
    weights: Any = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return count_rows(self.data)

    def with_data(self, data: Any) -> LabeledData:
        """The same answers beside other columns of the same rows."""
        return replace(self, data=data)

    def take(self, places: Any) -> LabeledData:
        """Return some of the rows, by an array of their positions."""
        return replace(
            self,
            data=take_rows(self.data, places),
            target=None if self.target is None else take_rows(self.target, places),
            values=None if self.values is None else [self.values[n] for n in places.tolist()],
            groups=None if self.groups is None else self.groups[places],
            weights=None if self.weights is None else self.weights[places],
        )


def take_rows(data: Any, places: Any) -> Any:
    """Return rows of a table in any container, by an array of their positions.

    Examples
    --------
    >>> take_rows(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']
    """
    if isinstance(data, Mapping):  # arrays by name
        return {name: take_rows(values, places) for name, values in data.items()}
    if hasattr(data, "iloc"):
        return data.iloc[places]
    if hasattr(data, "take") and hasattr(data, "column_names"):  # a table of pyarrow
        return data.take(places)
    if isinstance(data, list | tuple):
        return [data[n] for n in places.tolist()]
    return data[places]


def labeled_data(
    data: Any, target: Any = None, *, groups: Any = None, weights: Any = None
) -> LabeledData:
    """Check rows, true answers, groups and weights, and bring them together.

    Parameters
    ----------
    data : DataFrame, array, list or mapping of arrays
    target, groups, weights : object or str
        One value for each row. A text names a column of `data`, which the model does not get.

    Raises
    ------
    InvalidValue
        If there is no such column, the lengths differ, a true answer is missing, a weight is not
        a number, or data and target have the same index in another order.

    Examples
    --------
    >>> labeled_data([[1.0], [2.0]], ["no", "yes"]).values
    ['no', 'yes']
    """
    columns = [each for each in (target, groups, weights) if isinstance(each, str)]
    target, groups, weights = (
        column(data, each) if isinstance(each, str) else each for each in (target, groups, weights)
    )
    if target is not None:
        _check_order(data, target)
    values = None if target is None else targets.values_of(target)
    rows = count_rows(data)
    if values is not None and len(values) != rows:
        raise InvalidValue(
            f"There are {rows} rows and {len(values)} true answers.", "Give one for each row."
        )
    return LabeledData(
        data=_without(data, columns),
        target=target,
        values=values,
        groups=None if groups is None else _groups(groups, rows),
        weights=None if weights is None else _weights(weights, rows),
    )


def column(data: Any, name: str) -> Any:
    """Return a column of a frame by its name.

    Raises
    ------
    InvalidValue
        If there is no such column, or several.
    """
    labels = [str(label) for label in getattr(data, "columns", ())]
    if labels.count(name) == 1:
        place = labels.index(name)
        return data.iloc[:, place] if hasattr(data, "iloc") else data[data.columns[place]]
    if name in labels:
        raise InvalidValue(f"The data has several columns {name!r}.", "Rename them.")
    hint = did_you_mean(name, labels) or f"Columns: {', '.join(labels[:20]) or 'none'}."
    raise InvalidValue(f"The data has no column {name!r}.", hint)


def _without(data: Any, names: Sequence[str]) -> Any:
    if not names:
        return data
    keep = [place for place, label in enumerate(data.columns) if str(label) not in names]
    return data.iloc[:, keep] if hasattr(data, "iloc") else data[[data.columns[k] for k in keep]]


def _check_order(data: Any, target: Any) -> None:
    """Refuse a target whose index has the same labels as that of the data in another order."""
    one: Any = getattr(data, "index", None)
    two: Any = getattr(target, "index", None)
    if not (hasattr(one, "equals") and hasattr(two, "equals")) or len(one) != len(two):
        return
    if one.equals(two) or not one.is_unique or not two.is_unique:
        return
    if one.isin(two).all():
        raise InvalidValue(
            "The rows of the data and of the target are in a different order: they have the same "
            "index, sorted differently.",
            "Sort one as the other: y_test = y_test.loc[X_test.index].",
        )


def _groups(groups: Any, rows: int) -> Any:
    values = np.asarray(groups)
    if values.shape != (rows,):
        raise InvalidValue(
            f"There are {rows} rows and groups of the shape {list(values.shape)}.",
            "Give the group of each row.",
        )
    return np.unique(values.astype(str), return_inverse=True)[1].reshape(-1)


def _weights(weights: Any, rows: int) -> Any:
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidValue("The weights are not numbers.", "Give a number for each row.") from None
    if values.shape != (rows,):
        raise InvalidValue(
            f"There are {rows} rows and weights of the shape {list(values.shape)}.",
            "Give one weight for each row.",
        )
    if not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
        raise InvalidValue(
            "The weights have negative, missing or infinite values, or their sum is 0.",
            "Give weights of 0 or more.",
        )
    return values
