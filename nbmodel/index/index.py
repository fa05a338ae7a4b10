"""The index of one registry, as everything above sees it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, TypeVar

from nbmodel import refs
from nbmodel.index import (
    lineage,
    missing_objects,
    problems,
    query,
    reachability,
    search,
    sightings,
    summary,
    sync,
    tags,
)  # fmt: skip
from nbmodel.index.database import BUSY_TIMEOUT_SECONDS, Database, transaction
from nbmodel.repo import history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from nbmodel.index.lineage import Lineage
    from nbmodel.index.problems import Problem
    from nbmodel.index.query import Marks, Model, Unreadable
    from nbmodel.index.sightings import Sighting
    from nbmodel.index.summary import RegistrySummary, Sparkline
    from nbmodel.index.sync import Progress
    from nbmodel.records import Release, StageMove, VersionInfo
    from nbmodel.repo.git import Git

T = TypeVar("T")


class Index:
    """What git knows of a registry, in a form that answers at once.

    Call `refresh` before asking: it is quick when nothing changed. The file is
    a cache: deleted, damaged or of another release, it is made anew from git;
    where it cannot be written, the index is kept in memory. Several processes
    may share it, and threads may share an `Index`.

    Parameters
    ----------
    path : Path
        Of the database file, in the user's cache folder.
    git : Git
        The registry.
    """

    def __init__(self, path: Path, git: Git) -> None:
        self._git = git
        self._database = Database(path, lambda db: sync.refresh(db, git))

    def close(self) -> None:
        """Close the file; the next question opens it again."""
        self._database.close()

    # -- keeping up ------------------------------------------------------------

    def refresh(self, progress: Progress | None = None) -> None:
        """Take in what changed in git.

        Parameters
        ----------
        progress : callable, optional
            Called with the versions read and their total, every few thousand.
        """
        self._ask(lambda db: sync.refresh(db, self._git, progress))

    def state(self) -> str:
        """A text that changes whenever a branch, a tag or a note does; refreshes."""
        digest = self._ask(lambda db: sync.refresh(db, self._git))
        return f"{digest.hex()}-{(self._git.resolve(refs.NOTES_REF) or '')[:12]}"

    def rebuild(self, progress: Progress | None = None) -> None:
        """Forget everything but what earlier looks saw, and read all of git again."""
        self._ask(_forget)
        self.refresh(progress)

    def note(self, version: VersionInfo, ref: str, segments: Iterable[str] | None = None) -> None:
        """Take in a version just committed to `ref`, without asking git.

        A shortcut only: where the index is behind, or busy, the next `refresh`
        does it.

        Parameters
        ----------
        version : VersionInfo
        ref : str
            Full name of the branch that was moved to it.
        segments : iterable of str, optional
            sha256 of its skeleton and segments, for `holders_of`.
        """
        parsed = refs.parse_branch_ref(ref)
        if parsed is not None:
            self._ask(lambda db: _note(db, version, parsed, segments))

    # -- lookups ---------------------------------------------------------------

    def names(self) -> list[str]:
        """All models, in alphabetical order."""
        return self._ask(query.names)

    def same_name(self, name: str) -> str | None:
        """The model called `name` but for case, if there is one."""
        return self._ask(lambda db: query.same_name(db, name))

    def models(self) -> list[Model]:
        """All models with latest version, counts, branches, releases and stages."""
        return self._ask(query.models)

    def branches(self, model: str) -> dict[str, VersionInfo]:
        """The newest version of each branch of a model."""
        return self._ask(lambda db: query.branches(db, model))

    def find(self, model: str, branch: str, number: int) -> VersionInfo | None:
        """The version with a number on a branch's first-parent chain."""
        return self._ask(lambda db: query.find(db, model, branch, number))

    def latest(self, model: str, branch: str = refs.DEFAULT_BRANCH) -> VersionInfo | None:
        """The newest version of a branch."""
        return self._ask(lambda db: query.latest(db, model, branch))

    def ancestor(self, model: str, commit: str, back: int) -> VersionInfo | None:
        """The version `back` first parents before a commit."""
        return self._ask(lambda db: query.ancestor(db, model, commit, back))

    def by_commit(self, prefix: str, model: str | None = None) -> list[VersionInfo]:
        """Versions whose commit id begins with `prefix` (lower-case hex), at most 100."""
        return self._ask(lambda db: query.by_commit(db, prefix, model))

    def releases(self, model: str) -> list[Release]:
        """Releases of a model, highest first."""
        return self._ask(lambda db: tags.releases(db, model))

    def moves(self, model: str) -> list[StageMove]:
        """Every move of every stage of a model, newest first."""
        return self._ask(lambda db: tags.moves(db, model))

    def stages(self, model: str) -> dict[str, StageMove]:
        """The move by which each stage is held now."""
        return self._ask(lambda db: tags.stages(db, model))

    def marks(self, infos: Iterable[VersionInfo]) -> dict[tuple[str, str], Marks]:
        """Branch tips, releases and stages at each version, by ``(model, commit)``."""
        wanted = list(infos)
        return self._ask(lambda db: query.marks(db, wanted))

    def unreadable(self, model: str | None = None, *, limit: int = -1) -> list[Unreadable]:
        """Commits on lines of versions whose manifest cannot be read, and why, newest first."""
        return self._ask(lambda db: query.unreadable(db, model, limit))

    def problems(self, model: str = "") -> list[Problem]:
        """References of a model, or of all, that cannot be read, or were there and are gone."""
        return self._ask(lambda db: problems.find_problems(db, model))

    def doubtful_stages(self, model: str) -> dict[str, Problem]:
        """Stages of a model whose holder is not known, and a reference because of which."""
        return self._ask(lambda db: problems.doubtful_stages(db, model))

    def renamed_branches(self) -> list[tuple[str, str, str]]:
        """``(model, branch, name)``: branches whose last version names another that is not here."""
        return self._ask(problems.renamed_branches)

    def missing_counters(self, model: str) -> list[str]:
        """Tags of stage moves that must have been there, as later counters are."""
        return self._ask(lambda db: problems.missing_counters(db, model))

    def unreadable_commit(self, model: str) -> str:
        """A commit in the history of a model that cannot be read; empty if there is none."""
        return self._ask(lambda db: missing_objects.unreadable_commit(db, model))

    def abandoned_tips(self) -> list[Sighting]:
        """What branches held at an earlier look, and do not hold any more."""
        return self._ask(lambda db: sightings.list_sightings(db, sightings.ABANDONED))

    def missing_refs(self) -> list[Sighting]:
        """References that were there at an earlier look, and are not there any more."""
        return self._ask(lambda db: sightings.list_sightings(db, sightings.MISSING))

    def forgotten_refs(self) -> list[Sighting]:
        """References that the user has declared as deleted on purpose."""
        return self._ask(lambda db: sightings.list_sightings(db, sightings.FORGOTTEN))

    def forget_refs(self, names: Iterable[str], unseen: Mapping[str, str] | None = None) -> None:
        """Take references that are gone, or went back, for deleted on purpose; refreshes.

        `unseen` names the objects of those that were gone before the first look.
        """
        deleted = frozenset(names)
        self._ask(lambda db: _forget_refs(db, deleted, unseen or {}))
        self.refresh()

    def summary(self) -> RegistrySummary:
        """What the registry holds as a whole."""
        return self._ask(summary.summary)

    def sparklines(self, models: Iterable[str], last: int) -> dict[str, Sparkline]:
        """The `last` values of each model's first metric, along the line of its latest version."""
        wanted = tuple(models)
        return self._ask(lambda db: summary.sparklines(db, wanted, last))

    def lineage(self, version: VersionInfo, limit: int) -> Lineage:
        """Versions of the same model around a version, and of others by what was made from what."""
        return self._ask(lambda db: lineage.lineage(db, version, limit))

    def users(self, version: VersionInfo, limit: int) -> list[VersionInfo]:
        """Versions that were made from a version, newest first."""
        return self._ask(lambda db: lineage.users(db, version, limit))

    # -- pages -----------------------------------------------------------------

    def log(
        self,
        model: str,
        branch: str | None = None,
        *,
        limit: int = 50,
        before: str | None = None,
    ) -> list[VersionInfo]:
        """A page of history, newest first, children before their parents.

        Parameters
        ----------
        model : str
        branch : str, optional
            Follow its first parents; without it, all versions of the model.
        limit : int
            Versions a page.
        before : str, optional
            Commit id that ended the page before.
        """
        return self._ask(lambda db: query.log(db, model, branch, limit, before))

    def holders_of(self, sha256: str) -> list[VersionInfo]:
        """Versions whose payload contains a segment or skeleton, oldest first.

        The index narrows them down; their manifests, read from git, decide.
        """
        seem, unknown = self._ask(lambda db: query.perhaps_with(db, sha256))
        infos = sorted([*seem, *unknown], key=lambda info: info.time)
        with history.reader(self._git) as bulk:
            commits = history.read_commits(bulk, [info.commit for info in infos])
            found = list(history.read_summaries(bulk, commits))
        return [
            info for info, snapshot in zip(infos, found, strict=True) if sha256 in snapshot.segments
        ]

    # Last, because below it `list` in an annotation would mean this method.
    def list(
        self,
        text: str = "",
        *,
        limit: int = 50,
        offset: int = 0,
        sort: str = "-time",
        all_versions: bool = False,
    ) -> list[VersionInfo]:
        """Versions that fit a search expression; see `nbmodel.index.search.search`."""
        return self._ask(
            lambda db: search.search(
                db, text, limit=limit, offset=offset, sort=sort, all_versions=all_versions
            )
        )

    def count(
        self,
        text: str = "",
        *,
        sort: str = "-time",
        all_versions: bool = False,
        cap: int = 10_000,
    ) -> tuple[int, bool]:
        """How many `list` finds without a limit, and whether these are all: at most `cap`."""
        return self._ask(
            lambda db: search.count(db, text, sort=sort, all_versions=all_versions, cap=cap)
        )

    def _ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._database.use(work)


def _forget(db: sqlite3.Connection) -> None:
    with transaction(db):
        reachability.clear(db)


def _forget_refs(db: sqlite3.Connection, names: frozenset[str], unseen: Mapping[str, str]) -> None:
    with transaction(db):
        sightings.forget(db, names, unseen)
        db.execute("DELETE FROM meta WHERE name = 'refs'")  # stages are settled anew


def _note(
    db: sqlite3.Connection,
    version: VersionInfo,
    line: tuple[str, str],
    segments: Iterable[str] | None,
) -> None:
    db.execute("PRAGMA busy_timeout = 0")
    try:
        with transaction(db):
            reachability.append(db, version, line, segments)
            sightings.add(db, refs.branch_ref(*line), version.commit)
    except sqlite3.OperationalError as error:
        # Somebody else is writing; what they do not see, the next refresh will.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(1000 * BUSY_TIMEOUT_SECONDS)}")
