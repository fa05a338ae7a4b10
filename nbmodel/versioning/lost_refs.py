"""Tags and branches that do not exist any more, although their objects do: deleted or lost.

`verify` says how to restore them. So `gc` keeps what they named until the user says that they
were deleted on purpose, or git has pruned the objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nbmodel import refs
from nbmodel.errors import GitFailed
from nbmodel.repo import history, raw_objects
from nbmodel.repo.git import Git
from nbmodel.repo.summaries import CommitSummary
from nbmodel.versioning.context import Context

MAX_LISTINGS = 5  # attempts, each with the packs of that moment


@dataclass(frozen=True, slots=True)
class LostRef:
    """A missing reference, the object that it named, and all its commits."""

    ref: str
    oid: str
    why: str
    commits: tuple[str, ...]


def find_lost_refs(context: Context) -> list[LostRef]:
    """Find tags and versions that no reference leads to, except those deleted on purpose.

    Raises
    ------
    GitFailed
        If git cannot list the objects.
    """
    git = context.git
    kinds: dict[bytes, set[str]] = {b"tag": set(), b"commit": set()}
    for line in _objects(git).splitlines():
        kind, _, oid = line.partition(b" ")
        if kind in kinds:
            kinds[kind].add(oid.decode())
    forgotten = {sight.ref: sight.oid for sight in context.index.forgotten_refs()}
    oids = dict(history.listing(git).items()) | forgotten
    reached = git.run("rev-list", "--all", "--").decode().split()
    lost_refs: list[LostRef] = []
    with history.reader(git) as bulk:
        for answer in bulk.read(sorted(kinds[b"tag"] - set(oids.values()))):
            tag = None if answer.why else raw_objects.tag(answer.data)
            if tag and refs.is_label(tag.name) and refs.TAG_PREFIX + tag.name not in oids:
                why = "its tag object is here, and no reference names it: it was deleted, or lost"
                lost_refs.append(
                    LostRef(refs.TAG_PREFIX + tag.name, answer.spec, why, tuple(tag.parents))
                )
        alone = history.read_commits(bulk, sorted(kinds[b"commit"].difference(reached)))
        lost_refs += _branches(history.read_summaries(bulk, list(alone)), oids.keys())
    return lost_refs


def _objects(git: Git) -> bytes:
    """The kind and id of every object, a line each.

    git fails if another process replaces a pack whose objects it is listing.
    """
    words = ("--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectname)")
    for _ in range(MAX_LISTINGS - 1):
        with suppress(GitFailed):
            return git.run("cat-file", *words)
    return git.run("cat-file", *words)


def _branches(
    snapshots: Iterable[CommitSummary], existing_refs: Iterable[str]
) -> Iterator[LostRef]:
    """Each missing branch that versions name as theirs.

    Unreferenced versions of an existing branch were abandoned: another writer was first, or the
    process was killed.
    """
    there = frozenset(existing_refs)
    lines: dict[str, list[tuple[int, str]]] = {}
    for snapshot in snapshots:
        info = snapshot.info
        if not snapshot.why and (ref := refs.branch_ref(info.model, info.branch)) not in there:
            lines.setdefault(ref, []).append((info.number, info.commit))
    for ref, versions in sorted(lines.items()):
        number, last = max(versions)
        why = f"is not there, and its version {number} is: it was deleted, or lost"
        yield LostRef(ref, last, why, tuple(commit for _, commit in versions))


def objects_of(git: Git, lost_refs: Sequence[LostRef]) -> list[str]:
    """Ids of the objects of these commits that git has not pruned yet."""
    specs = sorted({commit for item in lost_refs for commit in item.commits})
    here = [oid for oid in specs if git.measure(oid) is not None]
    if not here:
        return []
    words = ("--objects", "--no-walk=unsorted", "--missing=allow-any", "--stdin")
    listed = git.run("rev-list", *words, data="".join(f"{oid}\n" for oid in here).encode())
    return [line[:40].decode() for line in listed.splitlines()]
