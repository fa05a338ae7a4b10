"""The records of purged versions: notes that say who removed the arrays of a version, when and why.

A record is a line of the notes of its version, so it travels with them. Everyone who may write
notes can write one. So a record never removes anything by itself. It explains why arrays are not
here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

from nbmodel import display, refs
from nbmodel.errors import GitFailed, SegmentMissing, SignersInvalid, VersionPurged
from nbmodel.records import Note, Verification
from nbmodel.repo import notes, user_settings
from nbmodel.repo.allowed_signers import SignedText, read_signers
from nbmodel.repo.signing import signer
from nbmodel.versioning.context import Context
from nbmodel.versioning.verifications import around

NAMESPACE = "nbmodel"
KIND = "purge"  # the name of a record among the attachments of a note
_CACHE = "purges"
_UNSIGNED = Verification("unsigned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """The record of a purge.

    Attributes
    ----------
    commit : str
        The version.
    note : Note
        Who, when and why.
    segments, size : int
        How many segments were to go, and their bytes.
    previous : tuple of str
        Ids of the records that were the last ones of the registry then.
    signature : str
        Empty without one.
    """

    commit: str
    note: Note
    segments: int = 0
    size: int = 0
    previous: tuple[str, ...] = ()
    signature: str = ""

    @property
    def id(self) -> str:
        """Digest of the record without its signature, 64 hex digits."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def text(self) -> bytes:
        """What is signed: one line of JSON, the same in every clone."""
        fact = {
            "commit": self.commit,
            "email": self.note.author.email,
            "kind": KIND,
            "previous": [*self.previous],
            "segments": self.segments,
            "size": self.size,
            "text": self.note.text,
            "time": self.note.time,
            "who": self.note.author.name,
        }
        return json.dumps(fact, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sentence(self) -> str:
        """Who purged it, when and why."""
        who, why = display.line(self.note.author.name), display.line(self.note.text)
        return f"by {who or 'an unknown user'} on {display.moment(self.note.time)}" + (
            f": {why}" if why else ""
        )


def by_commit(context: Context) -> Mapping[str, Sequence[Purge]]:
    """All records, oldest first, by the commit of their version; none if the notes are damaged."""
    if not (tip := context.git.readable_tip(refs.NOTES_REF)):
        return {}  # `nbmodel verify` and `show` report damage
    cached: tuple[str, Mapping[str, Sequence[Purge]]] = context.memory.get(_CACHE, ("", {}))
    if cached[0] != tip:
        try:
            cached = (tip, _read(context))
        except GitFailed:
            return {}
        context.memory[_CACHE] = cached
    return cached[1]


def first_of(context: Context, commit: str) -> Purge | None:
    """The first record of a version; None if it was not purged."""
    return next(iter(by_commit(context).get(commit, ())), None)


def explained(context: Context, commit: str, where: str, error: SegmentMissing) -> SegmentMissing:
    """The error for a missing segment of a version: that it was purged, or the given error."""
    purge = first_of(context, commit)
    return error if purge is None else VersionPurged(error.oid, where, purge.sentence)


def sign_purge(context: Context, purge: Purge) -> Purge:
    """The record with a signature, if the user signs commits with an SSH key.

    Raises
    ------
    SigningFailed
        If the key is missing or refused.
    """
    key = signer(context.identity.settings, "commit")
    if key is None or key.form != "ssh":  # git signs the commit of the notes
        return purge
    return replace(purge, signature=key.sign(purge.text, NAMESPACE).decode())


def write(context: Context, purge: Purge) -> tuple[str, ...]:
    """Add a record to the notes of its version; return warnings. It is on disk on return."""
    context.record_own(purge.text)
    document: dict[str, Any] = {
        "nonce": token_hex(8),  # git cannot write the pack of a killed purge again
        "previous": [*purge.previous],
        "segments": purge.segments,
        "size": purge.size,
    }
    if purge.signature:
        document["signature"] = purge.signature
    return notes.add(context.git, purge.commit, replace(purge.note, attached={KIND: document}))


def last_ids(context: Context) -> tuple[str, ...]:
    """The ids of the records that no other one names."""
    every = [purge for purges in by_commit(context).values() for purge in purges]
    earlier = {oid for purge in every for oid in purge.previous}
    return tuple(sorted({purge.id for purge in every} - earlier))


def confirmed(context: Context) -> frozenset[str]:
    """The versions with a record that this user wrote here, or that an allowed key signed."""
    every = [purge for purges in by_commit(context).values() for purge in purges]
    own = {purge.commit for purge in every if context.trusted_commits.has(purge.text)}
    others = [purge for purge in every if purge.commit not in own and purge.signature]
    states = zip(others, verifications(context, others), strict=True)
    return frozenset(own | {purge.commit for purge, state in states if state.is_verified})


def mark_here(context: Context, commit: str) -> None:
    """Record that this user has removed the segments of a version from this clone."""
    context.record_own(_here(context, commit))


def purged_here(context: Context) -> frozenset[str]:
    """The versions with a record whose segments this user has removed from this clone."""
    own = context.trusted_commits
    return frozenset(oid for oid in by_commit(context) if own.has(_here(context, oid)))


def _here(context: Context, commit: str) -> bytes:
    return f"purge of {commit} in {context.location.git_dir.resolve()}".encode()


def verifications(context: Context, purges: Iterable[Purge]) -> list[Verification]:
    """The state of the signature of each record."""
    every = [*purges]
    texts = [
        SignedText(
            payload=purge.text,
            signature=purge.signature.encode(errors="replace"),
            namespace=NAMESPACE,
            time=purge.note.time,
        )
        for purge in every
        if purge.signature
    ]
    states = iter(_verify(context, texts) if texts else ())
    return [next(states) if purge.signature else _UNSIGNED for purge in every]


def is_record(note: Note) -> bool:
    """Whether a note is the record of a purge, valid or not."""
    return KIND in note.attached


def _verify(context: Context, texts: Sequence[SignedText]) -> list[Verification]:
    try:
        signers = read_signers(user_settings.read(context.git), around(context))
    except SignersInvalid as error:
        return [Verification("unchecked", why=error.what)] * len(texts)
    return signers.verify(texts)


def _read(context: Context) -> dict[str, list[Purge]]:
    result: dict[str, list[Purge]] = {}
    for commit in notes.containing(context.git, f'"{KIND}": {{'):
        lines = notes.read(context.git, commit)
        if purges := [purge for note in lines if (purge := _parsed(commit, note))]:
            result[commit] = purges
    return result


def _parsed(commit: str, note: Note) -> Purge | None:
    document = note.attached.get(KIND)
    if not isinstance(document, dict):
        return None
    previous, signature = document.get("previous"), document.get("signature")
    ids = previous if isinstance(previous, list) else []
    return Purge(
        commit=commit,
        note=note,
        segments=_whole(document.get("segments")),
        size=_whole(document.get("size")),
        previous=tuple(oid for oid in ids if isinstance(oid, str)),
        signature=signature if isinstance(signature, str) else "",
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
