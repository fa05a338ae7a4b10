"""Promote and roll back: which version holds a stage, as GTO tags; history is never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import (
    AlreadyExists,
    InvalidReference,
    InvalidValue,
    NbModelError,
    NotFound,
    ReservedName,
    StageTaken,
)
from nbmodel.records import StageMove, VersionInfo
from nbmodel.repo import tags
from nbmodel.versioning.context import Context, require_readable
from nbmodel.versioning.publish import best_effort
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.verbs.release import tag_time

RETRIES = 20


@dataclass(frozen=True, repr=False)
class StageResult(Result):
    """A stage move just made: the version that holds it now and the one that held it before."""

    move: StageMove
    version: VersionInfo
    before: VersionInfo | None
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """Stage, version, what it replaced, why; then warnings."""
        return "\n".join([self._line(), *(f"  {w}" for w in self.warnings)])

    def _line(self) -> str:
        held = f"  (was {self.before.ref})" if self.before else ""
        why = f"  {display.first_line(self.move.message)}" if self.move.message else ""
        subject = refs.stage_reference(self.move.model, self.move.stage)
        return f"{subject}  {self.version.ref}{held}{why}"

    def html(self) -> str:
        """The same line, the stage as a chip."""
        stage, _, rest = self._line().partition("  ")
        line = f"<div>{display.chips([stage])}{display.escaped(rest)}</div>"
        return line + display.warned(self.warnings)


def promote(context: Context, reference: str, stage: str, message: str = "") -> StageResult:
    """Give a stage to a version.

    Raises
    ------
    InvalidName
        If the stage is new and its name is not valid, or reads as another selector.
    StageTaken
        If the stage is new and its name differs from another one only in case.
    """
    context.require_writable("promote")
    version = resolve(context, reference)
    return _move(context, version, stage, message, rolled_back="")


def rollback(context: Context, reference: str, message: str = "") -> StageResult:
    """Give a stage back to the version that held it before.

    A second rollback goes one further back: a rollback undoes a promotion, it
    is none itself.

    Raises
    ------
    InvalidReference
        If `reference` is not ``NAME@STAGE``.
    NotFound
        If no version held the stage before.
    InvalidValue
        If no reason is given.
    """
    context.require_writable("roll back")
    ref = refs.parse(reference)
    if ref.kind != "stage" or ref.back:
        raise InvalidReference(reference, "a rollback takes NAME@STAGE")
    if not message.strip():
        raise InvalidValue("A rollback needs a reason.", 'Give it: -m "calibration off".')
    current = resolve(context, ref)
    require_readable([p for p in context.index.problems(ref.model) if p.stage == ref.value])
    held = holders_in_turn(context.index.moves(ref.model), ref.value)
    if len(held) < 2:
        what = f"{ref} cannot go back: no other version held the stage before."
        raise NotFound("earlier version", reference, ref.model, what=what)
    version = resolve(context, f"{ref.model}@{held[-2]}")
    return _move(context, version, ref.value, message, rolled_back=current.commit)


def holders_in_turn(moves: Sequence[StageMove], stage: str) -> list[str]:
    """Commits that held a stage, oldest first, without those that were rolled back."""
    held: list[str] = []
    for move in sorted(moves, key=lambda m: (m.time, m.counter)):
        if move.stage != stage or move.removed:
            continue
        if move.rolled_back and move.commit in held:
            while held[-1] != move.commit:
                held.pop()
        else:
            held.append(move.commit)
    return held


def _check_stage(model: str, stage: str, known: set[str]) -> None:
    """Refuse a new stage whose name cannot be told from a selector, or from another stage."""
    if stage in known:
        return
    if refs.is_reserved(stage):
        raise ReservedName(stage)
    refs.check_name("stage", stage)
    for other in known:
        if other.lower() == stage.lower():
            raise StageTaken(stage, other, model)


def _move(
    context: Context, version: VersionInfo, stage: str, message: str, rolled_back: str
) -> StageResult:
    for _ in range(RETRIES):
        context.index.refresh()
        moves = context.index.moves(version.model)
        # Also of moves that cannot be read: a later one decides in their place.
        unread = context.index.problems(version.model)
        known = {move.stage for move in moves} | {problem.stage for problem in unread}
        _check_stage(version.model, stage, known)
        holder = context.index.stages(version.model).get(stage)
        if holder is not None and holder.commit == version.commit:
            raise AlreadyExists(
                f"{version.ref} already holds the stage {stage}.",
                "Nothing was changed. Promote another version.",
            )
        counters = [m.counter for m in moves if m.stage == stage]
        counters += [p.counter for p in unread if p.stage == stage]
        counter = 1 + max(counters, default=0)
        move = StageMove(
            model=version.model,
            stage=stage,
            counter=counter,
            commit=version.commit,
            removed=False,
            author=context.identity.person,
            time=tag_time(context, version),
            message=message.strip(),
            rolled_back=rolled_back,
        )
        try:
            said = tags.create(
                context.git, move.tag, move.commit, move.author, move.time, tag_message(move)
            )
        except AlreadyExists:  # another writer took the counter
            continue
        before = _version_of(context, holder) if holder else None
        said += best_effort(move.tag, "a look at the registry", context.index.refresh)
        return StageResult(move, version, before, said)
    raise AlreadyExists(
        f"{refs.stage_reference(version.model, stage)} is being moved by others.",
        "Repeat the command.",
    )


def _version_of(context: Context, move: StageMove) -> VersionInfo | None:
    try:
        return resolve(context, f"{move.model}@{move.commit}")
    except NbModelError:  # the version no longer holds the stage, so its error does not matter
        return None


def tag_message(move: StageMove) -> str:
    """Message of a stage tag: the reason, and as a trailer what it retreats from."""
    text = move.message or f"{move.model}#{move.stage}"
    trailer = f"\n\n{tags.ROLLED_BACK}: {move.rolled_back}" if move.rolled_back else ""
    return text + trailer
