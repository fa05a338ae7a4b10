"""The large objects that versions, and the notes on them, name by pointers of git-lfs."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from nbmodel.errors import GitFailed, ManifestInvalid
from nbmodel.repo.bulk_reader import BulkReader
from nbmodel.repo.git import Git
from nbmodel.repo.remotes import fetch_line
from nbmodel.store import lfs_format
from nbmodel.store.lfs_format import MAX_POINTER_BYTES
from nbmodel.store.remote import Item


def needed(
    git: Git, tips: Iterable[str], without: Iterable[str] = (), *, history: bool = True
) -> list[Item]:
    """What the history of `tips` names, and that of `without` does not; each object once.

    Parameters
    ----------
    git : Git
    tips, without : iterable of str
        Ids of commits and tags, all of them in this clone.
    history : bool
        Whether earlier versions count too.

    Raises
    ------
    GitFailed
        If an object of the history is missing or damaged.
    """
    ends = [*tips]
    if not ends:
        return []
    lines = [*ends, *(f"^{oid}" for oid in without)]
    text = "".join(f"{line}\n" for line in lines).encode()
    walk = () if history else ("--no-walk",)
    try:
        listed = git.run("rev-list", "--objects", *walk, "--stdin", data=text)
    except GitFailed as error:
        if "promisor" not in error.what:
            raise
        what = "This partial clone lacks files of its versions."
        raise GitFailed(what, f"Fetch them: {fetch_line(git)}") from error
    ids = b"".join(line[:40] + b"\n" for line in listed.splitlines())
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", data=ids)
    small = [oid for oid, kind, size in map(str.split, sizes.decode().splitlines())
             if kind == "blob" and int(size) < MAX_POINTER_BYTES]  # fmt: skip
    items: dict[Item, None] = {}
    with BulkReader(git, MAX_POINTER_BYTES) as bulk:
        for answer in bulk.read(small):
            if lfs_format.is_pointer(answer.data):
                try:
                    items[Item(*lfs_format.read_pointer(answer.data, answer.spec))] = None
                except ManifestInvalid:  # another file that begins like a pointer
                    continue
    return [*items]


def needed_beside_purges(
    git: Git, tips: Iterable[str], purged: Collection[str], without: Iterable[str] = ()
) -> tuple[list[Item], list[Item]]:
    """The same if some versions were purged: what their history has may be gone.

    Parameters
    ----------
    git : Git
    tips, without : iterable of str
        As for `needed`.
    purged : collection of str
        Commits of the purged versions.

    Returns
    -------
    tuple of (list of Item, list of Item)
        What the new versions name, also if earlier ones name it too; and the part of it that a
        version names that was not purged.
    """
    ends, others = [*tips], [*without]
    if not ends or not purged:
        items = needed(git, ends, others)
        return items, items
    text = "".join(f"{line}\n" for line in [*ends, *(f"^{oid}" for oid in others)])
    commits = git.run("rev-list", "--stdin", data=text.encode()).decode().split()
    unpurged = needed(git, [oid for oid in commits if oid not in purged], history=False)
    rest = needed(git, [oid for oid in commits if oid in purged], history=False)
    return [*dict.fromkeys([*unpurged, *rest])], unpurged
