"""What the members of an ensemble of scikit-learn must have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier, is_regressor
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
    if any(_outputs(member.model) > 1 for member in members):
        raise CannotMerge(
            f"{first.ref} has several outputs, which ensembles of scikit-learn do not take",
            "Write a function that takes the list of members: --how FUNCTION.",
        )


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
        raise CannotMerge(
            f"{member.ref} has several outputs, which ensembles of scikit-learn do not take",
            "Write a function that takes the list of members: --how FUNCTION.",
        )
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


def _outputs(model: Any) -> int:
    """The number of outputs of a fitted estimator; 1 if it does not say."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if isinstance(count := getattr(last, "n_outputs_", 1), int) and count > 1:
        return count
    coefficients: Any = getattr(last, "coef_", 0)
    if is_regressor(last) and np.ndim(coefficients) == 2:
        return int(np.shape(coefficients)[0])
    return 1


def name_models(models: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return models with names that an ensemble allows."""
    return [(f"member{n}", model) for n, model in enumerate(models, 1)]
