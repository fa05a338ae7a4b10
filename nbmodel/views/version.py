"""version: all that is recorded of one version, without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from nbmodel import display
from nbmodel.errors import GitFailed, ManifestInvalid
from nbmodel.manifest import default_params
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import purges, verifications
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.approvals import approvals_of, is_approval
from nbmodel.versioning.attached_files import of_notes
from nbmodel.versioning.evaluations import is_evaluation
from nbmodel.versioning.resolve import resolve
from nbmodel.views.evaluations import evaluations_of
from nbmodel.views.files import attachments_of
from nbmodel.views.profile import profile_of
from nbmodel.views.rows import rows_of
from nbmodel.views.texts import Answer, Pairs, reals, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbmodel.records import Column, Note, Use, Verification
    from nbmodel.versioning.approvals import Approval
    from nbmodel.versioning.context import Context
    from nbmodel.versioning.registry import Registry
    from nbmodel.versioning.snapshot import Snapshot

T = TypeVar("T")

MAX_USERS = 100


def version(registry: Registry, *, ref: str) -> Answer:
    """Everything but the object itself; files that cannot be read are listed in ``about``."""
    context = registry.context
    context.index.refresh()
    info = resolve(context, ref)
    snapshot = snapshots.read(context, info)
    manifest = snapshot.manifest
    damage: Pairs = []

    def part(path: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except (GitFailed, ManifestInvalid) as error:
            damage.append((path, display.visible(error)))
            return otherwise

    def text(path: str) -> str:
        return part(path, lambda: snapshot.text(context, path), "").replace("\r\n", "\n")

    # The card is not escaped. It may be edited and saved, and escapes would become its text.
    card, cells = text("README.md"), display.visible(text("cells.py"))
    document: Answer = part("profile.json", lambda: snapshot.profile(context), {})
    sizes: dict[str, int] = part("files", lambda: snapshot.sizes(context), {})
    notes: list[Note] = part("notes", lambda: git_notes.read(context.git, info.commit), [])
    state = verifications.of_versions(context, [info])[info.commit]
    return {
        "row": rows_of(registry, [info])[0],
        "email": display.visible(info.author.email),
        "message": display.visible(info.message.strip()),
        "about": [
            *_about(snapshot),
            ("signature", display.visible(state.sentence)),
            *_purged(context, info.commit),
            *damage,
        ],
        "verification": _verification(state),
        "approvals": [_approval(each) for each in approvals_of(context, info.commit, notes)],
        "params": texts(manifest.params),
        "defaults": [display.visible(name) for name in default_params(manifest)],
        "tags": texts(manifest.tags),
        "counts": [(display.visible(name), count) for name, count in manifest.counts.items()],
        "inputs": [_column(column) for column in manifest.signature.inputs],
        "outputs": [_column(column) for column in manifest.signature.outputs],
        "notes": [_note(note) for note in notes if not _has_own_place(note)],
        "evaluations": evaluations_of(info, notes),
        "attachments": attachments_of(snapshot, notes),
        "card": card,
        "cells": cells,
        "environment": texts(
            {"python": manifest.python, "nbmodel": manifest.nbmodel, **manifest.environment}
        ),
        "profile": profile_of(document) if document else None,
        "files": [(display.visible(path), size) for path, size in sorted(sizes.items())],
        "uses": [_name(context, use) for use in manifest.uses],
        "usedBy": [user.ref for user in context.index.users(info, MAX_USERS)],
        "committedLocally": context.trusted_commits.has(snapshot.raw_manifest),
    }


def _has_own_place(note: Note) -> bool:
    """Whether a note is not among the notes, but an approval, an evaluation or a purge."""
    return is_approval(note) or is_evaluation(note) or purges.is_record(note)


def _purged(context: Context, commit: str) -> Pairs:
    """Who purged a version, when and why, and the state of that signature."""
    record = purges.first_of(context, commit)
    if record is None:
        return []
    (state,) = purges.verifications(context, [record])
    return [("purged", display.visible(f"{record.sentence} ({state.sentence})"))]


def _about(snapshot: Snapshot) -> Pairs:
    manifest, code = snapshot.manifest, snapshot.manifest.code
    facts = {
        "object": f"{manifest.type}: {manifest.summary}",
        "flavor": manifest.flavor,
        "variable": manifest.variable,
        "size": display.size(manifest.payload.size),
        "code": f"{code.commit[:10]}{' (changed)' if code.dirty else ''}" if code.commit else "",
        "notebook": code.notebook,
    }
    return [(name, display.visible(fact)) for name, fact in facts.items() if fact]


def _column(column: Column) -> Answer:
    return {
        "name": display.visible(column.name),
        "dtype": display.visible(column.dtype),
        "shape": list(column.shape),
    }


def _note(note: Note) -> Answer:
    return {
        "author": display.visible(note.author.name),
        "time": note.time,
        "text": display.visible(note.text),
        "metrics": reals(note.metrics),
        "files": [display.visible(file.name) for file in of_notes([note])],
    }


def _approval(approval: Approval) -> Answer:
    note = approval.note
    return {
        "id": approval.id,
        "author": display.visible(note.author.name),
        "time": note.time,
        "text": display.visible(note.text),
        "state": display.visible(approval.sentence),
        "verification": _verification(approval.verification),
    }


def _verification(state: Verification) -> Answer:
    return {
        "state": state.state,
        "signer": display.visible(state.signer),
        "key": state.key,
        "why": display.visible(state.why),
    }


def _name(context: Context, use: Use) -> str:
    """Reference of a version that was used, or its commit id where it is not here."""
    versions = context.index.by_commit(use.commit, use.model)
    return next((version.ref for version in versions), use.commit)
