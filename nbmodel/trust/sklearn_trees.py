"""Checks of scikit-learn's trees, and of the ensembles that traverse them in compiled code.

A traversal goes from a node to a child by index, and reads a feature by index, without bounds
checks. It stays inside under two conditions. The index of every child is larger than that of its
parent and inside the array of nodes. Every feature is inside the width of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.sklearn_boosting_init import check_first_prediction

Array = np.ndarray[Any, Any]

LEAF = -1
_MAX_OUTPUTS = 1 << 20
_LOSSES = "sklearn._loss.loss"
_LINKS = "sklearn._loss.link"


def check_children(left: Array, right: Array, count: int) -> None:
    """Prove that inner nodes and their children form one tree.

    Parameters
    ----------
    left, right : ndarray of int
        Indices of the children of each of the `count` nodes; -1 in both for a leaf.
    """
    require(count > 0, "a tree without nodes")
    left, right = np.ascontiguousarray(left), np.ascontiguousarray(right)
    is_inner = left != LEAF
    require(np.array_equal(right != LEAF, is_inner), "a tree node with one child")
    inner = np.flatnonzero(is_inner)
    is_child = np.zeros(count, bool)
    for children in (left := left[inner], right := right[inner]):
        require((children > inner).all(), "a tree node out of range")
        require(children.max(initial=0) < count, "a tree node out of range")
        is_child[children] = True
    require(2 * len(inner) == count - 1, "a tree with nodes that its root does not reach")
    # There are as many children as nodes besides the root, all different: each node has one parent.
    require(np.count_nonzero(is_child) == count - 1, "a node with two parents")


# -- the compiled Tree -------------------------------------------------------


def make_tree(features: Any, classes: Any, outputs: Any) -> Any:
    """Replace ``Tree(n_features, n_classes, n_outputs)``."""
    from sklearn.tree._tree import Tree

    require(type(features) is int and features > 0, "a tree without features")
    require(type(outputs) is int and 0 < outputs <= _MAX_OUTPUTS, "a tree without outputs")
    require(
        type(classes) is np.ndarray and classes.shape == (outputs,) and classes.dtype == np.intp,
        "a tree without one number of classes for each output",
    )
    require((classes > 0).all() and (classes <= _MAX_OUTPUTS).all(), "a tree without classes")
    return Tree(features, classes, outputs)


def build_tree(tree: Any, state: Any) -> None:
    """Replace ``Tree.__setstate__``, which copies the nodes and checks their dtype."""
    require(type(state) is dict, "a tree with a state in an unknown form")
    nodes, values = state["nodes"], state["values"]
    require(
        type(nodes) is np.ndarray and type(values) is np.ndarray,
        "a tree with a state in an unknown form",
    )
    require(
        nodes.ndim == 1 and nodes.dtype.names is not None, "a tree with nodes in an unknown form"
    )
    count, depth = state["node_count"], state["max_depth"]
    require(type(count) is int and count == len(nodes), "a tree with a wrong number of nodes")
    # This copies without checks, which follow while the copy is in the processor cache.
    tree.__setstate__({"max_depth": depth, "node_count": count, "nodes": nodes, "values": values})
    left, right, features = _columns(nodes, ("left_child", "right_child", "feature"))
    check_children(left, right, count)
    features = features[left != LEAF]
    inside = features.min(initial=0) >= 0 and features.max(initial=0) < tree.n_features
    require(inside, "a tree with a different number of features")
    # decision_path() writes one entry for each level into an array of max_depth + 1.
    actual = int(tree.compute_node_depths().max()) - 1  # the depth of the root is 1
    require(type(depth) is int and depth == actual, "a tree with a wrong max_depth")


def _columns(nodes: Array, names: tuple[str, ...]) -> Any:
    """Copy fields of the nodes into separate arrays; in one pass if they are words."""
    fields = [(nodes.dtype.fields or {})[name] for name in names]
    word = np.dtype(np.int64)
    aligned = all(field[0] == word and field[1] % 8 == 0 for field in fields)
    if aligned and nodes.dtype.itemsize % 8 == 0 and nodes.flags.c_contiguous and len(nodes):
        table = nodes.view(word).reshape(len(nodes), -1)
        return np.ascontiguousarray(table[:, [field[1] // 8 for field in fields]].T)
    return [np.ascontiguousarray(nodes[name]) for name in names]


def check_tree(tree: Any) -> None:
    """Refuse a tree without nodes, which no BUILD has filled."""
    require(tree.node_count > 0, "a tree without nodes")


def check_decision_tree(estimator: Any) -> None:
    """Check that the tree reads no more features than the estimator accepts."""
    state = vars(estimator)
    if "tree_" in state:
        width = attribute(estimator, "n_features_in_", int)
        require(
            class_of(state["tree_"]) == ("sklearn.tree._tree", "Tree"),
            "a tree_ of an unknown class",
        )
        require(state["tree_"].n_features == width, "a tree with a different number of features")


def class_of(value: object) -> tuple[str, str]:
    """Return the module and the name of the class of a value."""
    return type(value).__module__, type(value).__name__


# -- gradient boosting -------------------------------------------------------


def check_gradient_boosting(model: Any) -> None:
    """Check the trees: `predict_stages` adds the values of each to one column of an array."""
    state = vars(model)
    if "estimators_" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    trees = attribute(model, "estimators_", np.ndarray)
    require(
        trees.ndim == 2 and trees.size > 0 and trees.dtype.hasobject,
        "trees that are not in an array",
    )
    for tree in trees.flat:
        require(
            class_of(tree) == ("sklearn.tree._classes", "DecisionTreeRegressor"),
            f"a {type(tree).__name__} among the trees of gradient boosting",
        )
        check_decision_tree(tree)
        require(
            vars(tree).get("n_features_in_") == width, "a tree with a different number of features"
        )
        require(tree.tree_.value.shape[1:] == (1, 1), "a tree of more than one output")
    columns = attribute(model, "n_trees_per_iteration_", int)
    require(columns == trees.shape[1], "a wrong number of trees for each iteration")
    check_loss(state.get("_loss"))
    _check_init(model, state.get("init_"), columns)


def check_loss(loss: Any) -> None:
    """Check that a loss and its link function are of known classes."""
    require(type(loss).__module__ == _LOSSES, "a loss of an unknown class")
    require(
        type(vars(loss).get("link")).__module__ == _LINKS, "a link function of an unknown class"
    )


def _check_init(model: Any, init: Any, columns: int) -> None:
    """Check the first prediction: it has one column for each tree and one row for each sample."""
    is_classifier = type(model).__name__ == "GradientBoostingClassifier"
    require(columns == 1 or is_classifier, "classes in a regression model")
    require(
        bool(model._loss.is_multiclass) == (columns > 1), "a loss for a different number of classes"
    )
    if not (type(init) is str and init == "zero"):
        width = attribute(model, "n_features_in_", int)
        check_first_prediction(init, width, max(columns, 2) if is_classifier else 0)


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **{
        f"{kind}{task}": check_decision_tree
        for kind in ("DecisionTree", "ExtraTree")
        for task in ("Classifier", "Regressor")
    },
    "GradientBoostingClassifier": check_gradient_boosting,
    "GradientBoostingRegressor": check_gradient_boosting,
}

RULES: RuleTable = {
    ("sklearn.tree._tree", "Tree"): Rule(call=make_tree, build=build_tree, check=check_tree),
}
