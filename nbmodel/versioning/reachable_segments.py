"""The segments that commits, tags, stashes, logs and index entries of a repository name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from nbmodel.errors import GitFailed, ManifestInvalid
from nbmodel.repo.bulk_reader import BulkReader
from nbmodel.repo.git import Git
from nbmodel.store import lfs_format
from nbmodel.versioning.lost_refs import LostRef, objects_of

MAX_POINTER_BYTES = 1024
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
    oids = git.run("for-each-ref", "--format=%(objectname)^{}").decode()
    peeled = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", data=oids.encode())
    pairs = (line.split() for line in peeled.decode().splitlines())
    ends = [words[0] for words in pairs if words[1:] in (["blob"], ["tree"])]
    lines = [*(oid for oid in commits if oid not in without), *ends]
    words = ("--objects", "--no-walk=unsorted", "--indexed-objects", "--stdin")
    return git.run("rev-list", *words, data="".join(f"{line}\n" for line in lines).encode())


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
