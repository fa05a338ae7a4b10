"""sharing: the remote of a registry, as far as this clone knows, and what is in the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.repo import history, trash
from nbmodel.repo.remote_settings import remotes
from nbmodel.versioning.sharing.distances import remote_state
from nbmodel.views.texts import Answer

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry


def sharing(registry: Registry) -> Answer:
    """The remotes, how far the clone is ahead and behind, and how much is in the trash.

    It answers from references of this clone, never from the network.
    """
    context = registry.context
    context.index.refresh()
    state = remote_state(context)
    listed = [ref for ref, _ in history.listing(context.git).items()]
    return {
        "remotes": [display.visible(name) for name in remotes(context.git)],
        "remote": display.visible(state.name) if state else "",
        "ahead": state.total.ahead if state else 0,
        "behind": state.total.behind if state else 0,
        "models": {
            model: [each.ahead, each.behind]
            for model, each in (state.models if state else {}).items()
        },
        "trash": len(trash.deleted_branches(listed) | trash.hidden_models(listed)),
    }
