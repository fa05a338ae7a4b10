"""Finds the inputs of a model in its fitted state, without importing its framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.predict import category_codes
from nbmodel.predict.inputs import InputColumn, Inputs, unique_names

MAX_DEPTH = 8
_VECTORIZERS = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
_DICTS = ("DictVectorizer", "FeatureHasher")
_ONE_DIMENSIONAL = ("IsotonicRegression", "LabelBinarizer", "LabelEncoder")
_INNER = ("best_estimator_", "estimator_", "regressor_", "classifier_")
_GENERATED_RE = re.compile(r"Column_\d+|f\d+|x\d+")  # names that a framework generates


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a part of a fitted object contains about one column.

    Attributes
    ----------
    categories : tuple
        Values of the column in the fit of an encoder.
    vocabulary : tuple of str
        Words in the fit of a vectorizer.
    """

    categories: tuple[Any, ...] = ()
    vocabulary: tuple[str, ...] = ()


def names_of(model: Any) -> tuple[str, ...]:
    """Return the names of the columns of a fit; empty if they are unknown."""
    for read in _NAME_READERS:
        names = _attempt(read, model)
        if names is not None and len(names):
            texts = tuple(str(name) for name in names)
            return () if all(_GENERATED_RE.fullmatch(name) for name in texts) else texts
    return ()


def inputs_of(model: Any) -> Inputs:
    """Return the inputs of an object that was committed without training data."""
    first = first_step(model)
    if type(first).__name__ in _DICTS:
        return Inputs(kind="records", columns=(InputColumn(name="record", dtype="object"),))
    if type(first).__name__ in _VECTORIZERS:
        column = InputColumn(name="text", dtype="object", holds="str")
        return Inputs(kind="list", columns=(column,))
    if type(first).__name__ in _ONE_DIMENSIONAL:
        return Inputs(kind="list", columns=(InputColumn(name="X"),))
    names = names_of(model)
    kinds = _categorical(model, len(names))
    if names:
        hints = hints_of(model, names)
        categories = category_codes.names_of(model)
        columns = tuple(
            _coded(unique, categories[name])
            if name in categories
            else _column(unique, hints.get(name), kind, first)
            for name, unique, kind in zip(names, unique_names(names), kinds, strict=True)
        )
        return Inputs(kind="frame", columns=columns)
    count = _attempt(lambda: int(model.n_features_in_)) or 0
    if not count:
        return Inputs(kind="matrix")
    dtype = _matrix_dtype(first)
    return Inputs(kind="matrix", columns=(InputColumn(name="X", dtype=dtype, shape=(-1, count)),))


def first_step(model: Any) -> Any:
    """Return what gets the rows: the first step of a pipeline, the first member of an ensemble."""
    for _ in range(MAX_DEPTH):
        steps = getattr(model, "steps", None)
        if isinstance(steps, list) and steps and isinstance(steps[0], tuple):
            model = steps[0][1]
            continue
        inner = next((part for a in _INNER if (part := getattr(model, a, None)) is not None), None)
        inner = _first_member(model) if inner is None else inner
        if inner is None or not hasattr(inner, "get_params"):
            return model
        model = inner
    return model


def _first_member(model: Any) -> Any:
    """The first of several estimators that get the same rows; None if there is none."""
    if type(model).__name__ == "FrozenEstimator":
        return model.estimator
    if hasattr(model, "estimators_features_"):  # each member of a bagging gets its own columns
        return None
    members = getattr(model, "estimators_", None)
    if isinstance(members, list) and members:
        return members[0]
    calibrated = getattr(model, "calibrated_classifiers_", None)
    return calibrated[0].estimator if isinstance(calibrated, list) and calibrated else None


def hints_of(model: Any, names: Sequence[str]) -> dict[str, Hint]:
    """Collect the categories and vocabularies of columns in encoders and vectorizers.

    Returns
    -------
    hints : dict of str to Hint
        By name of the column.
    """
    hints: dict[str, Hint] = {}
    for part, columns in _parts(first_step(model), list(names), 0):
        categories = getattr(part, "categories_", None)
        vocabulary = getattr(part, "vocabulary_", None)
        if isinstance(vocabulary, dict) and len(columns) == 1:
            words = tuple(sorted(str(word) for word in vocabulary))
            hints.setdefault(columns[0], Hint(vocabulary=words))
        if isinstance(categories, list) and len(categories) == len(columns):
            for column, values in zip(columns, categories, strict=True):
                hints.setdefault(column, Hint(categories=tuple(np.asarray(values).tolist())))
    return hints


# -- names -------------------------------------------------------------------


