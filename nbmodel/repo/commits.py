"""A version as a commit: written with ``git fast-import``, read with ``git cat-file``.

Moving the ref is a compare-and-swap (`nbmodel.repo.fast_import`). A writer that lost the
race takes the new parent and tries again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nbmodel import layout, refs
from nbmodel.errors import (
    GitFailed,
    InvalidName,
    InvalidValue,
    ManifestInvalid,
    TooLarge,
)
from nbmodel.records import Person
from nbmodel.repo import raw_objects
from nbmodel.repo.fast_import import FastImport
from nbmodel.repo.git import Git
from nbmodel.repo.identity import signature_line
from nbmodel.repo.remotes import fetch_line

_OID_RE = re.compile(rb"[0-9a-f]{40}", re.ASCII)
_BLOB, _TREE = "100644", "40000"


@dataclass(frozen=True, slots=True)
class NewCommit:
    """The parts of a commit to write. `files` maps paths to contents."""

    ref: str
    parents: Sequence[str]
    files: Mapping[str, bytes]
    author: Person
    time: int
    message: str


def write(git: Git, change: NewCommit) -> str:
    """Write a commit and move its ref; return the commit's id.

    Raises
    ------
    LostRace
        If another writer moved the ref since `change.parents` was read.
    InvalidName, InvalidValue
        If a ref, a parent or a path is not one that nbmodel writes and reads.
    WriteFailed, GitFailed
        If git could not write. The ref has not moved.
    """
    with FastImport(git) as importing:
        send(importing, change)
        with importing.moving(change.ref) as commit:
            return commit


def send(importing: FastImport, change: NewCommit) -> None:
    """Let git make the objects of a commit. Its ref moves in `FastImport.moving`.

    Raises
    ------
    InvalidName, InvalidValue
        As `write` does.
    """
    _check(change)
    importing.send([_commit_head(change), b"deleteall\n", *_file_lines(change)])


def annotate(git: Git, change: NewCommit, target: str, text: bytes) -> tuple[str, ...]:
    """Write a commit on the notes ref that sets the note of `target`; return warnings.

    The tree of the notes cannot hold the files of the change: ``git notes merge`` would drop them.
    They are in another commit, a second parent, so that they go wherever the notes go.

    Raises
    ------
    TooLarge
        If it is longer than nbmodel reads.
    """
    _check(change, target)
    if len(text) > layout.MAX_NOTES_BYTES:
        raise TooLarge(
            f"The notes of {target[:10]} would have {len(text):,} bytes; at most "
            f"{layout.MAX_NOTES_BYTES:,} are read.",
            "Put long text into a file, and note the path of that file.",
        )
    note = b"N inline %s\n%s" % (target.encode(), _data(text))
    stream = [*_file_commit(change), _commit_head(change, bool(change.files)), note]
    with FastImport(git) as importing:
        importing.send(stream)
        with importing.moving(change.ref):
            pass
        return importing.warnings


def _file_commit(change: NewCommit) -> list[bytes]:
    """A commit without parents, with mark 2, that holds the files of a change of the notes."""
    if not change.files:
        return []
    head = _commit_head(replace(change, parents=())).replace(b"mark :1", b"mark :2", 1)
    # `reset` lets the next commit begin at its own parents.
    return [head, *_file_lines(change), b"reset %s\n\n" % change.ref.encode()]


def _file_lines(change: NewCommit) -> list[bytes]:
    return [
        b"M 100644 inline %s\n%s" % (path.encode(), _data(content))
        for path, content in change.files.items()
    ]


def _check(change: NewCommit, *others: str) -> None:
    """Refuse parts that fast-import would misread, or that could not be read back."""
    if change.ref != refs.NOTES_REF and refs.parse_branch_ref(change.ref) is None:
        raise InvalidName("ref", change.ref)
    for commit in (*change.parents, *others):
        if not _OID_RE.fullmatch(commit.encode(errors="replace")):
            raise InvalidValue(f"{commit!r} is not a commit id.", "Use all 40 hex digits.")
    for path, content in change.files.items():
        if not layout.is_path(path):
            raise InvalidValue(f"{path!r} is not a file of a version.", "Give it a plain name.")
        if len(content) > layout.max_bytes(path):
            raise TooLarge(
                f"{path} would have {len(content):,} bytes; at most {layout.max_bytes(path):,} are "
                "read. Nothing was committed.",
                layout.advice_for(path),
            )
    if len(change.message) > raw_objects.MAX_MESSAGE_LENGTH:
        raise TooLarge(
            f"The message has {len(change.message):,} characters; nbmodel reads at most "
            f"{raw_objects.MAX_MESSAGE_LENGTH:,}. Nothing was committed.",
            "Shorten it. Put longer text into the model card: %model_card.",
        )


def _commit_head(change: NewCommit, merges_files: bool = False) -> bytes:
    who = signature_line(change.author, change.time).encode(errors="replace")
    # git ends a message at a NUL, and git fsck reports it.
    message = change.message.replace("\0", "\ufffd").encode(errors="replace")
    parents = b"".join(
        b"%s %s\n" % (b"merge" if number else b"from", parent.encode())
        for number, parent in enumerate(change.parents)
    )
    parents += b"merge :2\n" * merges_files
    head = b"commit %s\nmark :1\nauthor %s\ncommitter %s\n" % (change.ref.encode(), who, who)
    return head + _data(message) + parents


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


# -- reading -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VersionTree:
    """The checked entries of a version's tree. `blobs` maps paths to blob ids."""

    commit: str
    blobs: Mapping[str, str]
    where: str = ""

    def size(self, git: Git, path: str) -> int:
        """Size in bytes of a file of the version; 0 if it is not in this clone.

        Raises
        ------
        GitFailed
            If git cannot tell.
        """
        measured = git.measure(self.blobs[path])
        return 0 if measured is None else measured[1]

    def read(self, git: Git, path: str) -> bytes | None:
        """Content of a file of the version, or None if it has no such file.

        Raises
        ------
        GitFailed
            If its content is not in this clone, or damaged.
        ManifestInvalid
            If it is larger than nbmodel writes it (`nbmodel.layout.MAX_FILE_BYTES`).
        """
        oid = self.blobs.get(path)
        if oid is None:
            return None
        limit, size = layout.max_bytes(path), self.size(git, path)
        if size > limit:
            why = f"{path} has {size:,} bytes; at most {limit:,} are read"
            raise ManifestInvalid(self.where or self.commit[:10], why)
        blob = git.read(oid, limit)
        if blob is None or blob.kind != "blob":
            raise GitFailed(
                f"{path} of {self.commit[:10]} is not in this clone.",
                f"Fetch it: {fetch_line(git)}",
            )
        return blob.data


