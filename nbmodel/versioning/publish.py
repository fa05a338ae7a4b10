"""Landing: files become the next commit of a branch, by compare-and-swap.

Order of what is on disk: record of own commits -> git objects -> one ref. A kill
before the last step leaves nothing but unreferenced bytes for `gc`. What follows
that step is best effort: the version is there, and the user is told so.
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
from nbmodel.records import Code, Payload, VersionInfo
from nbmodel.repo import commits, locks, packs
from nbmodel.repo.fast_import import FastImport
from nbmodel.versioning.context import Context, now

RETRIES = 50
CARD = "README.md"
CARD_LIMIT = 1 << 20  # bytes; what is longer was not written by hand


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the next version of a branch is to be, given where the branch stands now.

    Attributes
    ----------
    draft : Manifest
        Its number and nonce are set when it lands.
    parents : sequence of VersionInfo
    files : mapping of str to bytes
        All but manifest and card.
    card : str
        A card whose own card the new one takes over.
    own : bool
        This user vouches for the payload: it loads without the trust check here.
    warnings : tuple of str
    code : callable, optional
        Gives the draft's `code`; asked late, because git looks at it meanwhile.
    """

    draft: Manifest
    parents: Sequence[VersionInfo]
    files: Mapping[str, bytes]
    card: str = ""
    own: bool = True
    warnings: tuple[str, ...] = ()
    code: Callable[[], Code] | None = None


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version that published, the bytes that went into git for it, and what to tell the user."""

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
    """Write a commit on the branch's tip; on a lost race ask for a new proposal and repeat.

    Parameters
    ----------
    context : Context
    ref : str
        Full name of the branch.
    message : str
    propose : callable
    importing : FastImport
        The git that writes, started early.

    Raises
    ------
    LostRace, Locked
        If other writers were faster each time, or a lock stands that may be somebody's.
    WriteFailed, GitFailed
        If it could not be written; the ref has not moved.
    """
    for _ in range(RETRIES):
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
    when, person = now(), context.identity.person
    ids = [p.commit for p in parents]
    # git makes the objects while we go on; it links them, and moves the ref, in `moving`.
    commits.send(importing, commits.NewCommit(ref, ids, files, person, when, message))
    if proposal.own:
        context.record_own(text)
    with importing.moving(ref) as commit_id:
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
    """What could not be read must not publish, nor lie around in git as if it were lost."""
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
        If it is: the user's files would differ from their branch.
    """
    if context.head() == ref:
        raise AlreadyExists(
            f"{ref} is checked out in the work tree; committing would change your files.",
            "Switch to another branch first: git switch main.",
        )


def previous_card(context: Context, tip: VersionInfo) -> tuple[str, tuple[str, ...]]:
    """Card of the version before, and a warning if it cannot be taken over."""
    try:
        found = context.git.read(f"{tip.commit}:{CARD}", limit=CARD_LIMIT)
    except GitFailed as error:  # a card nobody can read must not stop the next commit
        return "", (f"The card of {tip.ref} was not taken over: {error.what}",)
    if found is None or found.kind != "blob":
        return "", ()
    return found.data.decode(errors="replace"), ()


def branch_of(reference: refs.Reference, version: VersionInfo) -> str:
    """The branch that a reference speaks of; releases, stages and ids belong to the version's."""
    counted = reference.kind in ("latest", "number")
    return reference.branch or (refs.DEFAULT_BRANCH if counted else version.branch)


def best_effort(where: str, what: str, step: Callable[[], object]) -> tuple[str, ...]:
    """Do a step that only makes things faster or nicer; what to tell the user if it fails.

    Parameters
    ----------
    where : str
        What is there already: ``churn@5``.
    what : str
        The step: ``the index``.
    step : callable
    """
    try:
        step()
    except (NbModelError, OSError, sqlite3.Error, RuntimeError) as error:
        why = error.what if isinstance(error, NbModelError) else _said(error)
        return (f"{where} is there; do not repeat the command. But {what} failed: {why}",)
    return ()


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{type(error).__name__}: {error}."
