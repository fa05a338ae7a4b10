"""Members of a merge without a registry."""

from __future__ import annotations

import numpy as np

from nbmodel.merging.base import Member, MergeRequest
from nbmodel.merging.methods import find_method
from nbmodel.merging.weights import shares


def members_of(*models):
    """Members with the references ``churn@1``, ``churn@2``, ..."""
    return [Member(ref=f"churn@{n}", load=lambda m=m: m) for n, m in enumerate(models, 1)]


def merged(how, *models, weights=(), data=None, target=None):
    """The result of a method."""
    members = members_of(*models)
    request = MergeRequest(
        members=members,
        ours=members[0],
        theirs=members[1:],
        weights=shares(weights, [member.ref for member in members]),
        has_weights=bool(weights),
        data=data,
        target=target,
    )
    return find_method(how)[1].function(request)


def mean_of(arrays, weights=None):
    """The mean as numpy computes it, rounded once to the dtype of the arrays."""
    first = np.asarray(arrays[0])
    wide = [np.asarray(array, dtype=np.float64) for array in arrays]
    return np.average(np.stack(wide), axis=0, weights=weights).astype(first.dtype)
