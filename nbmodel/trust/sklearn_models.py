"""Checks of other models of scikit-learn whose compiled code does not check shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute
from nbmodel.trust.parameter_ranges import MAX_ROUNDS
from nbmodel.trust.rules import require, words

_KERNELS = ("linear", "poly", "rbf", "sigmoid", "precomputed")
_KERNEL_FUNCTIONS = frozenset(
    f"sklearn.metrics.pairwise.{name}"
    for name in words(
        "additive_chi2_kernel chi2_kernel cosine_similarity laplacian_kernel linear_kernel "
        "polynomial_kernel rbf_kernel sigmoid_kernel"
    )
)


def _array(model: Any, name: str, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """Check that an attribute is an array of this shape and dtype."""
    array = attribute(model, name, np.ndarray)
    require(array.shape == shape and array.dtype == dtype, f"{name} of a wrong shape")
    return array


# -- libsvm ------------------------------------------------------------------


def check_libsvm(model: Any) -> None:
    """Check the sizes of the arrays that libsvm gets as pointers."""
    state = vars(model)
    if "support_" not in state:
        return
    # If the kernel is a function, libsvm does not use the number of features.
    is_free = callable(state.get("kernel")) and "n_features_in_" not in state
    width = 0 if is_free else attribute(model, "n_features_in_", int)
    support = attribute(model, "support_", np.ndarray)
    require(
        support.ndim == 1 and support.dtype == np.int32,
        "indices of support vectors that are not whole numbers",
    )
    count = len(support)
    per_class = attribute(model, "_n_support", np.ndarray)
    require(
        per_class.ndim == 1 and per_class.dtype == np.int32,
        "counts of support vectors that do not fit",
    )
    classes = len(per_class)
    require(classes >= 2 and (per_class >= 0).all(), "counts of support vectors that do not fit")
    if type(model).__name__ in ("SVC", "NuSVC"):
        require(per_class.sum() == count, "a wrong number of support vectors")
        require(
            len(attribute(model, "classes_", np.ndarray)) == classes,
            "a different number of classes",
        )
    else:
        require(classes == 2, "classes in a model that is not a classifier")
    pairs = classes * (classes - 1) // 2
    _array(model, "_intercept_", (pairs,))
    _check_probabilities(model, pairs)
    _check_kernel(model, support)
    sparse = attribute(model, "_sparse", bool)
    vectors, coefficients = (
        (_sparse_vectors(model, count, width), attribute(model, "_dual_coef_", _csr(model)).data)
        if sparse
        else (_dense_vectors(model, count, width), attribute(model, "_dual_coef_", np.ndarray))
    )
    require(
        vectors.dtype == np.float64 and coefficients.dtype == np.float64,
        "support vectors or coefficients that are not float64",
    )
    shape = ((classes - 1) * count,) if sparse else (classes - 1, count)
    require(coefficients.shape == shape, "coefficients of a wrong shape")


def _csr(model: Any) -> type[Any]:
    kind = type(vars(model).get("_dual_coef_"))
    require(kind.__module__ == "scipy.sparse._csr", "coefficients that are not a sparse matrix")
    return kind


def _check_probabilities(model: Any, pairs: int) -> None:
    size = len(attribute(model, "_probA", np.ndarray))
    require(size in (0, pairs), "probabilities for a different number of classes")
    for name in ("_probA", "_probB"):
        _array(model, name, (size,))
    # libsvm reads them if the flag is set. Before scikit-learn 1.8 the parameter was the flag.
    flag = vars(model).get("_effective_probability", vars(model).get("probability", False))
    require(
        type(flag) is bool and (size == pairs or not flag),
        "probabilities for a different number of classes",
    )


def _check_kernel(model: Any, support: np.ndarray[Any, Any]) -> None:
    kernel, shape = vars(model).get("kernel"), vars(model).get("shape_fit_")
    require(
        type(shape) is tuple and all(type(n) is int for n in shape),
        "a wrong shape of the training data",
    )
    if _is_function(kernel):
        _check_training_rows(model, shape)
    else:
        require(type(kernel) is str and kernel in _KERNELS, "an unknown kernel")
    # A precomputed kernel is read at the index of each support vector.
    inside = not len(support) or (support.min() >= 0 and support.max() < shape[0])
    require(inside, "a support vector out of range")
    require(
        kernel != "precomputed" or not vars(model).get("_sparse"),
        "sparse data with a kernel that does not take it",
    )


def _is_function(kernel: Any) -> bool:
    """Whether it is a function of scikit-learn that returns one number for each pair of rows."""
    name = f"{getattr(kernel, '__module__', '')}.{getattr(kernel, '__name__', '')}"
    return callable(kernel) and name in _KERNEL_FUNCTIONS


def _check_training_rows(model: Any, shape: tuple[int, ...]) -> None:
    """Check the rows of the fit: a kernel that is a function returns a column for each."""
    rows = vars(model).get("_BaseLibSVM__Xfit")
    is_table = type(rows) is np.ndarray or type(rows).__module__.startswith("scipy.sparse.")
    require(is_table and rows.ndim == 2, "training rows that are not a matrix")
    require(
        rows.dtype.kind in "biuf" and rows.shape[0] == shape[0],
        "training rows that do not fit the model",
    )
    require(not vars(model).get("_sparse"), "sparse data with a kernel that does not take it")


def _dense_vectors(model: Any, count: int, width: int) -> Any:
    vectors = attribute(model, "support_vectors_", np.ndarray)
    precomputed = model.kernel == "precomputed" or callable(model.kernel)
    shapes = ((0, 0), (count, width)) if precomputed else ((count, width),)
    require(vectors.shape in shapes, "support vectors of a wrong shape")
    return vectors


def _sparse_vectors(model: Any, count: int, width: int) -> Any:
    vectors = attribute(model, "support_vectors_", _csr(model))
    require(vectors.shape == (count, width), "support vectors of a wrong shape")
    return vectors


# -- clusters ----------------------------------------------------------------


def check_kmeans(model: Any) -> None:
    """Check that cluster centers have the width of the data."""
    state = vars(model)
    if "cluster_centers_" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    centers = attribute(model, "cluster_centers_", np.ndarray)
    require(
        centers.ndim == 2 and len(centers) > 0 and centers.dtype.kind == "f",
        "cluster centers that are not a matrix of floats",
    )
    require(centers.shape[1] == width, "cluster centers with a different number of features")
    if "_counts" in state:
        _array(model, "_counts", (len(centers),), centers.dtype)
    if "_bisecting_tree" in state:
        _check_bisection(state["_bisecting_tree"], width)


def _check_bisection(root: Any, width: int) -> None:
    nodes, visited = [root], set()
    while nodes:
        node = nodes.pop()
        require(
            type(node).__name__ == "_BisectingTree" and id(node) not in visited,
            "a bisection whose nodes do not form a tree",
        )
        visited.add(id(node))
        state = vars(node)
        center = state.get("center")
        # The mean of a sparse matrix is a numpy.matrix.
        require(isinstance(center, np.ndarray), "a bisection with a wrong cluster center")
        require(center.shape in ((width,), (1, width)), "a bisection with a wrong cluster center")
        require(center.dtype.kind == "f", "a bisection with a wrong cluster center")
        below = (state.get("left"), state.get("right"))
        require((below[0] is None) == (below[1] is None), "a bisection with one part")
        nodes += [node for node in below if node is not None]


def check_birch(model: Any) -> None:
    """Check that there is one norm for each center: compiled code reads them."""
    if "subcluster_centers_" not in vars(model):
        return
    width = attribute(model, "n_features_in_", int)
    centers = attribute(model, "subcluster_centers_", np.ndarray)
    require(
        centers.ndim == 2 and centers.dtype.kind == "f",
        "cluster centers that are not a matrix of floats",
    )
    require(centers.shape[1] == width, "cluster centers with a different number of features")
    norms = attribute(model, "_subcluster_norms", np.ndarray)
    require(
        norms.shape == (len(centers),) and norms.dtype.kind == "f",
        "norms that do not fit the cluster centers",
    )


def check_hdbscan(model: Any) -> None:
    """Check that each row of the linkage joins points and earlier clusters."""
    linkage = vars(model).get("_single_linkage_tree_")
    if linkage is None:
        return
    require(type(linkage) is np.ndarray and linkage.ndim == 1, "a linkage that is not an array")
    require(linkage.dtype.names is not None, "a linkage that is not an array of records")
    points = len(linkage) + 1
    limit = points + np.arange(len(linkage))
    for name in ("left_node", "right_node"):
        column = linkage[name]
        require(column.dtype == np.intp, "a linkage that does not hold whole numbers")
        require(((column >= 0) & (column < limit)).all(), "a linkage out of range")


# -- linear models and factorizations ----------------------------------------


def check_coefficients(model: Any) -> None:
    """Check that there is one weight for each feature: partial_fit and warm_start update them."""
    state = vars(model)
    rows = set()
    for name in ("coef_", "_standard_coef", "_average_coef"):
        coefficients = state.get(name)
        if coefficients is None:
            continue
        if type(coefficients).__module__ == "scipy.sparse._csr":
            continue  # after sparsify(), which an update makes dense again
        width = attribute(model, "n_features_in_", int)
        require(type(coefficients) is np.ndarray, "coefficients that are not a matrix of floats")
        require(
            coefficients.dtype.kind == "f" and coefficients.ndim in (1, 2),
            "coefficients that are not an array of floats",
        )
        require(coefficients.shape[-1] == width, "coefficients for a different number of features")
        rows.add(1 if coefficients.ndim == 1 else len(coefficients))
    require(len(rows) <= 1, "coefficients of several shapes")
    if "classes_" in state and rows and type(model).__name__ in _SGD_CLASSIFIERS:
        classes = len(attribute(model, "classes_", np.ndarray))
        require(
            rows == {1 if classes == 2 else classes},
            "coefficients for a different number of classes",
        )


_SGD_CLASSIFIERS = ("SGDClassifier", "Perceptron", "PassiveAggressiveClassifier")


def check_components(model: Any) -> None:
    """Check that components have the width of the data, and the number that the model states."""
    components = vars(model).get("components_")
    if components is None:
        return
    # A transform with them runs for this number of rounds.
    rounds = vars(model).get("max_iter")
    require(rounds is None or rounds <= MAX_ROUNDS, f"max_iter of more than {MAX_ROUNDS}")
    width = attribute(model, "n_features_in_", int)
    require(
        type(components) is np.ndarray and components.ndim == 2, "components that are not a matrix"
    )
    require(components.dtype.kind == "f", "components that are not floats")
    require(components.shape[1] == width, "components with a different number of features")
    for name in ("_n_components", "n_components_"):
        stated = vars(model).get(name, len(components))
        require(stated == len(components), "a wrong number of components")


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **dict.fromkeys(("SVC", "NuSVC", "SVR", "NuSVR", "OneClassSVM"), check_libsvm),
    **dict.fromkeys(("KMeans", "MiniBatchKMeans", "BisectingKMeans"), check_kmeans),
    "Birch": check_birch,
    "HDBSCAN": check_hdbscan,
    **dict.fromkeys(
        (
            *_SGD_CLASSIFIERS,
            "SGDRegressor",
            "SGDOneClassSVM",
            "PassiveAggressiveRegressor",
            "ElasticNet",
            "Lasso",
            "MultiTaskElasticNet",
            "MultiTaskLasso",
        ),
        check_coefficients,
    ),
    **dict.fromkeys(
        ("NMF", "MiniBatchNMF", "DictionaryLearning", "MiniBatchDictionaryLearning"),
        check_components,
    ),
}
