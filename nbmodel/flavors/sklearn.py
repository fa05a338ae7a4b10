"""scikit-learn: the description of estimators. Pickle handles them, so `reduce` declines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.flavors.description import MAX_DEPTH, DescriptionBuilder, features, join, plural
from nbmodel.flavors.estimator_params import is_estimator, named_estimators, note_params
from nbmodel.records import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmodel.records import Description

# Attribute of a fitted estimator, and what its length or value counts.
_LENGTHS = {
    "support_": "support_vectors",
    "cluster_centers_": "clusters",
    "components_": "components",
    "vocabulary_": "terms",
    "selected_features_": "features",
}
_NUMBERS = {"n_samples_fit_": "samples", "n_leaves_": "leaves"}
# Transformers and models that do not convert their input to numbers.
_ANY_INPUT = {"DummyClassifier", "DummyRegressor", "FunctionTransformer", "MissingIndicator"}
# Where meta-estimators keep fitted estimators that get the same input.
_MEMBERS = (
    "estimators_", "estimator_", "best_estimator_", "calibrated_classifiers_", "regressor_",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SklearnFlavor:
    """Estimators, transformers, pipelines and other objects with their conventions."""

    name: str = "sklearn"

    def describe(self, obj: Any) -> Description:
        """Describe parameters as MLflow does, fitted arrays by dotted path, and counts."""
        builder = DescriptionBuilder(self.name, obj)
        builder.attempt(lambda: note_params(builder, obj))
        builder.attempt(lambda: _note_state(builder, obj, "", set()))
        builder.attempt(lambda: _note_inputs(builder, obj))
        builder.attempt(lambda: _note_outputs(builder, obj))
        builder.attempt(lambda: _note_summary(builder, obj))
        return builder.build()

    def reduce(self, obj: Any) -> Any:
        """Decline: pickle handles estimators well."""
        return NotImplemented

    def is_fitted(self, obj: Any) -> bool:
        """Whether it has fitted attributes, whose names end in an underscore by convention.

        An estimator may also say so itself (``__sklearn_is_fitted__``), or need no fit.
        """
        return _is_fitted(obj) or _says_fitted(obj)


def _says_fitted(obj: Any) -> bool:
    if hasattr(type(obj), "__sklearn_is_fitted__"):
        return bool(obj.__sklearn_is_fitted__())
    tags = getattr(type(obj), "__sklearn_tags__", None)
    return tags is not None and not tags(obj).requires_fit


def _is_fitted(obj: Any) -> bool:
    if not (hasattr(type(obj), "fit") and hasattr(type(obj), "get_params")):
        return False
    state = vars(obj)
    if any(name.endswith("_") and not name.startswith("_") for name in state):
        return True
    for value in state.values():  # of a pipeline, the last step is fitted
        if isinstance(value, list) and value and isinstance(value[-1], tuple):
            return any(_is_fitted(part) for part in value[-1] if hasattr(part, "__dict__"))
    return False


FLAVOR = SklearnFlavor()


# -- fitted state ------------------------------------------------------------


def _note_state(builder: DescriptionBuilder, estimator: Any, path: str, visited: set[int]) -> None:
    """Add arrays and counts of an estimator, then of the estimators in it."""
    if id(estimator) in visited or len(visited) > MAX_DEPTH * MAX_DEPTH:
        return
    visited.add(id(estimator))
    if _note_trees(builder, estimator):
        return
    for key, value in vars(estimator).items():
        location = join(path, key)
        if isinstance(value, np.ndarray):
            builder.array(location, value)
        elif _is_sparse(value):
            builder.array(join(location, "data"), value.data)
        elif is_estimator(value):
            _note_part(builder, value, location, visited)
        elif isinstance(value, list | tuple | dict):
            for name, part in _parts(value):
                _note_part(builder, part, join(location, name), visited)
    _note_counts(builder, estimator)


def _note_part(builder: DescriptionBuilder, part: Any, path: str, visited: set[int]) -> None:
    if isinstance(part, np.ndarray):
        builder.array(path, part)
    elif type(part).__module__.partition(".")[0] == "sklearn":
        _note_state(builder, part, path, visited)
    elif id(part) not in visited:
        visited.add(id(part))
        inner = DescriptionBuilder(builder.flavor, part)
        inner.nest(path, part)
        for key, number in inner.counts.items():
            builder.count(key, number)
        for location, array in inner.arrays.items():
            builder.array(location, array)


def _parts(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield estimators and arrays of a list or dict, each with its name or index."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, tuple) and len(item) in (2, 3) and isinstance(item[0], str):
            key, item = item[0], item[1]
        if is_estimator(item) or isinstance(item, np.ndarray):
            yield str(key), item


def _is_sparse(value: object) -> bool:
    return type(value).__module__.startswith("scipy.sparse") and hasattr(value, "data")


def _note_trees(builder: DescriptionBuilder, estimator: Any) -> bool:
    """Count trees and nodes; return True for a tree or an ensemble of trees only."""
    tree = getattr(estimator, "tree_", None)
    if tree is not None and hasattr(tree, "node_count"):  # a KDTree has none
        builder.count("nodes", tree.node_count)
        builder.count("leaves", tree.n_leaves)
        return True
    predictors = getattr(estimator, "_predictors", None)
    if isinstance(predictors, list) and predictors:  # histogram gradient boosting
        flat = [tree for iteration in predictors for tree in iteration]
        builder.count("iterations", len(predictors))
        builder.count("trees", len(flat))
        builder.count("nodes", sum(len(tree.nodes) for tree in flat))
        return False
    members = getattr(estimator, "estimators_", None)
    if not isinstance(members, list | np.ndarray) or len(members) == 0:
        return False
    flat = members.ravel().tolist() if isinstance(members, np.ndarray) else list(members)
    trees = [tree for member in flat if (tree := getattr(member, "tree_", None)) is not None]
    if len(trees) < len(flat):
        builder.count("estimators", len(flat))
        return False
    builder.count("trees", len(trees))
    builder.count("nodes", sum(tree.node_count for tree in trees))
    return True


def _note_counts(builder: DescriptionBuilder, estimator: Any) -> None:
    state = vars(estimator)
    for key, noun in _LENGTHS.items():
        if key in state:
            value = state[key]
            builder.count(noun, value.shape[0] if hasattr(value, "shape") else len(value))
    for key, noun in _NUMBERS.items():
        if isinstance(state.get(key), int | np.integer):
            builder.count(noun, state[key])
    iterations = state.get("n_iter_")
    if isinstance(iterations, int | np.integer | np.ndarray | list) and np.size(iterations):
        builder.count("iterations", int(np.max(iterations)))
    if isinstance(layers := state.get("coefs_"), list):  # multi-layer perceptron
        biases = state.get("intercepts_", [])
        builder.count("layers", len(layers))
        builder.count("parameters", sum(array.size for array in (*layers, *biases)))


# -- signature ---------------------------------------------------------------


def _note_inputs(builder: DescriptionBuilder, estimator: Any) -> None:
    names = getattr(estimator, "feature_names_in_", None)
    count = getattr(estimator, "n_features_in_", 0)
    total = count if names is None else len(names)
    builder.inputs = features(names, count, _input_dtypes(estimator, total))


def _input_dtypes(estimator: Any, count: int) -> tuple[str, ...] | str:
    """Return float64, to which check_array converts, or nothing where other types may be allowed.

    Encoders remember the types of their values. What pipelines and meta-estimators take is what
    their first step or their members take.
    """
    if type(estimator).__module__.partition(".")[0] != "sklearn" or _takes_any(estimator):
        return ""
    categories = getattr(estimator, "categories_", None)
    if isinstance(categories, list) and len(categories) == count:
        return tuple(array.dtype.name for array in categories)
    answers = {_input_dtypes(part, count) for part in _takers(estimator)} or {"float64"}
    return answers.pop() if len(answers) == 1 else ""


def _takes_any(estimator: Any) -> bool:
    """Whether not all of its inputs must be numbers."""
    statistics = getattr(estimator, "statistics_", None)  # of an imputer
    return (
        type(estimator).__name__ in _ANY_INPUT
        or hasattr(estimator, "transformers")
        or hasattr(estimator, "transformer_list")
        or getattr(estimator, "is_categorical_", None) is not None  # histogram gradient boosting
        or (isinstance(statistics, np.ndarray) and statistics.dtype.kind not in "fiu")
    )


def _takers(estimator: Any) -> list[Any]:
    """The estimators that get the same input: the first step, or fitted members."""
    if steps := getattr(estimator, "steps", None):
        return [steps[0][1]]
    members: list[Any] = []
    for attribute in _MEMBERS:
        value = getattr(estimator, attribute, None)
        if isinstance(value, np.ndarray):
            value = value.ravel().tolist()
        members += value if isinstance(value, list) else [value]
    return [part for part in members if is_estimator(part)] or _parameter(estimator)


def _parameter(estimator: Any) -> list[Any]:
    """The estimator of a wrapper that was given one that is fitted."""
    part = getattr(estimator, "estimator", None)
    return [part] if is_estimator(part) else []


def _note_outputs(builder: DescriptionBuilder, estimator: Any) -> None:
    if not hasattr(estimator, "predict"):
        components = getattr(estimator, "components_", None)
        if hasattr(estimator, "transform") and isinstance(components, np.ndarray):
            builder.outputs = (Column("component", "float64", (-1, len(components))),)
        return
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, np.ndarray):
        label = Column("label", classes.dtype.name, (-1,))
        probability = Column("probability", "float64", (-1, len(classes)))
        builder.outputs = (label, probability) if hasattr(estimator, "predict_proba") else (label,)
    elif isinstance(classes, list) and classes:
        builder.outputs = (Column("label", classes[0].dtype.name, (-1, len(classes))),)
    elif _last_has(estimator, "labels_") or _last_has(estimator, "cluster_centers_"):
        builder.outputs = (Column("cluster", "int32", (-1,)),)
    elif builder.inputs:
        targets = _targets(estimator)
        builder.outputs = (
            Column("prediction", "float64", (-1,) if targets < 2 else (-1, targets)),
        )


def _last_has(estimator: Any, attribute: str) -> bool:
    return hasattr(_last(estimator), attribute)


def _last(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def _targets(estimator: Any) -> int:
    """Count the values that a regressor predicts for a row."""
    last = _last(estimator)
    if isinstance(count := getattr(last, "n_outputs_", None), int):
        return count
    coefficients = getattr(last, "coef_", None)
    return (
        len(coefficients) if isinstance(coefficients, np.ndarray) and coefficients.ndim == 2 else 1
    )


# -- summary -----------------------------------------------------------------


def _note_summary(builder: DescriptionBuilder, estimator: Any) -> None:
    text = _name(estimator, 0)
    for noun in ("tree", "support_vector", "cluster", "component", "estimator"):
        if number := builder.counts.get(f"{noun}s"):
            text += f", {plural(number, noun.replace('_', ' '))}"
            break
    builder.summary = text


def _name(estimator: Any, depth: int) -> str:
    """Return the class name with the names of its parts: ``Pipeline(StandardScaler, SVC)``."""
    name = type(estimator).__name__
    if depth > 2 or not is_estimator(estimator):
        return name
    params = estimator.get_params(deep=False)
    inner = [
        part
        for value in params.values()
        for part in ([value] if is_estimator(value) else [p for _, p in named_estimators(value)])
        if is_estimator(part)
    ]
    if not inner or type(estimator).__module__.endswith("gaussian_process.kernels"):
        return name
    return f"{name}({', '.join(_name(part, depth + 1) for part in inner)})"
