"""The segments that commits, tags, stashes, logs and index entries of a repository name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from nbmodel.errors import GitFailed, ManifestInvalid
from nbmodel.repo.bulk_reader import BulkReader
from nbmodel.repo.git import Git
from nbmodel.store import lfs_format
from nbmodel.store.lfs_format import MAX_POINTER_BYTES
from nbmodel.versioning.lost_refs import LostRef, objects_of

_EVERYTHING = ("--all", "--reflog")


def segments_in_use(
    git: Git,
    also: Sequence[str] = (),
    lost_refs: Sequence[LostRef] = (),
    without: Collection[str] = (),
) -> Iterator[str]:
    """The sha256 of every pointer of git-lfs that is reachable in the repository.

    Parameters
    ----------
    git : Git
    also : sequence of str
        Ids of commits or tags that count as if a reference named them.
    lost_refs : sequence of LostRef
        Lost references. The objects that they named and that still exist count too.
    without : collection of str
        Ids of commits that do not count, although references lead to them.

    Raises
    ------
    GitFailed
        If a reachable object cannot be read, so that it is not known what it names.
    """
    others = [
        replace(item, commits=tuple(oid for oid in item.commits if oid not in without))
        for item in lost_refs
    ]
    listed = _objects_without(git, also, without) if without else _objects(git, also)
    ids = b"".join(line[:40] + b"\n" for line in listed.splitlines())
    ids += "".join(f"{oid}\n" for oid in objects_of(git, others)).encode()
    yield from _pointers(git, ids)


def segments_of(git: Git, tips: Iterable[str], without: Collection[str]) -> Iterator[str]:
    """The sha256 of every pointer of git-lfs that some objects lead to.

    Parameters
    ----------
    git : Git
    tips : iterable of str
        Ids of commits, tags and other objects.
    without : collection of str
        Ids of commits that do not count.

    Raises
    ------
    GitFailed
        If an object cannot be read, so that it is not known what it names.
    """
    kinds = _peeled(git, "".join(f"{oid}^{{}}\n" for oid in tips))
    ends = [oid for oid, kind in kinds if kind == "commit"]
    text = "".join(f"{oid}\n" for oid in ends).encode()
    commits = git.run("rev-list", "--stdin", data=text).decode().split() if ends else []
    others = [oid for oid, kind in kinds if kind != "commit"]
    ids = _listed(git, [*(oid for oid in commits if oid not in without), *others])
    yield from _pointers(git, b"".join(line[:40] + b"\n" for line in ids.splitlines()))


def _pointers(git: Git, ids: bytes) -> Iterator[str]:
    """The sha256 of the pointers among objects, whose ids are lines."""
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", data=ids)
    small = [
        oid.decode()
        for oid, kind, size in map(_facts, sizes.splitlines())
        if kind == b"blob" and int(size) < MAX_POINTER_BYTES
    ]
    with BulkReader(git, MAX_POINTER_BYTES) as bulk:
        for answer in bulk.read(small):
            if answer.why:
                raise _unreadable(answer.spec, answer.why)
            if lfs_format.is_pointer(answer.data):
                with suppress(ManifestInvalid):
                    yield lfs_format.read_pointer(answer.data, "")[0]


def _objects(git: Git, also: Sequence[str]) -> bytes:
    """All reachable objects, a line each."""
    return git.run("rev-list", "--objects", *_EVERYTHING, "--indexed-objects", *also, "--")


def _objects_without(git: Git, also: Sequence[str], without: Collection[str]) -> bytes:
    """The objects of all reachable commits except some, and of all other ends of references."""
    commits = git.run("rev-list", *_EVERYTHING, *also, "--").decode().split()
    kinds = _peeled(git, git.run("for-each-ref", "--format=%(objectname)^{}").decode())
    ends = [oid for oid, kind in kinds if kind != "commit"]
    return _listed(
        git, [*(oid for oid in commits if oid not in without), *ends], "--indexed-objects"
    )


def _peeled(git: Git, lines: str) -> list[tuple[str, str]]:
    """Id and kind of objects, behind their tags."""
    text = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", data=lines.encode())
    pairs = [tuple(line.split()) for line in text.decode().splitlines()]
    for words in pairs:
        if len(words) != 2 or words[1] == "missing":
            raise _unreadable(words[0], "git cannot tell what it is")
    return [(oid, kind) for oid, kind in pairs]


def _listed(git: Git, oids: Sequence[str], *more: str) -> bytes:
    """The objects of commits, without those of their parents, and of other objects."""
    words = ("--objects", "--no-walk=unsorted", *more, "--stdin")
    return git.run("rev-list", *words, data="".join(f"{oid}\n" for oid in oids).encode())


def _facts(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Id, kind and size, as ``cat-file --batch-check`` prints them."""
    words = line.split()
    if len(words) != 3:
        raise _unreadable(line.split()[0].decode(errors="replace"), "git cannot tell what it is")
    return words[0], words[1], words[2]


def _unreadable(oid: str, why: str) -> GitFailed:
    return GitFailed(
        f"The object {oid} is needed to know which segments are in use, and {why}.",
        "Nothing was removed. %model_verify tells what else is damaged.",
    )
