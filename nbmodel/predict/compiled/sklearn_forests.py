"""scikit-learn's decision trees and forests.

The method of a forest calls each tree from Python and adds the results. Here all trees are joined
to one tree. A row is repeated for each tree, with the number of the tree as an additional column.
Nodes at the top lead to the tree of that number. So the compiled code of scikit-learn traverses
all trees in one call. The sums are computed in the order of the trees, as in a forest with
``n_jobs=1`` (with more jobs, the order of the threads decides).

Sources: `sklearn.ensemble._forest`, `sklearn.tree._classes`, `sklearn.tree._tree` (1.5 to 1.9).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, Scorers, check_finite

# Of a joined tree, of 64 bytes each. The trees of a larger forest are called one by one.
MAX_JOINED_NODES = 2_000_000
# Of repeated rows. For more values, each tree is called with all rows.
MAX_REPEATED_VALUES = 1 << 20


def steps_of(model: Any) -> Scorers:
    """Make ``predict``, and ``predict_proba`` of classifiers; nothing for several targets."""
    if model.n_outputs_ != 1:
        return {}
    if hasattr(model, "tree_"):
        mean = _single_tree(model.tree_)
    else:
        mean = Forest([estimator.tree_ for estimator in model.estimators_]).mean
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {"predict": lambda rows: mean(rows)[:, 0]}
    count = int(model.n_classes_)
    return {
        "predict": lambda rows: classes.take(mean(rows).argmax(axis=1), axis=0),
        "predict_proba": lambda rows: mean(rows)[:, :count],
    }


def narrow(rows: Matrix) -> Matrix:
    """Convert rows to float32, as trees do; raise `NotCompiled` if a value does not fit."""
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(rows, dtype=np.float32)
    check_finite(converted)
    return converted


def _single_tree(tree: Any) -> Callable[[Matrix], Matrix]:
    def values(rows: Matrix) -> Matrix:
        predictions: Matrix = tree.predict(narrow(rows))
        return predictions.reshape(len(rows), -1)

    return values


class Forest:
    """The trees of a forest, joined.

    Parameters
    ----------
    trees : sequence of sklearn.tree._tree.Tree
    """

    def __init__(self, trees: Sequence[Any]) -> None:
        self._trees = trees
        self._count = len(trees)
        self._features = trees[0].n_features
        self._joined: Any = None
        if sum(tree.node_count for tree in trees) <= MAX_JOINED_NODES:
            self._joined, self._values = _join(trees)

    def mean(self, rows: Matrix) -> Matrix:
        """Return the mean of the values of the trees, as rows x values."""
        small = narrow(rows)
        if self._joined is None or small.size * self._count > MAX_REPEATED_VALUES:
            return self._one_by_one(small)
        numbered = np.empty((len(small), self._count, self._features + 1), dtype=np.float32)
        numbered[:, :, :-1] = small[:, np.newaxis, :]
        numbered[:, :, -1] = np.arange(self._count, dtype=np.float32)
        leaves = self._joined.apply(numbered.reshape(-1, self._features + 1))
        values = self._values.take(leaves, axis=0).reshape(len(small), self._count, -1)
        # Not `sum`, which adds in pairs. The forest begins with zero, so -0.0 becomes 0.0.
        total: Matrix = values.cumsum(axis=1)[:, -1] + 0.0
        total /= self._count
        return total

    def _one_by_one(self, rows: Matrix) -> Matrix:
        total = np.zeros((len(rows), self._trees[0].value.shape[2]))
        for tree in self._trees:
            total += tree.predict(rows).reshape(len(rows), -1)
        total /= self._count
        return total


def _join(trees: Sequence[Any]) -> tuple[Any, Matrix]:
    """Join all trees to one, and return it with the values of its nodes (nodes x values)."""
    parts = [tree.__getstate__() for tree in trees]
    top = max(1, len(trees) - 1)
    starts = np.cumsum([top, *(len(part["nodes"]) for part in parts)])
    nodes = np.empty(starts[-1], dtype=parts[0]["nodes"].dtype)
    for part, start in zip(parts, starts[:-1], strict=True):
        own = nodes[start : start + len(part["nodes"])]
        own[:] = part["nodes"]
        inner = own["left_child"] >= 0
        own["left_child"][inner] += start
        own["right_child"][inner] += start
    nodes[:top] = nodes[starts[0]]  # the other fields of a node are not used
    _lead(nodes, [int(start) for start in starts[:-1]], trees[0].n_features)
    values = np.concatenate(
        [np.zeros((top, *parts[0]["values"].shape[1:]))] + [part["values"] for part in parts]
    )
    state = parts[0] | {
        "nodes": nodes,
        "values": values,
        "node_count": len(nodes),
        "max_depth": max(part["max_depth"] for part in parts) + len(trees).bit_length() + 1,
    }
    kind = type(trees[0])
    joined = kind(
        trees[0].n_features + 1, np.asarray(trees[0].n_classes, dtype=np.intp), trees[0].n_outputs
    )
    joined.__setstate__(state)
    return joined, values[:, 0, :]


def _lead(nodes: Matrix, roots: list[int], feature: int) -> None:
    """Fill the nodes at the top from 0 on: each divides the numbers of trees in halves."""
    free = iter(range(1, len(roots)))
    open_ = [(0, 0, len(roots))]
    while open_:
        place, low, high = open_.pop()
        half = (low + high) // 2 if high - low > 1 else high
        ends = []
        for begin, end in ((low, half), (half, high)):
            if end - begin > 1:
                ends.append(next(free))
                open_.append((ends[-1], begin, end))
            else:
                ends.append(roots[min(begin, len(roots) - 1)])
        node = nodes[place]
        node["left_child"], node["right_child"] = ends
        node["feature"], node["threshold"] = feature, half - 0.5
