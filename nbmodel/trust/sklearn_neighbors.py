"""Checks of scikit-learn's nearest neighbors: metric trees, distances, and their models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute
from nbmodel.trust.rules import Rule, RuleTable, require, words

_METRICS = "sklearn.metrics._dist_metrics"
_TREES = {"KDTree": "sklearn.neighbors._kd_tree", "BallTree": "sklearn.neighbors._ball_tree"}
# Rows of node_bounds: a box has two corners, and a ball has one center.
_BOUNDS = {"KDTree": 2, "BallTree": 1}
_DISTANCES = words(
    "BrayCurtis Canberra Chebyshev Dice Euclidean Hamming Haversine Jaccard Mahalanobis Manhattan "
    "Minkowski RogersTanimoto RussellRao SEuclidean SokalMichener SokalSneath"
)
_DISTANCE_CLASSES = [
    f"{name}Distance{suffix}" for name in _DISTANCES for suffix in ("", "32", "64")
]
_MAX_LEVELS = 48


# -- distances ---------------------------------------------------------------


def make_distance(kind: Any) -> Any:
    """Replace ``_dist_metrics.newObj``."""
    require(
        isinstance(kind, type) and kind.__module__ == _METRICS, "a distance of an unknown class"
    )
    metric = kind.__new__(kind)
    # Some distances write to memory that only `__setstate__` makes; the pickle may have no BUILD.
    metric.__setstate__(metric.__getstate__())
    return metric


def build_distance(metric: Any, state: Any) -> None:
    """Replace ``DistanceMetric.__setstate__``, with copies of its arrays."""
    require(type(state) is tuple and len(state) == 3, "a distance with a state in an unknown form")
    power, vector, matrix = state
    require(type(power) is float, "a distance with a state in an unknown form")
    for array, ndim in ((vector, 1), (matrix, 2)):
        require(
            type(array) is np.ndarray and array.ndim == ndim,
            "a distance with a state in an unknown form",
        )
        require(array.dtype == np.float64, "a distance with a state in an unknown form")
    metric.__setstate__((power, np.array(vector, order="C"), np.array(matrix, order="C")))


def check_distance(metric: Any) -> None:
    """Check that the weights and the matrix of a distance fit each other."""
    if type(metric).__name__.startswith("Mahalanobis"):
        matrix = metric.__getstate__()[2]
        require(matrix.shape[0] == matrix.shape[1], "a Mahalanobis distance with a wrong matrix")


def _check_width(metric: Any, width: int) -> None:
    """Check that a distance has as many numbers as the data has features."""
    _, vector, matrix = metric.__getstate__()
    name = type(metric).__name__
    if name.startswith("Mahalanobis"):
        require(matrix.shape == (width, width), "a distance for a different number of features")
    elif name.startswith("SEuclidean"):
        require(vector.shape == (width,), "a distance for a different number of features")
    elif name.startswith("Minkowski"):
        require(len(vector) in (0, width), "a distance for a different number of features")
    elif name.startswith("Haversine"):
        require(width == 2, "a distance for a different number of features")


def check_metric_parameters(model: Any) -> None:
    """Check that the matrix of a Mahalanobis distance has the width of the data.

    In some cases, scipy reads one number of the matrix for each pair of features without a check of
    its shape. One such case is data of a different dtype than the fitted samples.
    """
    state = vars(model)
    for name in ("metric_params", "effective_metric_params_"):
        parameters = state.get(name)
        matrix = parameters.get("VI") if type(parameters) is dict else None
        if matrix is not None:
            width = state.get("n_features_in_")
            require(type(width) is int, f"VI in {name} of a model that is not fitted")
            require(
                np.shape(matrix) == (width, width),
                f"VI in {name} for a different number of features",
            )


# -- metric trees ------------------------------------------------------------


def make_metric_tree(kind: Any) -> Any:
    """Replace ``newObj`` of KDTree and BallTree."""
    require(
        isinstance(kind, type) and _TREES.get(kind.__name__) == kind.__module__,
        "a metric tree of an unknown class",
    )
    return kind.__new__(kind)


def build_metric_tree(tree: Any, state: Any) -> None:
    """Replace ``BinaryTree.__setstate__``; arrays of indices are copied and then checked."""
    require(
        type(state) is tuple and len(state) == 13, "a metric tree with a state in an unknown form"
    )
    arrays, numbers, metric, weight = state[:4], state[4:11], state[11], state[12]
    require(
        all(type(array) is np.ndarray for array in arrays),
        "a metric tree with a state in an unknown form",
    )
    require(
        all(type(number) is int for number in numbers),
        "a metric tree with a state in an unknown form",
    )
    require(
        all(0 <= number < 1 << 62 for number in numbers),
        "a metric tree with a state in an unknown form",
    )
    require(type(metric).__module__ == _METRICS, "a metric tree with an unknown distance")
    require(weight is None or type(weight) is np.ndarray, "a metric tree with wrong weights")
    data, index, nodes, bounds = arrays
    tree.__setstate__((data, index.copy(), nodes.copy(), bounds.copy(), *state[4:]))


def check_metric_tree(tree: Any) -> None:
    """Check that the nodes divide the points without overlap, and that every index is valid."""
    data, index, nodes, bounds, leaf_size, levels, count, *_, metric, weight = tree.__getstate__()
    points, width = data.shape
    require(points > 0 and width > 0 and leaf_size > 0, "a metric tree without points")
    require(
        0 < levels <= _MAX_LEVELS and count == 2**levels - 1,
        "a metric tree with a wrong number of levels",
    )
    require(len(nodes) == count, "a metric tree with a wrong number of nodes")
    require(
        bounds.shape == (_BOUNDS[type(tree).__name__], count, width),
        "a metric tree with bounds of a wrong shape",
    )
    require(weight is None or weight.shape == (points,), "a metric tree with wrong weights")
    require(len(index) == points, "a metric tree with a wrong index")
    require(
        index.min() >= 0 and index.max() < points and (np.bincount(index) == 1).all(),
        "a metric tree with a wrong index",
    )
    _check_spans(nodes, points)
    _check_width(metric, width)


def _check_spans(nodes: np.ndarray[Any, Any], points: int) -> None:
    start, end = nodes["idx_start"], nodes["idx_end"]
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    left, right = 2 * inner + 1, 2 * inner + 2
    require((right < len(nodes)).all(), "a metric tree with a node out of range")
    require(start[0] == 0 and end[0] == points, "a metric tree with a wrong root")
    # Nodes below a leaf are never visited. Other nodes divide the points of their parent.
    require(
        (start[left] == start[inner]).all(), "a metric tree whose nodes do not cover its points"
    )
    require((end[right] == end[inner]).all(), "a metric tree whose nodes do not cover its points")
    require((end[left] == start[right]).all(), "a metric tree whose nodes do not cover its points")
    require((start[left] <= end[left]).all(), "a metric tree whose nodes do not cover its points")
    require((start[right] <= end[right]).all(), "a metric tree whose nodes do not cover its points")


# -- estimators over them ----------------------------------------------------


def check_neighbors(model: Any) -> None:
    """Check the width and number of stored samples, and that labels are classes of the model."""
    state = vars(model)
    if "_fit_X" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    samples = state["_fit_X"]
    shape = getattr(samples, "shape", None)
    is_array = type(samples) is np.ndarray
    require(
        is_array or type(samples).__module__ == "scipy.sparse._csr", "samples that are not an array"
    )
    require(type(shape) is tuple and len(shape) == 2, "samples with a wrong number of dimensions")
    require(samples.shape[1] == width, "samples with a different number of features")
    require(state.get("n_samples_fit_") == samples.shape[0], "a wrong number of samples")
    _check_tree_of(state.get("_tree"), samples.shape)
    require(_is_number(state.get("n_neighbors", 1)), "a number of neighbors that is out of range")
    if "classes_" in state:
        _check_labels(state.get("_y"), state["classes_"], samples.shape[0])


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, (int, np.integer))


def _check_tree_of(tree: Any, shape: tuple[int, int]) -> None:
    if tree is not None:
        require(_TREES.get(type(tree).__name__) == type(tree).__module__, "a tree of no tree")
        require(
            tree.__getstate__()[0].shape == shape,
            "a metric tree over a different number of samples",
        )


def _check_labels(labels: Any, classes: Any, samples: int) -> None:
    """Check labels, which are indices of the scores of a sample."""
    require(type(labels) is np.ndarray and labels.dtype.kind == "i", "labels of no number")
    require(labels.ndim in (1, 2) and labels.shape[0] == samples, "a wrong number of labels")
    columns = labels.reshape(samples, -1)
    lists = classes if type(classes) is list else [classes]
    require(len(lists) == columns.shape[1], "labels for a different number of outputs")
    for column, names in zip(columns.T, lists, strict=True):
        require(type(names) is np.ndarray and names.ndim == 1, "classes that are not an array")
        inside = not len(column) or (column.min() >= 0 and column.max() < len(names))
        require(inside, "a label that is not one of the classes")


def check_density(model: Any) -> None:
    """Check that the tree of a density estimate holds samples of the width of the model."""
    tree = vars(model).get("tree_")
    if tree is not None:
        width = attribute(model, "n_features_in_", int)
        require(_TREES.get(type(tree).__name__) == type(tree).__module__, "a tree of no tree")
        require(
            tree.__getstate__()[0].shape[1] == width,
            "a metric tree with a different number of features",
        )


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **dict.fromkeys(
        (
            "KNeighborsClassifier",
            "KNeighborsRegressor",
            "KNeighborsTransformer",
            "LocalOutlierFactor",
            "NearestNeighbors",
            "RadiusNeighborsClassifier",
            "RadiusNeighborsRegressor",
            "RadiusNeighborsTransformer",
        ),
        check_neighbors,
    ),
    "KernelDensity": check_density,
}

_METRIC_TREE = Rule(call=make_metric_tree, build=build_metric_tree, check=check_metric_tree)

RULES: RuleTable = {
    **{(_METRICS, name): Rule(value=True) for name in _DISTANCE_CLASSES},
    (_METRICS, "newObj"): Rule(call=make_distance, build=build_distance, check=check_distance),
    **{(module, name): Rule(value=True) for name, module in _TREES.items()},
    **{(module, "newObj"): _METRIC_TREE for module in _TREES.values()},
}
