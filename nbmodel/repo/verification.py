"""Whether commits and tags were signed by a key that the user allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nbmodel.errors import GitFailed, SignersInvalid
from nbmodel.records import Verification
from nbmodel.repo import raw_objects, user_settings
from nbmodel.repo.allowed_signers import SignedText, read_signers
from nbmodel.repo.check_memory import verify_remembered
from nbmodel.repo.git import Git
from nbmodel.repo.objects import GitObject
from nbmodel.repo.signed_objects import SignedBytes, split_commit, split_tag
from nbmodel.repo.signing import GIT_NAMESPACE

AMBIGUOUS = Verification("bad", why="it has more than one signature")
NOT_READ = Verification("unchecked", why="the object cannot be read")


def verify(
    git: Git, names: Iterable[str], memory: Path, around: Sequence[Path] = ()
) -> Mapping[str, Verification]:
    """The state of the signature of each commit or tag.

    The user's lists of keys are read only if something is signed.

    Parameters
    ----------
    git : Git
    names : iterable of str
        Object ids, or full names of tags.
    memory : Path
        The user's folder for results; see `nbmodel.repo.check_memory`.
    around : sequence of Path
        Folders of the registry; see `read_signers`.

    Returns
    -------
    mapping of str to Verification
        If a list cannot be read, each signed object is ``unchecked``.
    """
    states: dict[str, Verification] = {}
    texts: dict[str, SignedText] = {}
    for name in names:
        item = _read(git, name)
        parts = None if item is None else split(item)
        if item is None or parts is None:
            states[name] = NOT_READ
        elif parts.is_ambiguous:
            states[name] = AMBIGUOUS
        elif not parts.signature:
            states[name] = Verification("unsigned")
        else:
            texts[name] = text_of(item, parts)
    if not texts:
        return states
    try:
        signers = read_signers(user_settings.read(git), around)
    except SignersInvalid as error:
        return states | dict.fromkeys(texts, Verification("unchecked", why=error.what))
    results = verify_remembered(signers, [*texts.values()], memory)
    return states | dict(zip(texts, results, strict=True))


def _read(git: Git, name: str) -> GitObject | None:
    try:
        return git.read(name)
    except GitFailed:  # it is damaged, which other commands report
        return None


def split(item: GitObject) -> SignedBytes | None:
    """The signature of a commit or a tag; None for another object."""
    if item.kind == "commit":
        return split_commit(item.data)
    return split_tag(item.data) if item.kind == "tag" else None


def text_of(item: GitObject, parts: SignedBytes) -> SignedText:
    """What the signature of a commit or a tag covers, and when it was made."""
    parse = raw_objects.commit if item.kind == "commit" else raw_objects.tag
    return SignedText(
        payload=parts.payload,
        signature=parts.signature,
        namespace=GIT_NAMESPACE,
        time=parse(item.data).time,
    )
