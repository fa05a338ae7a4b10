"""Bring the index up to date with git: only what has changed among nbmodel's refs.

Everything happens in one transaction, which begins before git is read. So if several
processes refresh, the one that reads git last also writes last.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from nbmodel import refs
from nbmodel.index import (
    evaluations,
    missing_objects,
    problems,
    reachability,
    rows,
    sightings,
    tags,
)
from nbmodel.index.database import transaction
from nbmodel.repo import history, trash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from sqlite3 import Connection

    from nbmodel.repo.bulk_reader import BulkReader
    from nbmodel.repo.git import Git
    from nbmodel.repo.references import Listing
    from nbmodel.repo.summaries import Commit, CommitSummary

    # (done, total) versions
    Progress = Callable[[int, int], None]

BATCH_VERSIONS = 10_000  # written at once

Node = tuple[int, str]  # a commit as a version of one model: (model id, object id)


def refresh(db: Connection, git: Git, progress: Progress | None = None) -> bytes:
    """Bring the index up to date with git; return a digest of the refs that it describes.

    Parameters
    ----------
    db : sqlite3.Connection
    git : Git
    progress : callable, optional
        Called with the number of versions read and their total.
    """
    digest = _digest(git, history.listing(git))
    if _recorded(db) == digest and not missing_objects.is_any_back(db, git):
        return digest
    with transaction(db):
        listing = history.listing(git)
        digest = _digest(git, listing)
        mended = missing_objects.is_any_back(db, git)
        if _recorded(db) == digest and not mended:
            return digest
        edge = missing_objects.shallow_state(git)
        if mended or _border(db) != edge:
            reachability.clear(db)
        with history.reader(git) as bulk:
            sync = _Sync(db, bulk, progress)
            new = sync.run(listing)
        evaluations.refresh(db, git, sync.names, listing, new)
        missing_objects.record(
            db, sync.lost_commits - missing_objects.beyond_shallow(git, sync.commits)
        )
        values = [("refs", digest), ("border", edge)]
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values)
    return digest


def _recorded(db: Connection) -> bytes | None:
    row = db.execute("SELECT value FROM meta WHERE name = 'refs'").fetchone()
    return row[0] if row else None


def _border(db: Connection) -> str:
    row = db.execute("SELECT value FROM meta WHERE name = 'border'").fetchone()
    return str(row[0]) if row else ""


def _digest(git: Git, listing: Listing) -> bytes:
    return hashlib.blake2b(
        missing_objects.shallow_state(git).encode() + listing.state(), digest_size=20
    ).digest()


def _ours(listing: Listing) -> dict[str, str]:
    """Object id by full name of each reference that belongs to nbmodel."""
    tagged = {f"{refs.TAG_PREFIX}{name}": oid for name, oid in history.tags(listing).items()}
    others = {
        ref: oid
        for ref, oid in listing.items()
        # What leaves the trash was restored, or its time is over.
        if ref.startswith(history.SHARED_REFS) and not ref.startswith(refs.TRASH_PREFIX)
    }
    return history.branches(listing) | tagged | others


class _Sync:
    """One refresh: compare refs, walk commits, number, write and update models."""

    def __init__(self, db: Connection, bulk: BulkReader, progress: Progress | None) -> None:
        self.db = db
        self.bulk = bulk
        self.progress = progress
        self.names = rows.Names(db)
        self.touched: set[int] = set()
        self.commits: dict[str, Commit] = {}
        self.places: dict[Node, tuple[int, int] | None] = {}
        self.lost_commits: set[str] = set()

    def run(self, listing: Listing) -> set[str]:
        """Bring the tables up to date; return the commits of new versions."""
        deleted = trash.deleted_branches(ref for ref, _ in listing.items())
        moved = sightings.record(self.db, _ours(listing), listing.problems, deleted)
        problems.record(self.db, listing.problems)
        tips = set(self._branches(listing))
        roots = tips | set(self._tags(listing))
        new = self._walk(roots, tips)
        self._write(new)
        self.touched |= self._with_problems()
        for model in self.touched:
            reachability.update_model(self.db, model)
        sightings.record_abandoned(self.db, moved)
        return {oid for _, oid in new}

    def _with_problems(self) -> set[int]:
        """Models that have a problem now, or had one at the refresh before."""
        now = {problem.model for problem in problems.find_problems(self.db)}
        row = self.db.execute("SELECT value FROM meta WHERE name = 'trouble'").fetchone()
        before = set(row[0].split()) if row else set()
        self.db.execute("INSERT OR REPLACE INTO meta VALUES ('trouble', ?)", (" ".join(now),))
        models = self.db.execute("SELECT id, name FROM models").fetchall()
        return {model for model, name in models if name in now | before}

    # -- what changed ----------------------------------------------------------

    def _branches(self, listing: Listing) -> Iterator[Node]:
        """Record moved, new and deleted branches; yield the tips that need a walk.

        A branch that git cannot read stays unchanged: it was not deleted.
        """
        before = {
            refs.branch_ref(model, name): tip
            for model, name, tip in self.db.execute(
                "SELECT m.name, b.name, b.tip FROM branches b JOIN models m ON m.id = b.model"
            )
        }
        now = history.branches(listing)
        for ref in (before.keys() | now.keys()) - listing.problems.keys():
            if before.get(ref) == now.get(ref):
                continue
            model, name = refs.parse_branch_ref(ref) or ("", "")
            node = self.names.model(model)
            self.touched.add(node)
            if ref in now:
                self.db.execute(
                    "INSERT OR REPLACE INTO branches VALUES (?, ?, ?)", (node, name, now[ref])
                )
                yield node, now[ref]
            else:
                self.db.execute("DELETE FROM branches WHERE model = ? AND name = ?", (node, name))

    def _tags(self, listing: Listing) -> Iterator[Node]:
        """Record changed tags; yield the versions that only they may reach."""
        before = dict(self.db.execute("SELECT name, oid FROM tags"))
        now = history.visible_tags(listing)
        broken_tags = {ref.removeprefix(refs.TAG_PREFIX) for ref in listing.problems}
        names = (before.keys() | now.keys()) - broken_tags
        changed_tags = [name for name in names if before.get(name) != now.get(name)]
        for name in changed_tags:
            model = refs.model_of(name)
            row = self.db.execute("SELECT id FROM models WHERE name = ?", (model,)).fetchone()
            self.touched.update(row or ())
        self.db.executemany("DELETE FROM tags WHERE name = ?", [(name,) for name in changed_tags])
        oids = {name: now[name] for name in sorted(changed_tags) if name in now}
        contents = dict(history.read_tags(self.bulk, oids))
        targets = {tag.record.commit for tag in contents.values() if tag.record is not None}
        own, unread = self._named_models(targets)
        for name, oid in oids.items():
            tag = contents[name]
            target = tag.record.commit if tag.record else ""
            root = tag.record is not None and own.get(target) == tag.record.model
            if target in unread:
                tag = replace(tag, why=f"its commit {target}: {unread[target]}")
            tags.insert(self.db, name, oid, tag, root=root)
            if tag.record is not None and root:
                model_id = self.names.model(tag.record.model)
                self.touched.add(model_id)
                yield model_id, target

    def _named_models(self, oids: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Read the manifests of commits that tags name.

        Returns
        -------
        tuple of (dict, dict)
            The model that each manifest names, and why the others cannot be read, both by
            commit id. A manifest that can be read and names no model is not a version.
        """
        commits = list(history.read_commits(self.bulk, sorted(oids)))
        unread = {commit.oid: commit.why for commit in commits if commit.why}
        summaries = list(history.read_summaries(self.bulk, [c for c in commits if not c.why]))
        unread |= {s.info.commit: s.why for s in summaries if s.lost}
        return {s.info.commit: s.info.model for s in summaries}, unread

    # -- walk ------------------------------------------------------------------

    def _walk(self, roots: set[Node], tips: set[Node]) -> dict[Node, Commit]:
        """New versions: those that `roots` reach and the index does not have."""
        new: dict[Node, Commit] = {}
        frontier = {node for node in roots if self._row(node) is None}
        while frontier:
            unread = {oid for _, oid in frontier} - self.commits.keys()
            for commit in history.read_commits(self.bulk, sorted(unread)):
                self.commits[commit.oid] = commit
            reached = {
                node: self.commits[node[1]]
                for node in frontier
                # The tip of a branch must exist. A shallow clone may lack a parent.
                if not self.commits[node[1]].why or node in tips
            }
            self.lost_commits |= {oid for model, oid in frontier if (model, oid) not in reached}
            new.update(reached)
            parents = {
                (model, oid) for (model, _), commit in reached.items() for oid in commit.parents
            }
            frontier = {node for node in parents - new.keys() if self._row(node) is None}
        return new

    def _row(self, node: Node) -> tuple[int, int] | None:
        """``(id, number)`` of a version that the index has, or None."""
        if node not in self.places:
            self.places[node] = self.db.execute(
                "SELECT id, number FROM versions WHERE oid = ? AND model = ?", node[::-1]
            ).fetchone()
        return self.places[node]

    # -- write -----------------------------------------------------------------

    def _write(self, new: dict[Node, Commit]) -> None:
        self._number(new)
        models = dict(self.db.execute("SELECT id, name FROM models"))
        # git reads neighbors in history faster, because they share delta chains. The tables
        # prefer ascending ids. So write large batches of whole models, each in order of ids.
        order = sorted(new, key=lambda node: (node[0], self._place(node)[0]))
        for start in range(0, len(order), BATCH_VERSIONS):
            part = order[start : start + BATCH_VERSIONS]
            snapshots = history.read_summaries(self.bulk, [new[node] for node in part])
            batch = [
                self._version(node, models[node[0]], snapshot)
                for node, snapshot in zip(part, snapshots, strict=True)
            ]
            rows.insert(self.db, self.names, sorted(batch, key=lambda row: row.id))
            if self.progress is not None:
                self.progress(start + len(part), len(order))

    def _number(self, new: dict[Node, Commit]) -> None:
        """Give each new version its id and number: parents first, then by time."""
        serials = rows.Serials(self.db)
        inside = {
            node: [
                (node[0], oid) for oid in set(commit.parents) if self._is_readable(node, oid, new)
            ]
            for node, commit in new.items()
        }
        outer = [node for node in new if len(inside[node]) < len(set(new[node].parents))]
        stated = self._stated_numbers(new, outer)
        children: dict[Node, list[Node]] = {}
        waiting: dict[Node, int] = {}
        for node, parents in inside.items():
            fresh = [parent for parent in parents if parent in new]
            waiting[node] = len(fresh)
            for parent in fresh:
                children.setdefault(parent, []).append(node)
        ready = [(new[node].time, node) for node, count in waiting.items() if not count]
        heapify(ready)
        while ready:
            time, node = heappop(ready)
            placed = [self._place(parent) for parent in inside[node]]
            numbers = [number for _, number in placed]
            if 0 in numbers and node not in stated:
                stated |= self._stated_numbers(new, [node])
            number = 0 if new[node].why else _next_number(numbers, stated.get(node))
            self.places[node] = (serials.next(time, [parent for parent, _ in placed]), number)
            for child in children.get(node, ()):
                waiting[child] -= 1
                if not waiting[child]:
                    heappush(ready, (new[child].time, child))

    def _stated_numbers(self, new: dict[Node, Commit], nodes: list[Node]) -> dict[Node, int]:
        """The number that each manifest states; 0 if the manifest cannot be read."""
        summaries = history.read_summaries(self.bulk, [new[node] for node in nodes])
        return {n: 0 if s.why else s.info.number for n, s in zip(nodes, summaries, strict=True)}

    def _is_readable(self, node: Node, oid: str, new: dict[Node, Commit]) -> bool:
        """Whether a parent is a version that the index has, or whose commit can be read."""
        parent = (node[0], oid)
        return not new[parent].why if parent in new else self._row(parent) is not None

    def _place(self, node: Node) -> tuple[int, int]:
        place = self._row(node)
        if place is None:
            raise KeyError(node)  # a defect: `_number` places every version
        return place

    def _version(self, node: Node, model: str, snapshot: CommitSummary) -> rows.VersionRow:
        place, number = self._place(node)
        parents = snapshot.info.parents
        first = self.places.get((node[0], parents[0])) if parents else None
        return rows.VersionRow(
            *(place, first and first[0], model, number),
            *(snapshot.info, snapshot.segments, snapshot.why, snapshot.lost),
        )


def _next_number(parents: list[int], stated: int | None) -> int:
    """The number of a version; 0 if nothing tells it. No reference can name the number 0.

    The number follows from the parents, not from the manifest, because a rebase or a squashed
    pull request keeps manifests unchanged. If a parent is outside of the clone, cannot be read or
    has the number 0, only the manifest tells the number.

    Parameters
    ----------
    parents : list of int
        The numbers of the parents that the index has.
    stated : int, optional
        The number in the manifest, 0 if that cannot be read; None if all parents have numbers.
    """
    if stated == 0:
        return 0
    return max(1 + max(parents, default=0), stated or 0)
