"""Whether a version may load like the user's own: by the record of commits, or by its signature.

A signature counts if a key of the user's list made it over exactly the commit that is loaded. The
commit names its tree, and so every byte of the version. In doubt, the version is another person's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nbmodel import layout
from nbmodel import manifest as manifests
from nbmodel.errors import GitFailed, ManifestInvalid, ManifestTooNew, SignatureRefused
from nbmodel.records import Payload
from nbmodel.repo import raw_objects, user_settings
from nbmodel.repo.allowed_signers import AllowedSigners, SignedText, read_signers
from nbmodel.repo.objects import GitObject
from nbmodel.repo.verification import AMBIGUOUS, split, text_of
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.snapshot import Snapshot
from nbmodel.versioning.verifications import around

MANIFEST = "model.json"
MAX_COPIES = 100  # versions in a row with the same payload, such as edits of the card


def is_trusted(context: Context, snapshot: Snapshot) -> bool:
    """Whether the user made a version on this machine, or an allowed key signed it.

    A new card for another person's model is a commit whose signature says nothing of the model's
    bytes. So a version with the payload of its parent counts only if the parent counts too.

    Raises
    ------
    SignatureRefused
        If the signature is not valid, or its key was revoked.
    SignersInvalid
        If the version is signed, and the user's list of keys cannot be read.
    ReadFailed
        If the record of the user's commits cannot be read.
    """
    if context.trusted_commits.has(snapshot.raw_manifest):
        return True
    item = context.git.read(snapshot.info.commit)
    if item is None or not _is_signed(item):
        return False
    signers = read_signers(user_settings.read(context.git), around(context))
    return _Check(context, signers, snapshot.info.ref, now()).passes(item)


@dataclass(frozen=True, slots=True)
class _Check:
    """The check of a signed version and of those whose payload it repeats."""

    context: Context
    signers: AllowedSigners
    where: str
    moment: int

    def passes(self, item: GitObject) -> bool:
        """Whether allowed keys signed a commit and each one whose payload it repeats."""
        waiting = [item]
        for _ in range(MAX_COPIES):
            if not waiting:
                return True
            commit = waiting.pop()
            try:
                if self.context.trusted_commits.has(self._manifest(commit)):
                    continue
                if not self._is_vouched(commit):
                    return False
                waiting += self._originals(commit)
            except (GitFailed, ManifestInvalid, ManifestTooNew, LookupError):
                return False  # a part of its history is not here, or cannot be read
        return False

    def _is_vouched(self, commit: GitObject) -> bool:
        """Whether an allowed key signed a commit. It must have been allowed then, and be so now."""
        parts = split(commit)
        if parts is None or not parts.signature:
            return False
        if parts.is_ambiguous:
            raise SignatureRefused(self.where, AMBIGUOUS.why)
        text = text_of(commit, parts)
        return self._is_verified(text) and self._is_verified(replace(text, time=self.moment))

    def _is_verified(self, text: SignedText) -> bool:
        (state,) = self.signers.verify([text])
        if state.state == "bad":
            raise SignatureRefused(self.where, state.why)
        return state.is_verified

    def _originals(self, commit: GitObject) -> list[GitObject]:
        """The parents whose payload a commit repeats."""
        payload = self._payload(commit)
        parents = [self._commit(oid) for oid in raw_objects.commit(commit.data).parents]
        return [parent for parent in parents if self._payload(parent) == payload]

    def _commit(self, oid: str) -> GitObject:
        item = self.context.git.read(oid)
        if item is None:
            raise LookupError(oid)
        return item

    def _payload(self, commit: GitObject) -> Payload | None:
        data = self._manifest(commit)
        return manifests.loads(data, commit.oid[:10]).payload if data else None

    def _manifest(self, commit: GitObject) -> bytes:
        """The manifest of a commit; empty if its tree has none."""
        blob = self.context.git.read(f"{commit.oid}:{MANIFEST}", layout.max_bytes(MANIFEST))
        return b"" if blob is None else blob.data


def _is_signed(item: GitObject) -> bool:
    parts = split(item)
    return parts is not None and bool(parts.signature or parts.is_ambiguous)
