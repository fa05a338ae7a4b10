"""One version as one commit: written by one ``git fast-import``, read by ``cat-file``.

fast-import moves a ref only if the new commit contains the ref's present one,
under the ref's lock: a compare-and-swap. A loser re-parents and tries again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbmodel.errors import GitFailed, LostRace, ManifestInvalid
from nbmodel.records import Person
from nbmodel.repo.git import Git
from nbmodel.repo.identity import signature_line

_OID_RE = re.compile(rb"[0-9a-f]{40}", re.ASCII)
_RACE = ("not updating", "cannot lock ref", "unable to lock", "unable to create")
_BLOB, _TREE = "100644", "40000"


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit is made of; `files` maps paths to contents."""

    ref: str
    parents: Sequence[str]
    files: Mapping[str, bytes]
    author: Person
    time: int
    message: str


def write(git: Git, change: Change) -> str:
    """Write a commit and move its ref; return the commit's id.

    Raises
    ------
    LostRace
        If another writer moved the ref since `change.parents` was read.
    """
    stream = [_commit_head(change), b"deleteall\n"]
    stream += [
        b"M 100644 inline %s\n%s" % (path.encode(), _data(content))
        for path, content in change.files.items()
    ]
    return _import(git, change.ref, stream)


def annotate(git: Git, change: Change, target: str, text: bytes) -> str:
    """Write a commit on a notes ref that sets the note of commit `target`."""
    stream = [_commit_head(change), b"N inline %s\n%s" % (target.encode(), _data(text))]
    return _import(git, change.ref, stream)


def _import(git: Git, ref: str, stream: list[bytes]) -> str:
    data = b"".join([b"feature done\n", *stream, b"get-mark :1\ndone\n"])
    try:
        answer = git.run("fast-import", "--quiet", "--date-format=raw", data=data)
    except GitFailed as error:
        if any(sign in str(error).lower() for sign in _RACE):
            raise LostRace(f"{ref} was moved by another writer.", "Repeat the command.") from error
        raise
    commit = answer.strip()
    if not _OID_RE.fullmatch(commit):
        raise GitFailed(f"git fast-import answered {commit[:80]!r} instead of a commit id.")
    return commit.decode()


def _commit_head(change: Change) -> bytes:
    who = signature_line(change.author, change.time).encode(errors="replace")
    message = change.message.encode(errors="replace")
    parents = b"".join(
        b"%s %s\n" % (b"merge" if number else b"from", parent.encode())
        for number, parent in enumerate(change.parents)
    )
    head = b"commit %s\nmark :1\nauthor %s\ncommitter %s\n" % (change.ref.encode(), who, who)
    return head + _data(message) + parents


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


# -- reading -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tree:
    """The validated entries of a version's tree: path to blob id."""

    commit: str
    blobs: Mapping[str, str]

    def read(self, git: Git, path: str) -> bytes | None:
        """Content of a file of the version, or None if it has none of that name."""
        oid = self.blobs.get(path)
        found = git.read(oid) if oid is not None else None
        return None if found is None else found[2]


def read_tree(git: Git, commit: str, where: str) -> Tree:
    """List a version's files after checking every name and mode.

    ``git fsck`` accepts trees with ``..``, ``.GIT``, symlinks and names that
    differ only in case; none of them is accepted here.

    Raises
    ------
    ManifestInvalid
        If the tree is missing or holds what a version never holds.
    """
    blobs: dict[str, str] = {}
    for name, mode, oid in _entries(git, f"{commit}^{{tree}}", where):
        if mode == _BLOB:
            blobs[name] = oid
        elif mode == _TREE and name == "payload":
            for inner, inner_mode, inner_oid in _entries(git, oid, where):
                if inner_mode != _BLOB:
                    raise ManifestInvalid(where, f"payload/{inner} is no plain file")
                blobs[f"payload/{inner}"] = inner_oid
        else:
            raise ManifestInvalid(where, f"its tree holds {name!r} with mode {mode}")
    folded = [path.casefold() for path in blobs]
    if len(set(folded)) != len(folded):
        raise ManifestInvalid(where, "its tree holds names that differ only in case")
    return Tree(commit, blobs)


_NAME_RE = re.compile(rb"[A-Za-z0-9._][A-Za-z0-9._-]{0,127}", re.ASCII)


def _entries(git: Git, spec: str, where: str) -> list[tuple[str, str, str]]:
    found = git.read(spec, limit=1 << 24)
    if found is None or found[1] != "tree":
        raise ManifestInvalid(where, "its tree is missing")
    data, entries, at = found[2], [], 0
    while at < len(data):
        nul = data.index(0, at)
        mode, _, name = data[at:nul].partition(b" ")
        if not _NAME_RE.fullmatch(name) or name in (b".", b"..") or name.lower() == b".git":
            raise ManifestInvalid(where, f"its tree holds the name {name[:80]!r}")
        entries.append((name.decode(), mode.decode(), data[nul + 1 : nul + 21].hex()))
        at = nul + 21
    return entries