def read_tree(git: Git, commit: str, where: str) -> VersionTree:
    """List a version's files after checking every name and mode.

    ``git fsck`` accepts trees with ``..``, ``.GIT``, symlinks and names that
    differ only in case. None of them is accepted here.

    Raises
    ------
    ManifestInvalid
        If the tree is missing, or has an entry that a version never has.
    """
    blobs: dict[str, str] = {}
    for name, mode, oid in _entries(git, f"{commit}^{{tree}}", where):
        if mode == _BLOB:
            blobs[name] = oid
        elif mode == _TREE and name in _FOLDERS:
            blobs.update(_folder(git, name, oid, where))
        else:
            raise ManifestInvalid(where, f"its tree has {name!r} with mode {mode}")
    return VersionTree(commit, blobs, where)


def check_layout(tree: VersionTree, form: int, where: str) -> None:
    """Refuse files that a version of format `form` cannot have.

    Raises
    ------
    ManifestInvalid
    """
    for path in tree.blobs:
        if not layout.is_path(path, form):
            raise ManifestInvalid(
                where, f"its tree has {path!r}, which format {form} does not allow"
            )


def _folder(git: Git, top: str, oid: str, where: str) -> dict[str, str]:
    """Files below a folder of the tree, and below its folders where the format allows them."""
    blobs: dict[str, str] = {}
    folders = [(top, oid, _FOLDERS[top])]
    count = 0
    while folders:
        folder, oid, levels = folders.pop()
        for name, mode, inner in _entries(git, oid, where):
            path, count = f"{folder}/{name}", count + 1
            if mode == _BLOB:
                blobs[path] = inner
            elif mode == _TREE and levels > 1:
                folders.append((path, inner, levels - 1))
            else:
                raise ManifestInvalid(where, f"{path} is not a regular file")
        if top != layout.PAYLOAD and count > layout.MAX_FILES:
            raise ManifestInvalid(where, f"more than {layout.MAX_FILES} files in {top}")
    return blobs


_FOLDERS = layout.FOLDERS[layout.FORMAT]
# A raw tree is a run of these; the mode is git's octal text.
_ENTRY_RE = re.compile(rb"([0-7]{5,6}) ([^\0]*)\0(.{20})", re.ASCII | re.DOTALL)


def _entries(git: Git, spec: str, where: str) -> list[tuple[str, str, str]]:
    tree = git.read(spec, limit=1 << 24)
    if tree is None or tree.kind != "tree":
        raise ManifestInvalid(where, "its tree is missing")
    data, entries, at = tree.data, [], 0
    names: set[bytes] = set()
    while at < len(data):
        match = _ENTRY_RE.match(data, at)
        if match is None:
            raise ManifestInvalid(where, "its tree is malformed")
        mode, name, oid = match.groups()
        if not layout.is_plain(name):
            raise ManifestInvalid(where, f"its tree has the name {name[:80]!r}")
        if name.lower() in names:
            raise ManifestInvalid(
                where, f"its tree has the name {name!r} twice, if case is ignored"
            )
        names.add(name.lower())
        entries.append((name.decode(), mode.decode(), oid.hex()))
        at = match.end()
    return entries
