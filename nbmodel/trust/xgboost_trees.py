"""Checks of the trees of an XGBoost snapshot: every index is inside the array that it refers to."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from nbmodel.trust.rules import require

Document = dict[str, Any]
Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]

MAX_TREE_DEPTH = 1024  # SHAP values and dumps recurse
MAX_CATEGORY = 1 << 24  # the limit of XGBoost
DELETED = 0x7FFFFFFF  # the feature of a node that was pruned away

_NATURAL = re.compile(r"[0-9]{1,9}", re.ASCII)
_TREE_FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_TREE_INTS = ("left_children", "right_children", "parents", "split_indices")
_TREE_BYTES = ("default_left", "split_type")
_CATEGORIES = {
    "categories": ">i4",
    "categories_nodes": ">i4",
    "categories_segments": ">i8",
    "categories_sizes": ">i8",
}
_TREE_KEYS = frozenset((*_TREE_FLOATS, *_TREE_INTS, *_TREE_BYTES, *_CATEGORIES, "id", "tree_param"))

_VECTORS = (
    "a tree with several numbers a leaf (multi_strategy='multi_output_tree'), which is not checked"
)


def check_tree(tree: Any, number: int, features: int) -> int:
    """Check one tree; return the size of its categorical splits in bits."""
    require(type(tree) is dict and "leaf_weights" not in tree, _VECTORS)
    require(set(tree) == _TREE_KEYS and tree["id"] == number, "a tree that XGBoost does not write")
    param = tree["tree_param"]
    keys(param, "a tree", ("num_deleted", "num_feature", "num_nodes", "size_leaf_vector"))
    nodes = natural(param["num_nodes"], 1 << 30)
    require(param["num_feature"] == str(features), "a tree for a different number of features")
    require(param["size_leaf_vector"] in ("0", "1"), _VECTORS)
    require(nodes > 0, "a tree without nodes")
    for names, kind in ((_TREE_FLOATS, ">f4"), (_TREE_INTS, ">i4"), (_TREE_BYTES, "u1")):
        for name in names:
            packed(tree[name], kind, nodes, name)
    splits = tree["split_indices"]
    alive = np.flatnonzero(splits != DELETED)
    require(
        param["num_deleted"] == str(nodes - len(alive)), "a num_deleted that does not fit the nodes"
    )
    internal = check_structure(
        tree["left_children"], tree["right_children"], tree["parents"], alive
    )
    require(
        splits[alive].min() >= 0 and splits[alive].max() < features,
        "a split on a feature that does not exist",
    )
    require(
        tree["default_left"].max() <= 1 and tree["split_type"].max() <= 1,
        "a tree with flags that are not 0 or 1",
    )
    return _check_categories(tree, internal)


def check_structure(left: Ints, right: Ints, parents: Ints, alive: Ints) -> Ints:
    """Check that children and parents agree, and that the root reaches each node once.

    Parameters
    ----------
    left, right, parents : ndarray of int, shape (n,)
        Indices of nodes; -1 for none.
    alive : ndarray of int
        The nodes that pruning did not remove, in order. The others must be leaves.

    Returns
    -------
    internal : ndarray of int
        The nodes with children.
    """
    internal = np.flatnonzero(left != -1)
    require((right[left == -1] == -1).all(), "a leaf with a child")
    children = np.concatenate((left[internal], right[internal])).astype(np.int64)
    # Every node that exists, except the root, is the child of exactly one node.
    require(len(alive) > 0 and alive[0] == 0, "a tree without a root")
    require(np.array_equal(np.sort(children), alive[1:]), "children that are not the tree's nodes")
    require(
        (parents[children] == np.concatenate((internal, internal))).all(),
        "a node with a wrong parent",
    )
    require(parents[0] in (-1, 0x7FFFFFFF), "a root with a parent")
    require(len(parents) == 1 or (parents[1:].min() >= 0), "a node without a parent")
    require(parents[1:].max(initial=0) < len(parents), "a parent outside the tree")
    level = np.zeros(1, np.int64)
    reached = 0
    for _ in range(MAX_TREE_DEPTH):
        reached += len(level)
        level = level[left[level] != -1]
        if not len(level):
            break
        level = np.concatenate((left[level], right[level])).astype(np.int64)
    require(reached == len(alive), "a tree with a cycle, or deeper than 1024")
    return internal


def _check_categories(tree: Document, internal: Ints) -> int:
    values, nodes, starts, sizes = (tree[name] for name in _CATEGORIES)
    for (name, kind), array in zip(
        _CATEGORIES.items(), (values, nodes, starts, sizes), strict=True
    ):
        packed(array, kind, len(array), name)
    marked = np.flatnonzero(tree["split_type"])
    require(np.array_equal(nodes, marked), "categories of nodes that do not split by category")
    require(
        len(starts) == len(nodes) == len(sizes), "categories of nodes that do not split by category"
    )
    if not len(nodes):
        require(not len(values), "categories of no node")
        return 0
    require(np.isin(nodes, internal).all(), "categories of a leaf")
    require(values.min() >= 0 and values.max() < MAX_CATEGORY, "a category out of range")
    ends = np.cumsum(sizes)
    require(
        sizes.min() > 0 and ends[-1] == len(values) and np.array_equal(starts, ends - sizes),
        "segments that do not fit the categories",
    )
    return int(np.maximum.reduceat(values.astype(np.int64), starts.astype(np.int64)).sum())


def check_recoding(cats: Any, features: int) -> None:
    """Check the categories of the training data frame: counts, offsets and orders agree."""
    keys(cats, "categories", ("enc", "feature_segments", "sorted_idx"))
    encodings, segments, order = cats["enc"], cats["feature_segments"], cats["sorted_idx"]
    require(type(encodings) is list, "categories in an unknown form")
    counts = [_encoding_size(encoding) for encoding in encodings]
    if not counts:
        packed(segments, ">i4", 0, "feature_segments")
        packed(order, ">i4", 0, "sorted_idx")
        return
    require(len(counts) == features, "categories for a different number of features")
    packed(segments, ">i4", features + 1, "feature_segments")
    require(
        np.array_equal(segments, np.cumsum([0, *counts])),
        "feature_segments that do not fit the categories",
    )
    packed(order, ">i4", sum(counts), "sorted_idx")
    for begin, count in zip(segments[:-1], counts, strict=True):
        part = np.sort(order[begin : begin + count])
        require(np.array_equal(part, np.arange(count)), "a sorted_idx that is not an order")


def _encoding_size(encoding: Any) -> int:
    require(type(encoding) is dict and "values" in encoding, "categories in an unknown form")
    values = encoding["values"]
    require(
        isinstance(values, np.ndarray) and values.dtype.kind in "iuf",
        "categories of a type that is not allowed",
    )
    if set(encoding) == {"type", "values"}:
        require(
            type(encoding["type"]) is int and 0 <= encoding["type"] < 64,
            "categories of a type that is not allowed",
        )
        return len(values)
    keys(encoding, "categories", ("offsets", "values"))
    offsets = encoding["offsets"]
    packed(values, "i1", len(values), "values")
    packed(offsets, ">i4", len(offsets), "offsets")
    if not len(offsets):
        require(not len(values), "categories without offsets")
        return 0
    require(
        offsets[0] == 0 and offsets[-1] == len(values), "offsets that do not fit the categories"
    )
    require(
        (np.diff(offsets.astype(np.int64)) >= 0).all(), "offsets that do not fit the categories"
    )
    return len(offsets) - 1


# -- words of all documents ---------------------------------------------------


def keys(value: Any, what: str, keys: tuple[str, ...]) -> Document:
    """Require a dict with exactly these keys."""
    require(type(value) is dict and set(value) == set(keys), f"{what} of another form")
    return value  # type: ignore[no-any-return]


def natural(text: Any, limit: int) -> int:
    """Read a number that XGBoost stores as text."""
    require(type(text) is str and _NATURAL.fullmatch(text), "a count that is not a whole number")
    number = int(text)
    require(number <= limit, f"a count of {number}")
    return number


def packed(value: Any, kind: str, size: int, what: str) -> None:
    """Require a packed array of `size` items of dtype `kind`."""
    require(
        isinstance(value, np.ndarray) and value.dtype == np.dtype(kind) and len(value) == size,
        f"{what} of a wrong size or type",
    )