def _attempt(read: Callable[..., Any], *arguments: Any) -> Any:
    """Read a property; None if it raises, as properties of unfitted parts do."""
    try:
        return read(*arguments)
    except Exception:  # noqa: BLE001  the code of a model may raise anything
        return None


_NAME_READERS: tuple[Callable[[Any], Any], ...] = (
    lambda model: model.feature_names_in_,  # scikit-learn, and frameworks with its interface
    lambda model: model.feature_names_,  # CatBoost
    lambda model: model.feature_name(),  # a booster of LightGBM
    lambda model: model.get_booster().feature_names,  # a wrapper of XGBoost
    lambda model: model.feature_names,  # a booster of XGBoost
    lambda model: model.model.exog_names if not hasattr(model.model, "formula") else (),
)


# -- dtypes ------------------------------------------------------------------


def _column(name: str, hint: Hint | None, categorical: bool, first: Any) -> InputColumn:
    if categorical:
        return InputColumn(name=name, dtype="category")
    if hint is not None and hint.categories:
        return _encoded(name, hint.categories)
    if hint is not None or _is_split(first) or not hasattr(first, "get_params"):
        return InputColumn(name=name)  # unknown: it may hold numbers or texts
    return InputColumn(name=name, dtype=_matrix_dtype(first))


def _coded(name: str, categories: tuple[str, ...]) -> InputColumn:
    """Describe a column whose categories the model takes by their codes."""
    return InputColumn(
        name=name, dtype="category", categories=categories, category_dtype="str", closed=True
    )


def _encoded(name: str, categories: Sequence[Any]) -> InputColumn:
    """Describe a column of an encoder, for which None and NaN are two categories."""
    present = [value for value in categories if value is not None and value == value]
    if present and all(isinstance(value, str) for value in present):
        mark = "" if None in categories else "nan"
        return InputColumn(name=name, dtype="object", holds="str", missing=mark)
    if None in categories:
        return InputColumn(name=name, dtype="object")
    if present and all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        return InputColumn(name=name, dtype="int64")
    return InputColumn(name=name)


def _matrix_dtype(first: Any) -> str:
    """Return float64, to which check_array converts, except for the values of an encoder."""
    categories = getattr(first, "categories_", None)
    if isinstance(categories, list) and categories:
        kinds = {np.asarray(values).dtype.kind for values in categories}
        return "" if kinds - set("fiu") else "float64"
    return "" if _is_split(first) or not hasattr(first, "get_params") else "float64"


def _is_split(part: Any) -> bool:
    return hasattr(part, "transformers_") or hasattr(part, "transformer_list")


def _categorical(model: Any, count: int) -> list[bool]:
    """List for each column whether a booster takes it as categories."""
    types = _attempt(lambda: model.get_booster().feature_types) or _attempt(
        lambda: model.feature_types
    )
    if isinstance(types, list) and len(types) == count:
        return [kind == "c" for kind in types]
    booster = getattr(model, "booster_", model) if _attempt(lambda: model.booster_) else model
    if getattr(booster, "pandas_categorical", None):
        infos = re.search(
            r"^feature_infos=(.*)$", booster.model_to_string(num_iteration=1), re.MULTILINE
        )
        parts = infos[1].split(" ") if infos else []
        if len(parts) == count:
            return [not part.startswith("[") and part != "none" for part in parts]
    return [False] * count


# -- parts of a pipeline -----------------------------------------------------


def _parts(part: Any, names: list[str], depth: int) -> Iterator[tuple[Any, list[str]]]:
    """Yield fitted parts that get columns of the input unchanged, each with their names."""
    if depth > MAX_DEPTH:
        return
    part = first_step(part)
    for row in _rows(getattr(part, "transformers_", None), 3):
        columns = _attempt(selected_names, row[2], names) or []
        yield from _parts(row[1], columns, depth + 1)
    for row in _rows(getattr(part, "transformer_list", None), 2):
        yield from _parts(row[1], names, depth + 1)
    yield part, names


def _rows(table: Any, width: int) -> list[tuple[Any, ...]]:
    if not isinstance(table, list):
        return []
    return [row for row in table if isinstance(row, tuple) and len(row) == width]


def selected_names(columns: Any, names: list[str]) -> list[str]:
    """Return the names that a column selector of a ColumnTransformer selects."""
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, int | np.integer):
        return [names[columns]]
    if isinstance(columns, slice):
        return names[columns]
    values = list(columns)
    if values and all(isinstance(value, bool | np.bool_) for value in values):
        return [name for name, is_selected in zip(names, values, strict=True) if is_selected]
    return [value if isinstance(value, str) else names[value] for value in values]
