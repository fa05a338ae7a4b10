"""Stack: scikit-learn's stacking ensembles over fitted members (``cv="prefit"``).

Only the final estimator is trained, on the answers of the members to `data`. It must not be scored
on the rows that it was trained on, so the merge trains it on a half of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import StackingClassifier, StackingRegressor

from nbmodel.errors import CannotMerge
from nbmodel.merging.base import MergeMethod, MergeRequest
from nbmodel.merging.sklearn_members import classes_of, name_models, require_members


def _stack(request: MergeRequest) -> Any:
    members = request.members
    require_members(members)
    models = name_models([member.model for member in members])
    classes = classes_of(members[0])
    if classes is None:
        target = np.asarray(request.target, dtype=np.float64)
        return StackingRegressor(models, cv="prefit").fit(request.data, target)
    for member in members:
        if not any(hasattr(member.model, m) for m in ("predict_proba", "decision_function")):
            raise CannotMerge(
                f"{member.ref} has neither predict_proba nor decision_function", "Leave it out."
            )
    missing_classes = [label for label in classes if label not in set(request.target)]
    if missing_classes:
        raise CannotMerge(
            f"the rows to train on have no row of the class {missing_classes[0]!r}",
            "Give more rows: the final estimator is trained on every second one.",
        )
    kind = np.asarray(members[0].model.classes_).dtype
    ensemble = StackingClassifier(models, cv="prefit")
    return ensemble.fit(request.data, np.asarray(request.target, dtype=kind))


STACK = MergeMethod(function=_stack, trains=True)
