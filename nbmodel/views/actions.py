"""What changes the registry, through its verbs: `nbmodel.views.answers.ACTIONS` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.progress import silent
from nbmodel.views.texts import Answer
from nbmodel.views.trash import deletable

if TYPE_CHECKING:
    from nbmodel.display import Result
    from nbmodel.records import VersionInfo
    from nbmodel.versioning.registry import Registry


def promote(
    registry: Registry, *, ref: str, stage: str, message: str = "", new: bool = False
) -> Answer:
    """Give a stage to a version; `new` confirms a stage that no version has had."""
    result = registry.promote(ref, stage, message, new_stage=new)
    return _action_answer(result, result.version)


def rollback(registry: Registry, *, ref: str, message: str = "") -> Answer:
    """Give a stage back to the version that held it before."""
    result = registry.rollback(ref, message)
    return _action_answer(result, result.version)


def release(
    registry: Registry, *, ref: str, bump: str = "", version: str = "", message: str = ""
) -> Answer:
    """Give a version a semantic version number."""
    result = registry.release(ref, bump=bump, version=version, message=message)
    return _action_answer(result, result.version)


def card(registry: Registry, *, ref: str, text: str, message: str = "") -> Answer:
    """Commit new words for the card of a branch's latest version."""
    result = registry.edit_card(ref, text, message)
    return _action_answer(result, result.version)


def approve(registry: Registry, *, ref: str, message: str) -> Answer:
    """Sign that the user stands behind a version; `message` says why."""
    result = registry.approve(ref, message)
    return _action_answer(result, result.version)


def delete(registry: Registry, *, ref: str, message: str = "") -> Answer:
    """Move a branch or a model to the trash."""
    deletable(ref)
    return _text_answer(registry.delete(ref, message))


def restore(registry: Registry, *, ref: str, branch: str = "") -> Answer:
    """Bring a branch or a model back; a branch may get another name."""
    return _text_answer(registry.restore(ref, branch))


def push(registry: Registry, *, remote: str = "", prune: bool = False) -> Answer:
    """Send what a remote lacks; `prune` also deletes there what is in the trash here."""
    with silent():
        return _text_answer(registry.push("", remote, prune=prune))


def pull(registry: Registry, *, remote: str = "", fetch: str = "") -> Answer:
    """Take over what others pushed; `fetch` names the arrays to bring at once."""
    with silent():
        return _text_answer(registry.pull("", remote, fetch))


def merge(
    registry: Registry,
    *,
    ref: str,
    into: str,
    how: str,
    message: str = "",
    trust: bool = False,
) -> Answer:
    """Commit a version of the branch `into`, made of its latest version and that of `ref`."""
    with silent():
        result = registry.merge(ref, into=into, how=how, message=message, trust=trust)
    return _action_answer(result, result.version)


def _text_answer(result: Result) -> Answer:
    """The answer of an action that is not about one version."""
    return {"text": display.visible(result.text()), "ref": ""}


def _action_answer(result: Result, version: VersionInfo) -> Answer:
    return {"text": display.visible(result.text()), "ref": version.ref}
