"""Checks of scikit-learn's transformers that write column indices of a sparse matrix.

scipy makes the matrix without a check of the indices, and a product with it uses them. So a
vocabulary or a list of categories must not contain an index beyond the columns of the transformer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute
from nbmodel.trust.rules import require

_MAX_FEATURES = 1 << 31
_MISSING_TESTS: Mapping[str, Callable[[Any], Any]] = {"f": np.isnan, "M": np.isnat, "m": np.isnat}


def _check_positions(table: Any, size: int) -> None:
    """Check that every value of `table` is an index below `size`."""
    require(type(table) is dict, "a vocabulary that is not a dict")
    for position in table.values():
        require(
            isinstance(position, (int, np.integer)),
            "a vocabulary whose values are not whole numbers",
        )
        require(0 <= position < size, "a vocabulary out of range")


def check_vocabulary(model: Any) -> None:
    """Check that terms map to columns below the number of terms."""
    state = vars(model)
    if "vocabulary_" in state:
        _check_positions(state["vocabulary_"], len(state["vocabulary_"]))


def check_hasher(model: Any) -> None:
    """Check that the number of features is positive: hashes are taken modulo it."""
    features = vars(model).get("n_features")
    require(isinstance(features, (int, np.integer)), "a number of features")
    require(0 < features < _MAX_FEATURES, "a number of features")


def check_constant(model: Any) -> None:
    """Check that there is one constant, so that there is one prediction for each sample."""
    constant = vars(model).get("y_")
    if constant is not None:
        require(type(constant) is np.ndarray and constant.shape == (1,), "more than one constant")


# -- OneHotEncoder -----------------------------------------------------------


def check_one_hot(model: Any) -> None:
    """Check that codes stay below the number of columns of their feature."""
    state = vars(model)
    if "categories_" not in state:
        return
    categories = attribute(model, "categories_", list)
    require(state.get("n_features_in_", len(categories)) == len(categories), "other features")
    groups = [
        _groups(names, mapping)
        for names, mapping in zip(categories, _mappings(model, len(categories)), strict=True)
    ]
    dropped = _dropped(state.get("_drop_idx_after_grouping"), groups)
    columns = [count - drop for count, drop in zip(groups, dropped, strict=True)]
    stated = attribute(model, "_n_features_outs", list)
    require(
        all(isinstance(n, (int, np.integer)) for n in stated),
        "numbers of columns that are not whole numbers",
    )
    require([int(n) for n in stated] == columns, "a wrong number of columns")


def _mappings(model: Any, features: int) -> list[Any]:
    """List for each feature the codes of its rare categories, or None."""
    state = vars(model)
    if not state.get("_infrequent_enabled", False):
        return [None] * features
    mappings: list[Any] = attribute(model, "_default_to_infrequent_mappings", list)
    require(len(mappings) == features, "rare categories for a different number of features")
    return mappings


def _groups(names: Any, mapping: Any) -> int:
    """Count the codes of one feature; rare categories share one."""
    require(type(names) is np.ndarray and names.ndim == 1, "categories that are not an array")
    if names.dtype.kind not in "OUS":
        # Binary search finds numbers, and ends outside of the array if they are not in order.
        is_missing = _MISSING_TESTS.get(names.dtype.kind)
        present = names if is_missing is None else names[~is_missing(names)]
        require((present[:-1] < present[1:]).all(), "categories that are not in order")
        require(np.array_equal(names[: len(present)], present), "categories that are not in order")
        require(len(names) - len(present) <= 1, "categories that are not in order")
    if mapping is None:
        return len(names)
    require(
        type(mapping) is np.ndarray and mapping.dtype.kind == "i",
        "rare categories that do not fit the categories",
    )
    require(
        mapping.shape == names.shape and len(mapping) > 0,
        "rare categories that do not fit the categories",
    )
    require(mapping.min() >= 0, "rare categories that do not fit the categories")
    return int(mapping.max()) + 1


def _dropped(dropped: Any, groups: list[int]) -> list[int]:
    """List for each feature 1 if one of its codes is dropped, else 0."""
    if dropped is None:
        return [0] * len(groups)
    require(
        type(dropped) is np.ndarray and dropped.shape == (len(groups),),
        "dropped categories for a different number of features",
    )
    result = []
    for index, count in zip(dropped.tolist(), groups, strict=True):
        # Categories that are chosen by name are numbers of numpy.
        is_number = isinstance(index, (int, np.integer)) and type(index) is not bool
        require(index is None or is_number, "a dropped category that is not a whole number")
        require(index is None or 0 <= index < count, "a dropped category out of range")
        result.append(0 if index is None else 1)
    return result


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **dict.fromkeys(("CountVectorizer", "TfidfVectorizer", "DictVectorizer"), check_vocabulary),
    **dict.fromkeys(("FeatureHasher", "HashingVectorizer"), check_hasher),
    "OneHotEncoder": check_one_hot,
    "_ConstantPredictor": check_constant,
}
