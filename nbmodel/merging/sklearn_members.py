"""What the members of an ensemble of scikit-learn must have in common."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.utils.validation import check_is_fitted

from nbmodel.errors import CannotMerge
from nbmodel.merging.base import Member


def require_members(members: Sequence[Member]) -> None:
    """Refuse members that are not fitted classifiers, or regressors, of the same inputs.

    Raises
    ------
    CannotMerge
    """
    if len(members) < 2:
        raise CannotMerge(
            f"{members[0].ref} was developed from all others, so there is nothing to combine",
            "Take its object: --how theirs.",
        )
    for member in members:
        if not isinstance(member.model, BaseEstimator):
            raise CannotMerge(
                f"{member.ref} is a {type(member.model).__name__}, and not an estimator of "
                "scikit-learn",
                "Write a function that takes the list of members: --how FUNCTION.",
            )
        try:
            check_is_fitted(member.model)
        except Exception as error:
            raise CannotMerge(f"{member.ref} is not fitted", "Leave it out.") from error
    first, *others = members
    for other in others:
        _require_same("kinds", first, other, _kind(first), _kind(other))
        _require_same("classes", first, other, classes_of(first), classes_of(other))
        for attribute, what in (("n_features_in_", "numbers of columns"),
                                ("feature_names_in_", "columns, or their order,")):  # fmt: skip
            values = [_list(getattr(each.model, attribute, None)) for each in (first, other)]
            _require_same(what, first, other, *values)
    for member in members:
        if _has_several_outputs(member.model):
            raise _several_outputs(member)


def _kind(member: Member) -> str:
    if is_classifier(member.model):
        return "classifier"
    if is_regressor(member.model):
        return "regressor"
    raise CannotMerge(f"{member.ref} is neither a classifier nor a regressor", "Leave it out.")


def classes_of(member: Member) -> list[Any] | None:
    """Return the classes of a classifier in their order; None for a regressor.

    Raises
    ------
    CannotMerge
        If it has several outputs.
    """
    classes = getattr(member.model, "classes_", None)
    if classes is None:
        return None
    if isinstance(classes, list) and classes and np.ndim(classes[0]):
        raise _several_outputs(member)
    return list(np.asarray(classes).tolist())


def _require_same(what: str, first: Member, other: Member, one: Any, two: Any) -> None:
    if one == two and type(one) is type(two):
        return
    texts = f"{one} and {two}"
    values = f": {texts}" if len(texts) <= 160 else ""
    raise CannotMerge(
        f"the {what} of {first.ref} and {other.ref} are not the same{values}",
        "Leave one out, or train it again as the other.",
    )


def _list(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _several_outputs(member: Member) -> CannotMerge:
    return CannotMerge(
        f"{member.ref} answers each row with a list, which ensembles of scikit-learn do not take: "
        "it has several outputs, or was trained on a target with columns",
        "Train it on a flat target. For several outputs, write a function that takes the list of "
        "members: --how FUNCTION.",
    )


def _has_several_outputs(model: Any) -> bool:
    """Whether a fitted estimator answers each row with a list.

    Its answer to a row of zeros shows that. Where it takes no such row, its attributes do.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(np.ndim(model.predict(np.zeros((1, model.n_features_in_)))) > 1)
    except Exception:  # noqa: BLE001  such as columns by name; estimators may raise anything
        return any(count > 1 for part in _parts_of(model) for count in _stated_outputs(part))


# Attributes in which an estimator keeps the fitted one that answers for it.
_INNER = ("best_estimator_", "regressor_", "final_estimator_", "estimator_", "estimator")


def _parts_of(model: Any) -> Iterator[Any]:
    """An estimator, and those that answer for it."""
    yield model
    if hasattr(model, "steps"):
        yield from _parts_of(model.steps[-1][1])
        return
    for name in _INNER:
        inner = vars(model).get(name)
        if isinstance(inner, BaseEstimator):
            yield from _parts_of(inner)
            return


def _stated_outputs(model: Any) -> Iterator[int]:
    """The numbers of outputs that the attributes of a fitted estimator lead to."""
    if is_classifier(model):
        binarizers = (getattr(model, n, None) for n in ("_label_binarizer", "label_binarizer_"))
        for each in binarizers:
            yield 2 if str(getattr(each, "y_type_", "")).startswith("multilabel") else 1
        return
    yield getattr(model, "n_outputs_", 1)
    if np.ndim(coefficients := getattr(model, "coef_", 0)) == 2:
        yield np.shape(coefficients)[0]
    kernel = ("dual_coef_",) if isinstance(model, KernelRidge) else ()
    for name in ("_y", "y_train_", *kernel):  # of neighbors and kernels: a column for each
        if np.ndim(values := getattr(model, name, 0)) == 2:
            yield np.shape(values)[1]
    if isinstance(model, MultiOutputRegressor | RegressorChain):
        yield len(model.estimators_)


def name_models(models: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return models with names that an ensemble allows."""
    return [(f"member{n}", model) for n, model in enumerate(models, 1)]
