"""Annotated tags in GTO's grammar, for releases and stage moves. A tag is never moved."""

from __future__ import annotations

import re

from nbmodel import refs
from nbmodel.errors import AlreadyExists, GitFailed, InvalidName, InvalidValue
from nbmodel.records import Person
from nbmodel.repo import ref_updates, user_settings
from nbmodel.repo.git import Git
from nbmodel.repo.identity import signature_line
from nbmodel.repo.signed_objects import begins_signature
from nbmodel.repo.signing import signer

_OID_RE = re.compile(r"[0-9a-f]{40}", re.ASCII)


def create(
    git: Git,
    name: str,
    commit: str,
    author: Person,
    time: int,
    message: str,
    *,
    absent: str = "",
) -> tuple[str, ...]:
    """Create the annotated tag `name` on `commit`, signed if the user signs; return warnings.

    Raises
    ------
    AlreadyExists
        If there is a tag of that name, or a tag `absent`.
    InvalidName, InvalidValue
        If `name` is not the name of a release or a stage move, `commit` is not a commit id, or the
        message of a tag to sign contains a signature.
    SigningFailed
        If the user signs, and the key is missing or refused.
    """
    if not refs.is_label(name):
        raise InvalidName("tag", name)
    tag = make_object(git, name, commit, author, time, message)
    ref = f"refs/tags/{name}"
    other = f"refs/tags/{absent}" if absent else ""
    _require_free(git, ref, other)
    try:
        # The old value "" means: only if there is no such ref (compare-and-swap).
        return ref_updates.move(git, ref, tag, "", is_new_object=True, absent=other)
    except GitFailed:
        _require_free(git, ref, other)
        raise


def make_object(git: Git, name: str, commit: str, author: Person, time: int, message: str) -> str:
    """Write the object of an annotated tag, signed if the user signs; return its id.

    No reference names it yet.

    Raises
    ------
    InvalidValue
        If `commit` is not a commit id, or the message of a tag to sign contains a signature.
    SigningFailed
        If the user signs, and the key is missing or refused.
    """
    if not _OID_RE.fullmatch(commit):
        raise InvalidValue(f"{commit!r} is not a commit id.", "Use all 40 hex digits.")
    # git ends a message at a NUL, and git fsck reports it.
    text = message.replace("\0", "\ufffd").rstrip()
    body = (
        f"object {commit}\ntype commit\ntag {name}\n"
        f"tagger {signature_line(author, time)}\n\n{text}\n"
    ).encode(errors="replace")
    if signs := signer(user_settings.read(git), "tag"):
        if begins_signature(body):
            raise InvalidValue("The message contains a signature.", "Leave that line out.")
        body += signs.sign(body)
    return git.run("mktag", data=body).decode().strip()


def _require_free(git: Git, *names: str) -> None:
    for ref in names:
        if ref and git.resolve(ref) is not None:
            raise _exists(ref.removeprefix(refs.TAG_PREFIX))


def _exists(name: str) -> AlreadyExists:
    return AlreadyExists(f"The tag {name} exists.", "Choose another name.")
