"""Average: the weighted mean of the fitted numbers of all members.

With the numbers of rows as weights, it is federated averaging (McMahan et al. 2017,
"Communication-Efficient Learning of Deep Networks from Decentralized Data", algorithm 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from nbmodel import plugins
from nbmodel.errors import CannotMerge
from nbmodel.merging.base import Member, MergeMethod, MergeRequest


class Averager(Protocol):
    """The average of one framework: ``average`` in a row of `nbmodel.plugins.FRAMEWORKS`."""

    def __call__(self, members: Sequence[Member], weights: Sequence[float]) -> Any:
        """Return the mean of at least two members; `weights` have the sum 1.

        It may change the members. It raises `CannotMerge` if they do not fit together.
        """


def _average(request: MergeRequest) -> Any:
    members = request.members
    if len(members) < 2:
        raise CannotMerge(
            f"{members[0].ref} was developed from all others, so there is nothing to average",
            "Take its object: --how theirs.",
        )
    averager = _averager_of(members[0].model)
    if averager is None:
        kind = type(members[0].model).__name__
        raise CannotMerge(
            f"{members[0].ref} is a {kind}, and nbmodel cannot average the fitted numbers of one",
            "Combine the answers: --how vote, or --how stack with --data and --target. Or write a "
            "function that takes the list of members: --how FUNCTION.",
        )
    return averager(members, request.weights)


def _averager_of(model: Any) -> Averager | None:
    if isinstance(model, Mapping):  # a state dict
        kinds = (type(value) for value in _leaves(model))
        averagers = (plugins.averager_of(kind) for kind in kinds)
        return cast("Averager | None", next(filter(None, averagers), None))
    return cast("Averager | None", plugins.averager_of(type(model)))


def _leaves(mapping: Mapping[Any, Any]) -> Any:
    for value in mapping.values():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        else:
            yield value


AVERAGE = MergeMethod(function=_average, takes_weights=True)
