"""Bring the index up to date with git: what changed among our refs, and nothing else.

All of it happens in one transaction that begins before git is asked, so that
of several processes the one that asked last also writes last.
"""

from __future__ import annotations

import hashlib
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from nbmodel import refs
from nbmodel.index import gaps, rows, settle
from nbmodel.index.database import transaction
from nbmodel.records import Release
from nbmodel.repo import history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from sqlite3 import Connection

    from nbmodel.records import StageMove
    from nbmodel.repo.bulk import Bulk
    from nbmodel.repo.git import Git
    from nbmodel.repo.history import Commit, Snapshot

    # (done, total) versions
    Progress = Callable[[int, int], None]

BATCH = 10_000  # versions written at once

Node = tuple[int, str]  # a commit as a version of one model: (model id, object id)


def refresh(db: Connection, git: Git, progress: Progress | None = None) -> bytes:
    """Make the index say what git says now; return a digest of the refs that it was made from.

    Parameters
    ----------
    db : sqlite3.Connection
    git : Git
    progress : callable, optional
        Called with the number of versions read and their total.
    """
    digest = _digest(git, history.listing(git))
    if _recorded(db) == digest and not gaps.mended(db, git):
        return digest
    with transaction(db):
        listed = history.listing(git)
        digest = _digest(git, listed)
        mended = gaps.mended(db, git)
        if _recorded(db) == digest and not mended:
            return digest
        border = _border_now(git)
        if mended or _border(db) != border:
            settle.forget_everything(db)
        with history.reader(git) as bulk:
            sync = _Sync(db, bulk, progress)
            sync.run(listed)
        gaps.remember(db, sync.lost - _beyond(git, sync.commits))
        values = [("refs", digest), ("border", border)]
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values)
    return digest


def _recorded(db: Connection) -> bytes | None:
    row = db.execute("SELECT value FROM meta WHERE name = 'refs'").fetchone()
    return row[0] if row else None


def _border(db: Connection) -> str:
    row = db.execute("SELECT value FROM meta WHERE name = 'border'").fetchone()
    return str(row[0]) if row else ""


def _digest(git: Git, listed: bytes) -> bytes:
    return hashlib.blake2b(_border_now(git).encode() + listed, digest_size=20).digest()


def _border_now(git: Git) -> str:
    """Identity of git's list of shallow commits: deepening a clone moves no ref."""
    try:
        found = (git.git_dir / "shallow").stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def _beyond(git: Git, commits: Mapping[str, Commit]) -> set[str]:
    """Commits behind the border of a shallow clone: those are not missed."""
    try:
        border = (git.git_dir / "shallow").read_text("ascii", errors="replace").split()
    except OSError:
        return set()
    return {parent for oid in border if oid in commits for parent in commits[oid].parents}


