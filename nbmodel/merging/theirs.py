"""Theirs: the object of the one source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbmodel.errors import CannotMerge
from nbmodel.merging.base import Member, MergeMethod, MergeRequest


def _source(request: MergeRequest) -> Sequence[Member]:
    if len(request.theirs) != 1:
        names = ", ".join(member.ref for member in request.theirs)
        raise CannotMerge(
            f"theirs takes the object of one source, and there are {len(request.theirs)}: {names}",
            "Name one source.",
        )
    return request.theirs


def _model(request: MergeRequest) -> Any:
    return _source(request)[0].model


THEIRS = MergeMethod(function=_model, chooses=_source)
