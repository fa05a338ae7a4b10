"""Approvals of a version: notes with an SSH signature over the commit and the words.

Each names the approvals that were the last ones when it was made. So an approval that was removed
by hand leaves a gap, unless it was the last one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbmodel.errors import SignersInvalid
from nbmodel.records import Note, Verification
from nbmodel.repo import user_settings
from nbmodel.repo.allowed_signers import SignedText, read_signers
from nbmodel.repo.signing import Signer
from nbmodel.versioning.context import Context
from nbmodel.versioning.verifications import around

NAMESPACE = "nbmodel"
KIND = "approval"  # the name of an approval among the attachments of a note


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An approval of a version.

    Attributes
    ----------
    note : Note
    id : str
        Digest of what was signed, 64 hex digits.
    previous : tuple of str
        Ids of the approvals before it; more than one after two clones were merged.
    verification : Verification
    absent : tuple of str
        The ids in `previous` that no approval of the version has.
    """

    note: Note
    id: str
    previous: tuple[str, ...]
    verification: Verification
    absent: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The state of its signature, and whether an earlier approval is missing."""
        gap = "; an earlier approval is missing" if self.absent else ""
        return self.verification.sentence + gap


def sign_approval(commit: str, note: Note, previous: Sequence[str], signer: Signer) -> Note:
    """The note of an approval, signed.

    Raises
    ------
    SigningFailed
        If the key is missing or refused.
    """
    signature = signer.sign(_text(commit, note, previous), NAMESPACE).decode()
    return replace(note, attached={KIND: {"previous": [*previous], "signature": signature}})


def approvals_of(context: Context, commit: str, notes: Iterable[Note]) -> list[Approval]:
    """The approvals among the notes of a commit, oldest first, each checked."""
    approvals = [_parsed(commit, note) for note in notes if is_approval(note)]
    texts = [_signed_text(commit, approval) for approval in approvals]
    states = iter(_verify(context, [text for text in texts if text]))
    malformed = Verification("bad", why="the approval is malformed")
    there = {approval.id for approval in approvals}
    return [
        replace(
            approval,
            verification=next(states) if text else malformed,
            absent=tuple(oid for oid in approval.previous if oid not in there),
        )
        for approval, text in zip(approvals, texts, strict=True)
    ]


def last_ids(approvals: Sequence[Approval]) -> list[str]:
    """The ids of the approvals that no other one names."""
    earlier = {oid for approval in approvals for oid in approval.previous}
    return sorted({approval.id for approval in approvals} - earlier)


def is_approval(note: Note) -> bool:
    """Whether a note is an approval, valid or not."""
    return KIND in note.attached


def _parsed(commit: str, note: Note) -> Approval:
    previous = _document(note).get("previous")
    ids = [oid for oid in previous if isinstance(oid, str)] if isinstance(previous, list) else []
    digest = hashlib.sha256(_text(commit, note, ids)).hexdigest()
    return Approval(note=note, id=digest, previous=tuple(ids), verification=Verification("bad"))


def _signed_text(commit: str, approval: Approval) -> SignedText | None:
    signature = _document(approval.note).get("signature")
    if not isinstance(signature, str):
        return None
    return SignedText(
        payload=_text(commit, approval.note, approval.previous),
        signature=signature.encode(errors="replace"),
        namespace=NAMESPACE,
        time=approval.note.time,
    )


def _verify(context: Context, texts: Sequence[SignedText]) -> list[Verification]:
    if not texts:
        return []
    try:
        signers = read_signers(user_settings.read(context.git), around(context))
    except SignersInvalid as error:
        return [Verification("unchecked", why=error.what)] * len(texts)
    return signers.verify(texts)


def _document(note: Note) -> Mapping[str, Any]:
    document = note.attached.get(KIND)
    return document if isinstance(document, dict) else {}


def _text(commit: str, note: Note, previous: Sequence[str]) -> bytes:
    """What is signed: one line of JSON, the same in every clone."""
    fact = {
        "commit": commit,
        "email": note.author.email,
        "previous": [*previous],
        "text": note.text,
        "time": note.time,
        "who": note.author.name,
    }
    return json.dumps(fact, sort_keys=True, separators=(",", ":")).encode()
