"""Vote: scikit-learn's voting ensembles over fitted members.

The members are frozen (`sklearn.frozen.FrozenEstimator`), so the fit of the ensemble trains
nothing: it only learns the classes. A classifier predicts by the mean of the probabilities of its
members, or by the majority if a member has none. A regressor predicts the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator

from nbmodel.errors import CannotMerge
from nbmodel.merging.base import Member, MergeMethod, MergeRequest
from nbmodel.merging.sklearn_members import classes_of, name_models, require_members


def _vote(request: MergeRequest) -> Any:
    members = request.members
    require_members(members)
    models = name_models([FrozenEstimator(member.model) for member in members])
    weights = list(request.weights) if request.has_weights else None
    classes = classes_of(members[0])
    if classes is None:
        return VotingRegressor(models, weights=weights).fit(np.zeros((1, 1)), np.zeros(1))
    labels = np.asarray(members[0].model.classes_)
    ensemble = VotingClassifier(models, voting=_voting(members, classes), weights=weights)
    ensemble.fit(np.zeros((len(labels), 1)), labels)
    if ensemble.classes_.tolist() != classes:
        raise CannotMerge(f"the classes of {members[0].ref} are not sorted: {classes}"[:300])
    return ensemble


def _voting(members: Sequence[Member], classes: Sequence[Any]) -> str:
    without = next((m for m in members if not hasattr(m.model, "predict_proba")), None)
    if without is None:
        return "soft"
    # A majority of scikit-learn counts the numbers 0, 1, ... that members answer.
    if classes != list(range(len(classes))) or not all(isinstance(c, int) for c in classes):
        raise CannotMerge(
            f"{without.ref} has no predict_proba, and the majority vote of scikit-learn needs "
            "fitted members whose classes are the whole numbers 0, 1, ...",
            "Use members with predict_proba, or --how stack with --data and --target.",
        )
    return "hard"


VOTE = MergeMethod(function=_vote, takes_weights=True)
