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
    "Your list of allowed keys does not have your key, or not for this use. Others see it as "
    "verified if their list has it (gpg.ssh.allowedSignersFile of git)."
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
    identity, words = context.identity, text.strip() or DEFAULT_TEXT
    before = approvals_of(context, version.commit, notes.read(context.git, version.commit))
    for approval in reversed(before):
        same = (approval.note.author, approval.note.text) == (identity.person, words)
        if same and approval.verification.state != "bad":
            return ApproveResult(version=version, approval=approval, unchanged=True)
    note = Note(identity.person, now(), words)
    try:
        signed = sign_approval(
            version.commit, note, last_ids(before), ssh_signer(identity.settings)
        )
    except SigningFailed as error:
        raise SigningFailed(f"{version.ref} was not approved. {error.what}", error.hint) from error
    warnings = notes.add(context.git, version.commit, signed)
    (approval,) = approvals_of(context, version.commit, [signed])
    return ApproveResult(
        version=version,
        approval=approval,
        warnings=(*context.news(), *warnings, *_advice(approval.verification)),
    )


def _advice(state: Verification) -> tuple[str, ...]:
    return (_NOT_ALLOWED,) if state.state == "not allowed" else ()
