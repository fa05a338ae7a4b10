"""Approve: a signed note says that a person stands behind a version."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel import display
from nbmodel.display import Result
from nbmodel.errors import SigningFailed
from nbmodel.records import Note, Verification, VersionInfo
from nbmodel.repo import notes
from nbmodel.repo.signing import ssh_signer
from nbmodel.versioning.approvals import Approval, approvals_of, last_ids, sign_approval
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.resolve import resolve

DEFAULT_TEXT = "approved"
_NOT_ALLOWED = (
    "You have no list of allowed keys, or it does not have your key for this use "
    "(gpg.ssh.allowedSignersFile of git). Others see the approval as verified if their list has it."
)


@dataclass(frozen=True, repr=False, kw_only=True)
class ApproveResult(Result):
    """An approval; `unchanged` if the same person gave it before in the same words."""

    version: VersionInfo
    approval: Approval
    warnings: tuple[str, ...] = ()
    unchanged: bool = False

    def text(self) -> str:
        """Version, words and state of the signature on one line, then warnings."""
        note = self.approval.note
        since = f"approved already, {display.moment(note.time)}" if self.unchanged else "approved"
        state = self.approval.verification.state
        words = [self.version.ref, self.version.commit[:7], since, note.text, f"({state})"]
        return "\n  ".join([display.visible("  ".join(words)), *self.warnings])


def approve(context: Context, reference: str, text: str = "") -> ApproveResult:
    """Approve a version: a note with the user's signature over its commit and the words.

    Parameters
    ----------
    context : Context
    reference : str
    text : str
        Why; "approved" if empty.

    Raises
    ------
    SigningFailed
        If the user has no SSH key, or it is refused. Nothing was written.
    """
    context.require_writable("approve")
    version = resolve(context, reference)
    identity, commit = context.identity, version.commit
    before = approvals_of(context, commit, notes.read(context.git, commit))
    note = Note(identity.person, now(), text.strip() or DEFAULT_TEXT)
    try:
        signed = sign_approval(commit, note, last_ids(before), ssh_signer(identity.settings))
    except SigningFailed as error:
        raise SigningFailed(f"{version.ref} was not approved. {error.what}", error.hint) from error
    (approval,) = approvals_of(context, commit, [signed])
    for other in reversed(before):
        if _is_same(other, approval):
            return ApproveResult(version=version, approval=other, unchanged=True)
    warnings = notes.add(context.git, commit, signed)
    return ApproveResult(
        version=version,
        approval=approval,
        warnings=(*context.news(), *warnings, *_advice(approval.verification)),
    )


def _is_same(other: Approval, approval: Approval) -> bool:
    """Whether the same key signed the same words before. Another key may sign in any name."""
    by_same_key = other.verification.key == approval.verification.key != ""
    same_words = (other.note.author, other.note.text) == (approval.note.author, approval.note.text)
    return by_same_key and same_words and other.verification.state != "bad"


def _advice(state: Verification) -> tuple[str, ...]:
    return (_NOT_ALLOWED,) if state.state == "not allowed" else ()
