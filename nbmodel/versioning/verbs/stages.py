"""Promote and roll back: which version holds a stage, as GTO tags; history is never rewritten."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import (
    AlreadyExists,
    InvalidReference,
    InvalidValue,
    LostRace,
    NbModelError,
    NotFound,
)
from nbmodel.records import StageMove, VersionInfo
from nbmodel.repo import tag_trailers, tags
from nbmodel.versioning.context import Context, require_readable
from nbmodel.versioning.live_spans import holders_in_turn
from nbmodel.versioning.publish import best_effort
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.sharing.fetching import check_purge
from nbmodel.versioning.verbs.release import tag_time
from nbmodel.versioning.verbs.stage_names import check_stage

MAX_RETRIES = 20


@dataclass(frozen=True, repr=False)
class StageResult(Result):
    """A stage move: the version that holds it now and the one that held it before.

    If `unchanged`, the move was made earlier. If `move.removed`, no version holds the stage, and
    `version` held it.
    """

    move: StageMove
    version: VersionInfo
    before: VersionInfo | None
    warnings: tuple[str, ...] = ()
    unchanged: bool = False

    def text(self) -> str:
        """Stage, version, what it replaced, why; then warnings."""
        return "\n".join([self._line(), *(f"  {w}" for w in self.warnings)])

    def _line(self) -> str:
        previous = f"  (was {self.before.ref})" if self.before else ""
        why = f"  {display.first_line(self.move.message)}" if self.move.message else ""
        subject = refs.stage_reference(self.move.model, self.move.stage)
        if self.unchanged:
            what = "no version holds it" if self.move.removed else self.version.ref
            return f"{subject}  {what}, unchanged since {display.moment(self.move.time)}"
        if self.move.removed:
            why = f"  {display.first_line(self.move.message)}" if self.move.message else ""
            return f"{subject}  removed from {self.version.ref}{why}"
        return f"{subject}  {self.version.ref}{previous}{why}"

    def html(self) -> str:
        """The same line, the stage as a chip."""
        stage, _, rest = self._line().partition("  ")
        line = f"<div>{display.chips([stage])}{display.escaped(rest)}</div>"
        return line + display.warned(self.warnings)


def promote(
    context: Context, reference: str, stage: str, message: str = "", *, new_stage: bool = False
) -> StageResult:
    """Give a stage to a version. Nothing is changed if the version holds it.

    The first stage of a registry, and usual names such as ``staging``, need no `new_stage`.

    Raises
    ------
    InvalidName
        If the stage is new and its name is not valid, or reads as another selector.
    StageTaken
        If the stage is new and its name differs from another one only in case.
    NewStage
        If no version of the registry has had the stage, and `new_stage` does not confirm it.
    VersionPurged
        If its arrays were removed for good.
    """
    context.require_writable("promote")
    version = resolve(context, reference)
    return _give(context, version, stage, message, new_stage=new_stage)


def remove_stage(
    context: Context, reference: str, stage: str = "", message: str = ""
) -> StageResult:
    """Take a stage from the version that holds it. Nothing is changed if it was taken already.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn``, ``churn@prod``, or the version that holds the stage.
    stage : str
        May be left out if the reference names it.
    message : str

    Raises
    ------
    InvalidReference
        If the reference and `stage` do not name one stage of a model.
    InvalidValue
        If another version than the named one holds the stage.
    NotFound
        If the model never had the stage.
    """
    context.require_writable("remove a stage")
    ref = refs.parse(reference)
    stage = stage or (ref.value if ref.kind == "stage" else "")
    if not stage:
        raise InvalidReference(reference, "it names no stage to remove")
    context.index.refresh()
    context.require_model(ref.model)
    require_readable([p for p in context.index.problems(ref.model) if p.stage == stage])
    target = refs.Reference(ref.model, "", "stage", stage)
    mine = [move for move in context.index.moves(ref.model) if move.stage == stage]
    if mine and mine[0].removed:
        version = resolve(context, f"{ref.model}@{mine[0].commit}")
        return StageResult(mine[0], version, version, unchanged=True)
    holder = resolve(context, target)
    expected_version = holder if ref == refs.Reference(ref.model) else resolve(context, ref)
    if expected_version.commit != holder.commit:
        raise InvalidValue(
            f"{expected_version.ref} does not hold {target}; {holder.ref} does.",
            f"Name that version, or the model: {ref.model}.",
        )
    return _move(context, holder, stage, message, removed=True)


def rollback(context: Context, reference: str, message: str = "") -> StageResult:
    """Give a stage back to the version that held it before.

    A second rollback with another reason goes one further back: a rollback undoes a promotion, and
    is not one itself. With the same reason, it is a repetition, and changes nothing.

    Raises
    ------
    InvalidReference
        If `reference` is not ``NAME@STAGE``.
    NotFound
        If no version held the stage before.
    InvalidValue
        If no reason is given.
    VersionPurged
        If the arrays of that version were removed for good.
    """
    context.require_writable("roll back")
    ref = refs.parse(reference)
    if ref.kind != "stage" or ref.back:
        raise InvalidReference(reference, "a rollback takes NAME@STAGE")
    if not message.strip():
        raise InvalidValue("A rollback needs a reason.", 'Give it: -m "calibration off".')
    current = resolve(context, ref)
    require_readable([p for p in context.index.problems(ref.model) if p.stage == ref.value])
    last = context.index.stages(ref.model)[ref.value]
    if last.rolled_back and last.message == message.strip():
        hint = ("Rolled back already for this reason. To go further back, give another one.",)
        return StageResult(last, current, None, hint, unchanged=True)
    holders = holders_in_turn(context.index.moves(ref.model), ref.value)
    if len(holders) < 2:
        what = f"{ref} cannot go back: no other version held the stage before {current.ref}."
        raise NotFound("earlier version", reference, ref.model, what=what)
    version = resolve(context, f"{ref.model}@{holders[-2]}")
    return _give(context, version, ref.value, message, rolled_back=current.commit)


def _give(
    context: Context,
    version: VersionInfo,
    stage: str,
    message: str,
    *,
    rolled_back: str = "",
    new_stage: bool = False,
) -> StageResult:
    remarks = check_purge(context, version)
    result = _move(context, version, stage, message, rolled_back=rolled_back, new_stage=new_stage)
    return replace(result, warnings=(*remarks, *result.warnings))


def _move(
    context: Context,
    version: VersionInfo,
    stage: str,
    message: str,
    *,
    rolled_back: str = "",
    removed: bool = False,
    new_stage: bool = False,
) -> StageResult:
    for _ in range(MAX_RETRIES):
        context.index.refresh()
        moves = context.index.moves(version.model)
        # Also of moves that cannot be read: a later one decides in their place.
        unread = context.index.problems(version.model)
        stages = {move.stage for move in moves} | {problem.stage for problem in unread}
        if not removed:
            check_stage(context, version.model, stage, stages, new_stage=new_stage)
        holder = context.index.stages(version.model).get(stage)
        if not removed and holder is not None and holder.commit == version.commit:
            return _unchanged(holder, version, message)
        if removed and (holder is None or holder.commit != version.commit):
            raise LostRace(f"{version.ref} does not hold {stage} any more.", "Repeat the command.")
        tags_before = [(m.counter, refs.TAG_PREFIX + m.tag) for m in moves if m.stage == stage]
        tags_before += [(p.counter, p.ref) for p in unread if p.stage == stage]
        counter, last_tag = max(tags_before, default=(0, ""))
        move = StageMove(
            model=version.model,
            stage=stage,
            counter=counter + 1,
            commit=version.commit,
            removed=removed,
            author=context.identity.person,
            time=tag_time(context, version),
            message=message.strip(),
            rolled_back=rolled_back,
        )
        try:
            warnings = tags.create(
                context.git,
                move.tag,
                move.commit,
                move.author,
                move.time,
                tag_message(move, _previous(context, last_tag)),
                absent=move.opposite_tag,
            )
        except AlreadyExists:  # another writer took the counter
            continue
        before = _version_of(context, holder) if holder else None
        warnings += best_effort(move.tag, "a look at the registry", context.index.refresh)
        return StageResult(move, version, before, warnings)
    raise AlreadyExists(
        f"{refs.stage_reference(version.model, stage)} is being moved by others.",
        "Repeat the command.",
    )


def _unchanged(holder: StageMove, version: VersionInfo, message: str) -> StageResult:
    warnings: tuple[str, ...] = ()
    if message.strip() not in ("", holder.message):
        add = display.advice(f"Add it: %model_annotate {version.ref} -m REASON")
        warnings = (f"The reason was not recorded. {add}",)
    return StageResult(holder, version, version, warnings, unchanged=True)


def _version_of(context: Context, move: StageMove) -> VersionInfo | None:
    try:
        return resolve(context, f"{move.model}@{move.commit}")
    except NbModelError:  # the version no longer holds the stage, so its error does not matter
        return None


def _previous(context: Context, last_tag: str) -> str:
    """Id of the tag before the next one; empty if git cannot read it."""
    return context.git.readable_tip(last_tag) if last_tag else tag_trailers.FIRST


def tag_message(move: StageMove, previous: str) -> str:
    """Message of a stage tag: the reason, what it retreats from, and the tag before it."""
    facts = {tag_trailers.ROLLED_BACK: move.rolled_back, tag_trailers.PREVIOUS: previous}
    return tag_trailers.join(move.message or move.default_message, facts)
