"""Checks of scikit-learn's histogram gradient boosting: trees, bins and the encoding of categories.

Its compiled code does not check bounds, as in `nbmodel.trust.sklearn_trees`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute, build_plain
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.sklearn_trees import LEAF, check_children, check_loss, class_of

Array = np.ndarray[Any, Any]


def check_predictor(predictor: Any) -> None:
    """Check children, categories and dtypes of one tree of HistGradientBoosting."""
    from sklearn.ensemble._hist_gradient_boosting.common import (
        PREDICTOR_RECORD_DTYPE,
    )

    nodes = attribute(predictor, "nodes", np.ndarray)
    require(
        nodes.ndim == 1 and nodes.dtype == PREDICTOR_RECORD_DTYPE,
        "a tree with nodes in an unknown form",
    )
    require(len(nodes) < 1 << 31, "a tree with nodes in an unknown form")
    leaf = nodes["is_leaf"].astype(bool)
    left = np.where(leaf, LEAF, nodes["left"].astype(np.int64))
    right = np.where(leaf, LEAF, nodes["right"].astype(np.int64))
    check_children(left, right, len(nodes))
    require((nodes["feature_idx"][~leaf] >= 0).all(), "a tree with a different number of features")
    split = nodes[~leaf & nodes["is_categorical"].astype(bool)]
    for name in ("binned_left_cat_bitsets", "raw_left_cat_bitsets"):
        bits = attribute(predictor, name, np.ndarray)
        require(
            bits.ndim == 2 and bits.shape[1] == 8 and bits.dtype == np.uint32,
            "categories of a tree in an unknown form",
        )
        require((split["bitset_idx"] < len(bits)).all(), "a category out of range")


def check_hist_gradient_boosting(model: Any) -> None:
    """Check that trees read features of the data and categories of the bin mapper."""
    state = vars(model)
    require(not state.get("_in_fit", False), "a model whose fit was interrupted")
    if "_predictors" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    require(attribute(model, "_n_features", int) == width, "a wrong number of features")
    check_loss(state.get("_loss"))
    _check_preprocessor(state.get("_preprocessor"), width)
    categorical = _check_mapper(state.get("_bin_mapper"), width)
    columns = attribute(model, "n_trees_per_iteration_", int)
    for iteration in attribute(model, "_predictors", list):
        require(
            type(iteration) is list and len(iteration) == columns, "trees that are not in a list"
        )
        for predictor in iteration:
            require(type(predictor).__name__ == "TreePredictor", "trees of an unknown class")
            nodes = attribute(predictor, "nodes", np.ndarray)
            inner = nodes[nodes["is_leaf"] == 0]
            require(
                (inner["feature_idx"] < width).all(), "a tree with a different number of features"
            )
            split = inner[inner["is_categorical"] != 0]
            require(
                categorical[split["feature_idx"]].all(),
                "a split by categories on a feature of numbers",
            )


def _check_preprocessor(steps: Any, width: int) -> None:
    """Check the encoding of categories before the trees: it keeps the number of columns."""
    if steps is None:
        return
    require(class_of(steps)[1] == "ColumnTransformer", "an unknown step before the trees")
    require(
        attribute(steps, "n_features_in_", int) == width,
        "steps before the trees for a different number of features",
    )
    require(vars(steps).get("transformer_weights") is None, "transformer_weights before the trees")
    require(vars(steps).get("remainder") == "drop", "unexpected steps before the trees")
    encoder, numbers, *rest = attribute(steps, "transformers_", list)
    require(
        all(step[:2] == ("remainder", "drop") for step in rest), "unexpected steps before the trees"
    )
    require(
        (encoder[0], numbers[0]) == ("encoder", "numerical"), "unexpected steps before the trees"
    )
    mask, others = encoder[2], numbers[2]
    require(
        type(mask) is np.ndarray and mask.shape == (width,) and mask.dtype == bool,
        "a wrong mask of categorical features",
    )
    require(
        type(others) is np.ndarray and np.array_equal(others, ~mask),
        "a wrong mask of categorical features",
    )
    # These select the columns of a data frame.
    indices = attribute(steps, "_transformer_to_input_indices", dict)
    require(
        indices["encoder"] == np.flatnonzero(mask).tolist(),
        "a wrong choice of columns before the trees",
    )
    require(
        indices["numerical"] == np.flatnonzero(~mask).tolist(),
        "a wrong choice of columns before the trees",
    )
    _check_encoding(encoder[1], numbers[1], int(mask.sum()))


def _check_encoding(encoder: Any, numbers: Any, encoded: int) -> None:
    require(class_of(encoder)[1] == "OrdinalEncoder", "an encoder of an unknown class")
    require(
        attribute(encoder, "n_features_in_", int) == encoded,
        "an encoder for a different number of features",
    )
    require(class_of(numbers)[1] == "FunctionTransformer", "an input check of an unknown class")
    function = attribute(numbers, "func", partial)
    require(
        function.func.__name__ == "check_array" and not function.args,
        "an input check by an unknown function",
    )
    allowed = {"dtype", "ensure_all_finite", "force_all_finite"}
    require(
        set(function.keywords) <= allowed and not vars(numbers).get("kw_args"),
        "an input check with unknown arguments",
    )


def _check_mapper(mapper: Any, width: int) -> Array:
    """Check the arrays of the bin mapper; return which features are categories."""
    require(type(mapper).__name__ == "_BinMapper", "a bin mapper of an unknown class")
    bins = vars(mapper).get("n_bins")
    require(
        isinstance(bins, (int, np.integer)) and 3 <= bins <= 256,
        "a number of bins that is out of range",
    )
    categorical = attribute(mapper, "is_categorical_", np.ndarray)
    require(
        categorical.shape == (width,) and categorical.dtype == np.uint8,
        "a bin mapper with a wrong is_categorical_",
    )
    thresholds = attribute(mapper, "bin_thresholds_", list)
    require(len(thresholds) == width, "a bin mapper for a different number of features")
    for edges in thresholds:
        require(
            type(edges) is np.ndarray and edges.dtype == np.float64,
            "edges of bins in an unknown form",
        )
        require(edges.ndim == 1 and len(edges) < bins, "edges of bins in an unknown form")
    for number in np.flatnonzero(categorical):
        categories = thresholds[number]
        require(((categories >= 0) & (categories < 256)).all(), "a category out of range")
    require(
        vars(mapper).get("missing_values_bin_idx_") == bins - 1, "a wrong bin for missing values"
    )
    selected: Array = categorical.astype(bool)
    return selected


CHECKS: Mapping[str, Callable[[Any], None]] = {
    "HistGradientBoostingClassifier": check_hist_gradient_boosting,
    "HistGradientBoostingRegressor": check_hist_gradient_boosting,
}

RULES: RuleTable = {
    ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"): Rule(
        new=True, build=build_plain, check=check_predictor
    ),
}