class _Sync:
    """One run: compare, walk, number, write, settle."""

    def __init__(self, db: Connection, bulk: Bulk, progress: Progress | None) -> None:
        self.db = db
        self.bulk = bulk
        self.progress = progress
        self.names = rows.Names(db)
        self.touched: set[int] = set()
        self.commits: dict[str, Commit] = {}
        self.known: dict[Node, tuple[int, int] | None] = {}
        self.lost: set[str] = set()

    def run(self, listed: bytes) -> None:
        tips = set(self._branches(listed))
        roots = tips | set(self._tags(listed))
        self._write(self._walk(roots, tips))
        for model in self.touched:
            settle.settle(self.db, model)

    # -- what changed ----------------------------------------------------------

    def _branches(self, listed: bytes) -> Iterator[Node]:
        """Record moved, new and deleted branches; tell the tips that need a walk."""
        before = {
            refs.branch_ref(model, name): tip
            for model, name, tip in self.db.execute(
                "SELECT m.name, b.name, b.tip FROM branches b JOIN models m ON m.id = b.model"
            )
        }
        now = history.branches(listed)
        for ref in before.keys() | now.keys():
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

    def _tags(self, listed: bytes) -> Iterator[Node]:
        """Record changed tags; tell the commits that they keep alive."""
        before = dict(self.db.execute("SELECT name, oid FROM tags"))
        now = history.tags(listed)
        changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
        for name in changed:
            model, *_ = refs.parse_release_tag(name) or refs.parse_stage_tag(name) or ("",)
            found = self.db.execute("SELECT id FROM models WHERE name = ?", (model,)).fetchone()
            self.touched.update(found or ())
        self.db.executemany("DELETE FROM tags WHERE name = ?", [(name,) for name in changed])
        wanted = {name: now[name] for name in sorted(changed) if name in now}
        counted = dict(history.read_tags(self.bulk, wanted))
        own = self._named_models({tag.commit for tag in counted.values()})
        for name, oid in wanted.items():
            tag = counted.get(name)
            root = tag is not None and own.get(tag.commit) == tag.model
            self._write_tag(name, oid, tag, root)
            if tag is not None and root:
                model_id = self.names.model(tag.model)
                self.touched.add(model_id)
                yield model_id, tag.commit

    def _named_models(self, oids: Iterable[str]) -> dict[str, str]:
        """Model that each commit's own manifest names: others are no versions of ours."""
        commits = [c for c in history.read_commits(self.bulk, sorted(oids)) if not c.why]
        found = history.read_snapshots(self.bulk, commits)
        return {snapshot.info.commit: snapshot.info.model for snapshot in found}

    def _write_tag(self, name: str, oid: str, tag: Release | StageMove | None, root: bool) -> None:
        if tag is None:
            self.db.execute("INSERT INTO tags (name, oid) VALUES (?, ?)", (name, oid))
            return
        if isinstance(tag, Release):
            own = ("release", tag.model, tag.version, 0, False)
        else:
            own = ("stage", tag.model, tag.stage, tag.counter, tag.removed)
        signed = (tag.commit, rows.clean(tag.author.name), rows.clean(tag.author.email), tag.time)
        rolled_back = "" if isinstance(tag, Release) else tag.rolled_back
        self.db.execute(
            "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (name, oid, *own, *signed, tag.message, rolled_back, root),
        )

    # -- walk ------------------------------------------------------------------

    def _walk(self, roots: set[Node], tips: set[Node]) -> dict[Node, Commit]:
        """New versions: what `roots` reach and the index does not hold."""
        found: dict[Node, Commit] = {}
        frontier = {node for node in roots if self._row(node) is None}
        while frontier:
            unread = {oid for _, oid in frontier} - self.commits.keys()
            for commit in history.read_commits(self.bulk, sorted(unread)):
                self.commits[commit.oid] = commit
            reached = {
                node: self.commits[node[1]]
                for node in frontier
                # A branch must end in a commit; a parent may lie behind a shallow border.
                if not self.commits[node[1]].why or node in tips
            }
            self.lost |= {oid for node, oid in frontier if (node, oid) not in reached}
            found.update(reached)
            parents = {
                (model, oid) for (model, _), commit in reached.items() for oid in commit.parents
            }
            new = parents - found.keys()
            frontier = {node for node in new if self._row(node) is None}
        return found

    def _row(self, node: Node) -> tuple[int, int] | None:
        """``(id, number)`` of a version that the index holds."""
        if node not in self.known:
            self.known[node] = self.db.execute(
                "SELECT id, number FROM versions WHERE oid = ? AND model = ?", node[::-1]
            ).fetchone()
        return self.known[node]

    # -- write -----------------------------------------------------------------

    def _write(self, new: dict[Node, Commit]) -> None:
        self._number(new)
        models = dict(self.db.execute("SELECT id, name FROM models"))
        # git reads neighbors in history faster: they share delta chains. The tables prefer
        # ascending ids. So large batches of whole models, each in the order of ids.
        order = sorted(new, key=lambda node: (node[0], self._place(node)[0]))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            snapshots = history.read_snapshots(self.bulk, [new[node] for node in part])
            batch = [
                self._version(node, models[node[0]], snapshot)
                for node, snapshot in zip(part, snapshots, strict=True)
            ]
            rows.insert(self.db, self.names, sorted(batch, key=lambda row: row.id))
            if self.progress is not None:
                self.progress(start + len(part), len(order))

    def _number(self, new: dict[Node, Commit]) -> None:
        """Give each new version its id and number, parents first and else by time.

        The number is the parents' word and not the manifest's: a rebase or a
        squashed pull request carries manifests along unchanged. Only where
        parents lie outside the clone must the manifest be believed.
        """
        serials = rows.Serials(self.db)
        inside = {
            node: [(node[0], oid) for oid in set(commit.parents) if self._is_known(node, oid, new)]
            for node, commit in new.items()
        }
        border = [node for node in new if len(inside[node]) < len(set(new[node].parents))]
        told = history.read_snapshots(self.bulk, [new[node] for node in border])
        lowest = {n: s.info.number for n, s in zip(border, told, strict=True)}
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
            number = 1 + max([number for _, number in placed], default=0)
            number = max(number, lowest.get(node, 0))
            self.known[node] = (serials.next(time, [parent for parent, _ in placed]), number)
            for child in children.get(node, ()):
                waiting[child] -= 1
                if not waiting[child]:
                    heappush(ready, (new[child].time, child))

    def _is_known(self, node: Node, oid: str, new: dict[Node, Commit]) -> bool:
        parent = (node[0], oid)
        return parent in new or self._row(parent) is not None

    def _place(self, node: Node) -> tuple[int, int]:
        place = self._row(node)
        if place is None:
            raise KeyError(node)  # _number gave every version its place
        return place

    def _version(self, node: Node, model: str, snapshot: Snapshot) -> rows.New:
        place, number = self._place(node)
        parents = snapshot.info.parents
        first = self.known.get((node[0], parents[0])) if parents else None
        return rows.New(
            *(place, first and first[0], model, number),
            *(snapshot.info, snapshot.segments, snapshot.why),
        )
