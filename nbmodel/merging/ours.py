"""Ours: the object of the branch that is merged into; the sources only join its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbmodel.merging.base import Member, MergeMethod, MergeRequest


def _ours(request: MergeRequest) -> Sequence[Member]:
    return [request.ours]


def _model(request: MergeRequest) -> Any:
    return request.ours.model


OURS = MergeMethod(function=_model, chooses=_ours)
