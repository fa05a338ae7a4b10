"""Show: what is recorded about a version. The model is not loaded."""

from __future__ import annotations

from collections.abc import Sequence

from nbmodel import refs
from nbmodel.errors import GitFailed, ReferenceGone
from nbmodel.records import Release, StageMove, Verification, VersionInfo
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import acceptance, attached_files, evaluations, purges, verifications
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.approvals import approvals_of, is_approval
from nbmodel.versioning.context import Context
from nbmodel.versioning.evaluations import is_evaluation
from nbmodel.versioning.purges import Purge
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.rows import labels
from nbmodel.versioning.verbs.show_result import ShowResult

MAX_CHARTED_VERSIONS = 500
MAX_CHARTED_RELATIVES = 60  # as in the panel


def show(context: Context, reference: str, sections: Sequence[str] = ()) -> ShowResult:
    """Read what is recorded about a version.

    Parameters
    ----------
    context : Context
    reference : str
    sections : sequence of {"cells", "modules", "env", "data", "files"}
        What to display. Default: the overview.

    Raises
    ------
    NotFound, ManifestInvalid, ManifestTooNew
    """
    version = resolve(context, reference)
    snapshot = snapshots.read(context, version)
    try:
        notes, left_out = git_notes.read(context.git, version.commit), ""
        if not notes:
            context.require_never(refs.NOTES_REF)
    except (GitFailed, ReferenceGone) as error:  # every person who may push can add notes
        notes, left_out = [], f"the notes: {error.what}"
    return ShowResult(
        version=version,
        manifest=snapshot.manifest,
        labels=labels(context, [version]).get(version.commit, ()),
        notes=[n for n in notes if not (is_approval(n) or purges.is_record(n) or is_evaluation(n))],
        evaluations=evaluations.of_notes(notes),
        purges=_purges(context, version),
        approvals=approvals_of(context, version.commit, notes),
        cells=snapshot.text(context, "cells.py"),
        profile=snapshot.profile(context),
        files=snapshot.sizes(context),
        attached=attached_files.of_version(snapshot, notes),
        sections=tuple(sections),
        modules=snapshots.module_texts(context, snapshot),
        acceptance=acceptance.summary(context, snapshot),
        verification=verifications.of_versions(context, [version])[version.commit],
        tag_verifications=verifications.of_tags(context, _tags(context, version)),
        left_out=left_out,
        parents=tuple(map(context.name_of, version.parents)) if len(version.parents) > 1 else (),
        history=lambda: context.index.log(version.model, limit=MAX_CHARTED_VERSIONS),
        relatives=lambda: context.index.lineage(version, MAX_CHARTED_RELATIVES).versions[::-1],
    )


def _purges(context: Context, version: VersionInfo) -> list[tuple[Purge, Verification]]:
    """The records of its purge, each with the state of its signature."""
    records = purges.by_commit(context).get(version.commit, ())
    return [*zip(records, purges.verifications(context, records), strict=True)]


def _tags(context: Context, version: VersionInfo) -> list[Release | StageMove]:
    """The releases of a version, and the moves by which it holds stages."""
    releases = [r for r in context.index.releases(version.model) if r.commit == version.commit]
    moves = context.index.stages(version.model).values()
    current = [move for move in moves if move.commit == version.commit and not move.removed]
    return [*releases, *current]
