"""What a method of merging gets, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Member:
    """A fitted model to merge.

    Attributes
    ----------
    ref : str
        Its reference, for messages: ``churn:exp@4``.
    load : callable
        Loads the object. It is called once, when `model` is first read.
    """

    ref: str
    load: Callable[[], Any]

    @cached_property
    def model(self) -> Any:
        """The object, loaded for this merge alone."""
        return self.load()


@dataclass(frozen=True, kw_only=True)
class MergeRequest:
    """What a method makes one model of.

    Attributes
    ----------
    members : sequence of Member
        The models to combine. A version from which another member was developed is not among them.
    ours : Member
        The latest version of the branch that is merged into. It need not be a member.
    theirs : sequence of Member
        The sources.
    weights : tuple of float
        The share of each member, with the sum 1. Without weights of the user, all are equal.
    has_weights : bool
        Whether the user gave weights.
    data, target : object
        Rows and their true answers, for a method that trains; else None.
    """

    members: Sequence[Member]
    ours: Member
    theirs: Sequence[Member]
    weights: tuple[float, ...]
    has_weights: bool = False
    data: Any = None
    target: Any = None


@dataclass(frozen=True, kw_only=True)
class MergeMethod:
    """A way to make one model of several.

    Attributes
    ----------
    function : callable
        Takes a `MergeRequest` and returns the model. It may change the members, which were loaded
        for it. To refuse, it raises `nbmodel.errors.CannotMerge`.
    takes_weights : bool
    trains : bool
        Whether it trains on `MergeRequest.data` and `target`, which the user must give then.
    chooses : callable, optional
        Which of the request's versions it takes, if these are not all members.
    """

    function: Callable[[MergeRequest], Any]
    takes_weights: bool = False
    trains: bool = False
    chooses: Callable[[MergeRequest], Sequence[Member]] | None = None

    def members_of(self, request: MergeRequest) -> Sequence[Member]:
        """Return the models that the result is made of."""
        return request.members if self.chooses is None else self.chooses(request)
