"""Restore: a deleted branch or model comes back from the trash; or list what can come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel import display, refs
from nbmodel.display import Result, Table
from nbmodel.errors import AlreadyExists, InvalidReference, InvalidValue, NotFound, ReferenceDamaged
from nbmodel.refs import Reference
from nbmodel.repo import trash
from nbmodel.repo.trash import TrashEntry
from nbmodel.versioning import deletion
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing.shared import line_of


@dataclass(frozen=True, kw_only=True, repr=False)
class TrashResult(Result):
    """What is in the trash, the newest first."""

    entries: tuple[TrashEntry, ...] = ()

    def text(self) -> str:
        """A table: what, when and by whom it was deleted, why, and until when it is kept."""
        return self._table().text() if self.entries else "The trash is empty."

    def html(self) -> str:
        """The same table."""
        return self._table().html() if self.entries else display.escaped(self.text())

    def _table(self) -> Table:
        heads = ("name", "deleted", "by", "why", "kept until")
        return Table(heads, [_row(entry) for entry in self.entries])


@dataclass(frozen=True, kw_only=True, repr=False)
class RestoreResult(Result):
    """The branches that are back: ``churn`` for main, else ``churn:exp``."""

    name: str
    branches: tuple[str, ...] = ()

    def text(self) -> str:
        """What came back, on one line."""
        if self.branches == (self.name,):
            return f"{self.name} is back"
        return f"{self.name} is back: {', '.join(self.branches) or 'its labels'}"


def list_trash(context: Context) -> TrashResult:
    """List what was deleted and can be restored."""
    return TrashResult(entries=tuple(trash.entries(context.git)))


def restore(context: Context, reference: str, branch: str = "") -> RestoreResult:
    """Bring a deleted branch or model back.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn:exp``, or ``churn`` for a whole model.
    branch : str
        Another name for the branch, if its own name is taken.

    Raises
    ------
    NotFound
        If it is not in the trash.
    AlreadyExists
        If the model has a branch of that name with other versions.
    InvalidReference
        If it names a version, a release or a stage.
    InvalidValue
        If a whole model is to get the name of a branch.
    ReferenceDamaged
        If its object in the trash cannot be read.
    LostRace
    ReadOnlyRegistry
    """
    context.require_writable("restore")
    ref = refs.parse(reference)
    if ref.kind != "latest" or ref.back or "@" in reference:
        raise InvalidReference(reference, "name a model or a branch to restore")
    contents = trash.entries(context.git)
    models = dict.fromkeys(entry.model for entry in contents)
    if ref.model not in models:
        raise NotFound("model", ref.model, "the trash", models)
    if ref.branch:
        entries = _of_branch(contents, ref)
    else:
        entries = _of_model(contents, ref.model)
        if branch and (len(entries) > 1 or not entries[0].branch):
            raise InvalidValue(
                f"{ref.model} is a whole model.", "Restore it first. Then make the branch."
            )
    _require_restorable(context, entries, branch)
    back = deletion.restore(context, entries, branch)
    return RestoreResult(name=reference, branches=tuple(line_of(name) for name in back))


def _of_branch(contents: Sequence[TrashEntry], ref: Reference) -> list[TrashEntry]:
    if trash.newest(contents, ref.model, "") is not None:
        raise InvalidReference(
            f"{ref.model}:{ref.branch}", f"the whole model is in the trash: restore {ref.model}"
        )
    entry = trash.newest(contents, ref.model, ref.branch)
    if entry is None:
        name = f"{ref.model}:{ref.branch}"
        raise NotFound("branch", name, "the trash", [entry.name for entry in contents])
    return [entry]


def _of_model(contents: Sequence[TrashEntry], model: str) -> list[TrashEntry]:
    """The marks of a model, and the branches that were deleted with it.

    A deletion that was killed and repeated leaves two marks. Without a mark, it is the main branch
    and what was deleted with it: no two deletions have the same time.
    """
    marks = [entry for entry in contents if entry.model == model and not entry.branch]
    main = Reference(model, refs.DEFAULT_BRANCH)
    times = {entry.time for entry in marks or _of_branch(contents, main)}
    branches: dict[str, TrashEntry] = {}
    for entry in sorted(contents, key=lambda entry: entry.time):
        if entry.model == model and entry.branch and entry.time in times:
            branches[entry.branch] = entry
    return [*marks, *branches.values()]


def _require_restorable(context: Context, entries: Sequence[TrashEntry], branch: str) -> None:
    for entry in entries:
        if entry.branch and entry.why:
            raise ReferenceDamaged(entry.ref, entry.why)
        if not entry.branch:
            continue
        name = refs.branch_ref(entry.model, branch or entry.branch)
        tip = context.git.resolve(name)
        if tip not in (None, entry.tip):
            raise AlreadyExists(
                f"{line_of(name)} has other versions now.",
                f"Restore it under another name: %model_restore {entry.name} --branch NAME",
            )


def _row(entry: TrashEntry) -> tuple[str, ...]:
    name = entry.name if entry.branch else f"{entry.model} (the whole model)"
    if entry.why:
        return name, display.moment(entry.time), "", f"damaged: {entry.why}", ""
    why = "" if entry.message == "Deleted" else display.first_line(entry.message)
    who = display.line(entry.author.name)
    return name, display.moment(entry.time), who, why, display.moment(entry.end)
