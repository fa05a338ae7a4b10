"""Which names a stage may get: a slip of the keyboard must not make another stage."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from nbmodel import refs
from nbmodel.errors import NewStage, ReservedName, StageTaken, close_names
from nbmodel.errors.names import MAX_NAME_LENGTH
from nbmodel.versioning.context import Context

# Names that need no confirmation, unless they are a longer or shorter form of a stage in use.
USUAL = frozenset(
    {"dev", "test", "staging", "canary", "shadow", "prod", "production", "live"}
    | {"champion", "challenger", "archived"}
)


def check_stage(
    context: Context, model: str, stage: str, stages: AbstractSet[str], *, new_stage: bool
) -> None:
    """Refuse a new stage that reads as something else, or that the user did not confirm.

    Parameters
    ----------
    context : Context
    model, stage : str
    stages : set of str
        Stages that versions of the model hold or held.
    new_stage : bool
        The user says that a new name is meant.

    Raises
    ------
    InvalidName
        If the name is not valid, or reads as another selector.
    StageTaken
        If it differs from another stage of the model only in case.
    NewStage
        If it has to be confirmed.
    """
    if stage in stages:
        return
    if refs.is_reserved(stage) and len(stage) <= MAX_NAME_LENGTH:
        raise ReservedName(stage)
    refs.check_name("stage", stage)
    for other in stages:
        if other.lower() == stage.lower():
            raise StageTaken(stage, other, model)
    if new_stage:
        return
    everywhere = context.index.stage_names()
    if not everywhere or stage in everywhere:
        return
    similar = _similar(stage, everywhere)
    if stage not in USUAL or any(_is_form_of(stage, other) for other in similar):
        raise NewStage(stage, similar)


def _similar(stage: str, stages: list[str]) -> list[str]:
    forms = [other for other in stages if _is_form_of(stage, other)]
    usual = [name for name in close_names(stage, USUAL) if name not in stages and name != stage]
    return list(dict.fromkeys([*forms, *close_names(stage, stages), *usual]))


def _is_form_of(stage: str, other: str) -> bool:
    """Whether one name begins with the other: ``prod`` and ``production``."""
    one, two = stage.lower(), other.lower()
    return one.startswith(two) or two.startswith(one)
