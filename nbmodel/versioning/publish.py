"""Publish: files become the next commit of a branch, by compare-and-swap.

The order of writes is: record of the user's commits, git objects, one reference. A process
that is killed before the last step leaves only unreferenced bytes, which `gc` removes. Later
steps are best effort: if one fails, the version exists, and a warning says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex

from nbmodel import manifest, refs
from nbmodel.errors import (
    AlreadyExists,
    GitFailed,
    LostRace,
    ManifestInvalid,
    NbModelError,
    NotRecordable,
)
from nbmodel.manifest import Manifest
from nbmodel.provenance.card.model_card import render_card
from nbmodel.records import Code, Column, Merge, Payload, Signature, VersionInfo
from nbmodel.repo import commits, locks, packs
from nbmodel.repo.fast_import import FastImport
from nbmodel.versioning.context import Context, now

MAX_ATTEMPTS = 50
CARD = "README.md"
CARD_LIMIT = 1 << 20  # bytes; what is longer was not written by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The next version of a branch, for the current tip of the branch.

    Attributes
    ----------
    draft : Manifest
        Its number and nonce are set when it is published.
    parents : sequence of VersionInfo
    files : mapping of str to bytes
        All files except the manifest and the card.
    card : str
        A card whose own card the new one takes over.
    own : bool
        Whether this user made the payload, so that it loads without the trust check here.
    warnings : tuple of str
    code : callable, optional
        Returns the `code` of the draft. It is called late, because git determines it meanwhile.
    """

    draft: Manifest
    parents: Sequence[VersionInfo]
    files: Mapping[str, bytes]
    card: str = ""
    own: bool = True
    warnings: tuple[str, ...] = ()
    code: Callable[[], Code] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestry:
    """The parents of a merge, and how the object was made of them.

    Attributes
    ----------
    parents : sequence of VersionInfo
        The tip of the branch comes first: the branch must still name it.
    merge : Merge
    inputs : tuple of Column
        The inputs that the members share. They hold for the object, unless it names others.
    """

    parents: Sequence[VersionInfo]
    merge: Merge
    inputs: tuple[Column, ...] = ()

    def signature(self, described: Signature) -> Signature:
        """The signature of the object, with the inputs of the members if it names no others.

        The members know the types of their training data, and the object alone does not.
        """
        own = described.inputs
        if not own:
            return replace(described, inputs=self.inputs)
        if [column.name for column in own] != [column.name for column in self.inputs]:
            return described
        pairs = zip(own, self.inputs, strict=True)
        inputs = tuple(shared if shared.dtype else column for column, shared in pairs)
        return replace(described, inputs=inputs)

    def require_tip(self, context: Context, ref: str) -> None:
        """Refuse if the branch has moved since the merge began.

        Raises
        ------
        LostRace
        """
        tip = self.parents[0]
        if context.git.resolve(ref) != tip.commit:
            raise LostRace(
                f"{ref} was moved while {tip.ref} was merged. Nothing was committed.",
                "Run the command again, to merge with the latest version.",
            )


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version, its card, the bytes written to git, and warnings for the user."""

    version: VersionInfo
    card: str
    written: int
    warnings: tuple[str, ...] = field(default=())


def publish(
    context: Context,
    ref: str,
    message: str,
    propose: Callable[[], Proposal],
    importing: FastImport,
) -> PublishedVersion:
    """Write a commit on the tip of a branch; if another writer was first, propose again and repeat.

    Parameters
    ----------
    context : Context
    ref : str
        Full name of the branch.
    message : str
    propose : callable
    importing : FastImport
        The running ``git fast-import``.

    Raises
    ------
    LostRace, Locked
        If other writers were first each time, or another process may hold a lock.
    WriteFailed, GitFailed
        If it could not be written; the ref has not moved.
    """
    for _ in range(MAX_ATTEMPTS):
        proposal = propose()
        try:
            return _attempt(context, ref, message, proposal, importing)
        except LostRace:
            continue
    if lock := locks.of_ref(context.git, ref):
        raise lock.error()
    raise LostRace(f"{ref} is being moved by other writers.", "Repeat the command.")


def _attempt(
    context: Context, ref: str, message: str, proposal: Proposal, importing: FastImport
) -> PublishedVersion:
    parents, draft = proposal.parents, proposal.draft
    number = 1 + max((p.number for p in parents), default=0)
    published = replace(draft, number=number, nonce=token_hex(8))
    card = render_card(published, message, proposal.card)
    if proposal.code is not None:
        published = replace(published, code=proposal.code())
    text = manifest.dumps(published)
    _require_readable(text, f"{published.model}@{number}")
    files = {**proposal.files, "model.json": text, CARD: card.encode(errors="replace")}
    when, identity = now(), context.identity
    person = identity.person
    ids = [p.commit for p in parents]
    # git makes the objects meanwhile. It links them and moves the reference in `moving`.
    commits.send(importing, commits.NewCommit(ref, ids, files, person, when, message))
    if proposal.own:
        context.record_own(text)
    with importing.moving(ref, identity.settings) as commit_id:
        version = VersionInfo(
            commit=commit_id,
            parents=tuple(ids),
            model=published.model,
            branch=published.branch,
            number=number,
            author=person,
            time=when,
            message=message,
            type=published.type,
            flavor=published.flavor,
            summary=published.summary,
            params=published.params,
            metrics=published.metrics,
            tags=published.tags,
            size=published.payload.size,
            uses=published.uses,
        )
        note = partial(context.index.note, version, ref, _addresses(published.payload))
        after = best_effort(version.ref, "the note in the index", note)
    after += best_effort(version.ref, "the roll-up of packs", partial(packs.tidy, context.git))
    warnings = (*proposal.warnings, *importing.warnings, *after)
    return PublishedVersion(version, card, sum(map(len, files.values())), warnings)


def _require_readable(text: bytes, where: str) -> None:
    """Refuse a manifest that could not be read again; nothing of it may reach git."""
    try:
        manifest.loads(text, where)
    except ManifestInvalid as error:
        raise NotRecordable(where, error.reason) from error


def _addresses(payload: Payload) -> list[str]:
    return [payload.skeleton.sha256, *(segment.sha256 for segment in payload.segments)]


def check_free(context: Context, ref: str) -> None:
    """Refuse to move a branch that is checked out.

    Raises
    ------
    AlreadyExists
        If it is checked out: a commit would make the user's files differ from the branch.
    """
    if context.is_checked_out(ref):
        raise AlreadyExists(
            f"{ref} is checked out in a work tree; committing would change your files.",
            "Switch to another branch first: git switch main.",
        )


def previous_card(context: Context, tip: VersionInfo) -> tuple[str, tuple[str, ...]]:
    """The card of the previous version, and a warning if it cannot be read."""
    try:
        blob = context.git.read(f"{tip.commit}:{CARD}", limit=CARD_LIMIT)
    except GitFailed as error:  # an unreadable card must not prevent a commit
        return "", (f"The custom sections of the card of {tip.ref} were not kept: {error.what}",)
    if blob is None or blob.kind != "blob":
        return "", ()
    return blob.data.decode(errors="replace"), ()


def branch_of(reference: refs.Reference, version: VersionInfo) -> str:
    """The branch that a reference names; for releases, stages and ids, that of the version."""
    counted = reference.kind in ("latest", "number")
    return reference.branch or (refs.DEFAULT_BRANCH if counted else version.branch)


def best_effort(where: str, what: str, step: Callable[[], object]) -> tuple[str, ...]:
    """Run a step that the version does not need; return a warning if it fails.

    Parameters
    ----------
    where : str
        What exists already: ``churn@5``.
    what : str
        The step, as the warning names it: ``the index``.
    step : callable
    """
    try:
        step()
    except (NbModelError, OSError, sqlite3.Error, RuntimeError) as error:
        why = error.what if isinstance(error, NbModelError) else _reason(error)
        return (f"{where} is there; do not repeat the command. But {what} failed: {why}",)
    return ()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{type(error).__name__}: {error}."
