"""merging: the branches and methods that a merge can name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display, refs
from nbmodel.errors import InvalidReference
from nbmodel.merging.methods import method_names
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

MAX_BRANCHES = 1000
# These methods need rows, which a user interface does not have. To read `MergeMethod.trains` would
# import scikit-learn, and the code of plug-ins.
TRAIN = frozenset({"stack"})


def merging(registry: Registry, *, ref: str) -> Answer:
    """The branches of the model of `ref`, and the methods of merging that need no rows."""
    context = registry.context
    context.index.refresh()
    name = refs.parse(ref)
    if name.kind != "latest" or name.back or "@" in ref:
        raise InvalidReference(ref, "name a model or a branch to merge")
    context.require_model(name.model)
    branches = sorted(context.index.branches(name.model))
    return {
        "branches": branches[:MAX_BRANCHES],
        "methods": [display.visible(method) for method in method_names() if method not in TRAIN],
    }
