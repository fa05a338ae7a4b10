"""Ask a model for its answers to rows, each method once, without a change of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue, NbModelError, ScoringFailed
from nbmodel.predict import input_detection
from nbmodel.predict.methods import methods_of, supported_inputs
from nbmodel.predict.outputs import named_arrays
from nbmodel.predict.predictor import without_side_effects
from nbmodel.scoring import targets

MAX_REASON_CHARACTERS = 300  # of the error of a model


class ModelAnswers:
    """The answers of a model to rows, by the name of the method.

    Parameters
    ----------
    model : object
    data : object
        Rows as the model takes them.
    rows : int or None
        How many true answers there are; None if there are none to compare with.
    where : str
        What the user calls the model, for messages.
    hint : str
        What to do with a model that cannot be asked.

    Raises
    ------
    InvalidValue
        If there are no rows, or another number of them.
    """

    def __init__(self, model: Any, data: Any, rows: int | None, where: str, hint: str) -> None:
        self._model, self._where, self._hint = model, where, hint
        self.rows = count = count_rows(data)
        if not (count if rows is None else rows):
            raise InvalidValue("There are no rows to score.", "Give at least one row.")
        if rows is not None and count != rows:
            raise InvalidValue(
                f"There are {count} rows and {rows} true answers.", "Give one answer for each row."
            )
        inputs = input_detection.inputs_of(model, data)
        taken_inputs = supported_inputs(model, inputs)
        self._data = data
        if taken_inputs.kind != inputs.kind and hasattr(data, "to_numpy"):
            self._data = data.to_numpy()
        self._methods = methods_of(model, taken_inputs)
        self._outputs: dict[str, dict[str, Any]] = {}

    def has(self, method: str) -> bool:
        """Return whether the model has a method."""
        return method in self._methods

    def get(self, method: str) -> Any:
        """Ask the model.

        Returns
        -------
        ndarray
            One row for each row of the data.

        Raises
        ------
        InvalidValue
            If the model has no such method, or several outputs.
        ScoringFailed
            If the model fails.
        """
        arrays = self.outputs(method)
        if len(arrays) != 1:
            raise InvalidValue(
                f"{self._where} has several outputs, which cannot be scored together.", self._hint
            )
        return next(iter(arrays.values()))

    def outputs(self, method: str) -> dict[str, Any]:
        """Ask the model, and return its outputs by name; see `get`."""
        if method not in self._outputs:
            self._outputs[method] = self._ask(method)
        return self._outputs[method]

    def _ask(self, method: str) -> dict[str, Any]:
        if method not in self._methods:
            raise InvalidValue(
                f"{self._where} has no method {method}, so it cannot be scored.", self._hint
            )
        try:
            with without_side_effects(self._model):
                answer = self._methods[method](self._data)
            return named_arrays(method, answer, self.rows)
        except NbModelError:
            raise
        except Exception as error:  # the code of the model may raise anything
            why = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON_CHARACTERS]
            raise ScoringFailed(self._where, why, "Give rows as the model takes them.") from error

    def labels(self, classes: list[Any]) -> Any:
        """Return the predicted class of each row, as its position among the classes."""
        predicted = self.get("predict")
        if predicted.ndim == 2 and predicted.shape[1] == 1:
            predicted = predicted[:, 0]
        return targets.positions(predicted.tolist(), classes, "The answer of the model")

    def class_scores(self, count: int) -> tuple[Any, bool]:
        """Return one score for each row and class, and whether they are probabilities.

        Returns
        -------
        scores : ndarray of float, shape (rows, count), or None
        are_probabilities : bool
        """
        if self.has("predict_proba"):
            table = np.asarray(self.get("predict_proba"), dtype=np.float64)
            if table.shape == (self.rows, count):
                return table, True
        elif self.has("decision_function"):
            margins = np.asarray(self.get("decision_function"), dtype=np.float64)
            if margins.ndim == 1 and count == 2:
                return np.column_stack([-margins, margins]), False
            if margins.shape == (self.rows, count):
                return margins, False
        return None, False

    def numbers(self, answer: Any) -> Any:
        """Return an answer as floats, with one column for each output.

        Raises
        ------
        InvalidValue
            If the answer has other values than numbers.
        """
        try:
            table = np.asarray(answer).astype(np.float64)
        except (TypeError, ValueError):
            raise InvalidValue(
                f"{self._where} answers with {np.asarray(answer).dtype}, and does not say its "
                "classes.",
                self._hint,
            ) from None
        return table.reshape(len(table), -1) if table.ndim < 2 else table

    def require_shape(self, predicted: Any, actual: Any) -> None:
        """Raise InvalidValue if there is not one true answer for each output."""
        if predicted.shape != actual.shape:
            raise InvalidValue(
                f"{self._where} answers with the shape {list(predicted.shape)}, and the target has "
                f"the shape {list(actual.shape)}.",
                "Give one true answer for each output.",
            )


def count_rows(data: Any) -> int:
    """Count the rows of a table in any container.

    Examples
    --------
    >>> count_rows([[1], [2]]), count_rows({"age": [1, 2, 3]})
    (2, 3)
    """
    if isinstance(data, Mapping):  # arrays by name
        return count_rows(next(iter(data.values()), []))
    shape = getattr(data, "shape", None)
    return int(shape[0]) if shape else len(data)


def kind_of(model: Any) -> str:
    """What scikit-learn calls an estimator: classifier, regressor, clusterer, ...; else empty."""
    tags = getattr(model, "__sklearn_tags__", None)
    try:
        kind = tags().estimator_type if callable(tags) else None
    except Exception:  # noqa: BLE001  the code of a model may raise anything
        kind = None
    return str(kind or "")
