"""Delete: a branch or a model goes to the trash; a label ends by a tag; a version is purged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.refs import Reference
from nbmodel.repo.remotes import remote_lines
from nbmodel.repo.trash import TrashEntry
from nbmodel.versioning.context import Context
from nbmodel.versioning.deletion import Reason, move_to_trash
from nbmodel.versioning.deletion_scope import branch_scope, model_scope
from nbmodel.versioning.verbs.purge import PurgeResult, purge
from nbmodel.versioning.verbs.release import deregister
from nbmodel.versioning.verbs.stages import StageResult, remove_stage


@dataclass(frozen=True, kw_only=True, repr=False)
class DeleteResult(Result):
    """What was deleted, and how to undo it.

    Attributes
    ----------
    name : str
        ``churn``, ``churn:exp`` or ``churn@v1.2.0``.
    entries : tuple of TrashEntry
        What is in the trash now; empty for a release.
    versions : int
        How many versions the deleted branches had.
    warnings : tuple of str
    unchanged : bool
        Whether it was deleted earlier.
    """

    name: str
    entries: tuple[TrashEntry, ...] = ()
    versions: int = 0
    warnings: tuple[str, ...] = ()
    unchanged: bool = False

    def text(self) -> str:
        """What was deleted and until when it can be restored; then warnings."""
        if not self.entries:
            verb = "ended earlier" if self.unchanged else "ended"
            first = (
                f"{self.name} {verb}. Its tags stay: everybody sees that there was such a release."
            )
        else:
            end = display.moment(min(entry.end for entry in self.entries))
            count = display.count(self.versions, "version")
            undo = display.advice(f"Undo: %model_restore {self.name}")
            first = f"{self.name} is in the trash until {end}: {count}. {undo}"
        return "\n  ".join([first, *self.warnings])


def delete(
    context: Context,
    reference: str,
    message: str = "",
    days: float = refs.TRASH_DAYS,
    *,
    force: bool = False,
    remote: str | None = None,
) -> DeleteResult | StageResult | PurgeResult:
    """Delete a model, a branch, a release or a stage; or purge a version.

    A branch and a model can be restored, and a release or stage ends by a tag that says so. The
    arrays of a version that is purged are gone.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn`` is the whole model, ``churn:exp`` a branch, ``churn@v1.2.0`` a release,
        ``churn@prod`` a stage and ``churn@4`` a version.
    message : str
        Why.
    days : float
        For how many days a branch or a model can be restored.
    force : bool
        Purge a version although it has labels, or others were made from it.
    remote : str, optional
        A remote from whose store a purge removes the segments too.

    Raises
    ------
    InvalidReference
        If it is ``churn@latest``, which may be another version in a moment.
    VersionInUse, ReferencesInDoubt
        If a version cannot be purged.
    NotFound, InTrash
        If there is no such thing, or it was deleted already.
    AlreadyExists
        If a branch to delete is checked out.
    LostRace
        If another process moved a branch meanwhile.
    InvalidValue
        If `days` is negative, or a remote is named for what is not a version.
    """
    context.require_writable("delete")
    ref = refs.parse(reference)
    if refs.names_version(reference):
        return purge(context, reference, message, force=force, remote=remote)
    if remote is not None:
        raise InvalidValue(
            f"Only a version is purged from a remote, and {reference} is not one.",
            "To delete a branch there: %model_push --prune. Labels travel with %model_push.",
        )
    context.index.refresh()
    if ref.kind == "stage":
        return remove_stage(context, reference, message=message)
    if ref.kind == "release":
        release, is_new = deregister(context, ref, message)
        return DeleteResult(name=f"{release.model}@{release.version}", unchanged=not is_new)
    reason = Reason(message=message, days=days)
    return _branch(context, ref, reason) if ref.branch else _model(context, ref.model, reason)


def _branch(context: Context, ref: Reference, reason: Reason) -> DeleteResult:
    scope = branch_scope(context, ref)
    entries = move_to_trash(context, scope.tips, reason)
    warnings = [f"{label} stays: a tag names its version." for label in scope.labels]
    if ref.branch == refs.DEFAULT_BRANCH and scope.others:
        listing = ", ".join(f"{ref.model}:{branch}" for branch in scope.others)
        warnings.append(f"{ref.model} has no main branch now. It has {listing}.")
    return DeleteResult(
        name=f"{ref.model}:{ref.branch}",
        entries=tuple(entries),
        versions=scope.versions,
        warnings=(*warnings, *_at_remotes(context, ref.model), *context.news()),
    )


def _model(context: Context, model: str, reason: Reason) -> DeleteResult:
    scope = model_scope(context, model)
    entries = move_to_trash(context, scope.tips, reason, model=model, tip=scope.ends[0])
    warnings = list(_at_remotes(context, model))
    if labels := len(scope.ends) - len(scope.tips):
        count = display.count(labels, "label")
        warnings.insert(0, f"Its {count} (releases and stages) are hidden until it is restored.")
    return DeleteResult(
        name=model,
        entries=tuple(entries),
        versions=scope.versions,
        warnings=(*warnings, *context.news()),
    )


def _at_remotes(context: Context, model: str) -> Iterator[str]:
    """Say which deleted branches a remote still has."""
    for line in remote_lines(context.git, model):
        name = f"{line.model}:{line.branch}"
        yield display.advice(f"{line.remote} still has {name}: %model_push --prune")
