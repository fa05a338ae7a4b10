"""The index of one registry, as the layers above use it."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from nbmodel import refs
from nbmodel.config import NbModel
from nbmodel.index import (
    field_values,
    lineage,
    main_metrics,
    missing_objects,
    problems,
    query,
    reachability,
    search,
    sightings,
    stage_holders,
    summary,
    sync,
    tags,
    unused_names,
)
from nbmodel.index.database import BUSY_TIMEOUT_SECONDS, Database, transaction
from nbmodel.repo import history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """What git knows about a registry, in tables that answer fast.

    Call `refresh` before a query: it is fast when nothing has changed. The file is
    a cache. If it is deleted, damaged or from another release, the index is rebuilt
    from git. If it cannot be written, the index is kept in memory. Processes may
    share the file, and threads may share an `Index`.

    Parameters
    ----------
    path : Path
        The database file, in the user's cache folder.
    git : Git
        The registry.
    """

    def __init__(self, path: Path, git: Git) -> None:
        self._git = git
        self._database = Database(path, lambda db: sync.refresh(db, git))

    def close(self) -> None:
        """Close the file. The next query opens it again."""
        self._database.close()

    # -- refreshing ------------------------------------------------------------

    def refresh(self, progress: Progress | None = None) -> None:
        """Bring the index up to date with git.

        Parameters
        ----------
        progress : callable, optional
            Called with the number of versions read and their total, every few thousand versions.
        """
        self._ask(lambda db: sync.refresh(db, self._git, progress))

    def state(self) -> str:
        """A text that changes with every branch, tag and note. It refreshes the index."""
        digest = self._ask(lambda db: sync.refresh(db, self._git))
        return f"{digest.hex()}-{self._git.readable_tip(refs.NOTES_REF)[:12]}"

    def rebuild(self, progress: Progress | None = None) -> None:
        """Clear everything except what earlier refreshes saw, and read all of git again."""
        self._ask(_forget)
        self.refresh(progress)

    def note(self, version: VersionInfo, ref: str, segments: Iterable[str] | None = None) -> None:
        """Add a version that was just committed to `ref`, without reading git.

        This is only a shortcut. If the index is behind or busy, the next `refresh`
        adds the version.

        Parameters
        ----------
        version : VersionInfo
        ref : str
            Full name of the branch that now names it.
        segments : iterable of str, optional
            sha256 of its skeleton and of each segment, for `holders_of`.
        """
        parsed = refs.parse_branch_ref(ref)
        if parsed is not None:
            self._ask(lambda db: _note(db, version, parsed, segments))

    # -- lookups ---------------------------------------------------------------

    def names(self) -> list[str]:
        """All models, in alphabetical order."""
        return self._ask(query.names)

    def same_name(self, name: str) -> str | None:
        """The model whose name equals `name` if case is ignored, if there is one."""
        return self._ask(lambda db: query.same_name(db, name))

    def models(self) -> list[Model]:
        """All models with their latest version, counts, branches, releases and stages."""
        return self._ask(query.models)

    def version_counts(self, models: Iterable[str]) -> dict[str, int]:
        """How many versions each of some models has."""
        names = set(models)
        counts = self._ask(query.version_counts) if names else {}
        return {model: number for model, number in counts.items() if model in names}

    def branches(self, model: str) -> dict[str, VersionInfo]:
        """The newest version of each branch of a model."""
        return self._ask(lambda db: query.branches(db, model))

    def find(self, model: str, branch: str, number: int) -> VersionInfo | None:
        """The version with this number on a branch's first-parent chain."""
        return self._ask(lambda db: query.find(db, model, branch, number))

    def latest(self, model: str, branch: str = refs.DEFAULT_BRANCH) -> VersionInfo | None:
        """The newest version of a branch."""
        return self._ask(lambda db: query.latest(db, model, branch))

    def ancestor(self, model: str, commit: str, back: int) -> VersionInfo | None:
        """The version `back` first parents before a commit."""
        return self._ask(lambda db: query.ancestor(db, model, commit, back))

    def by_commit(self, prefix: str, model: str | None = None) -> list[VersionInfo]:
        """Versions whose commit id begins with `prefix` (lower-case hex digits), at most 100."""
        return self._ask(lambda db: query.by_commit(db, prefix, model))

    def versions_of(
        self, model: str, commits: Iterable[str], *, limit: int = -1
    ) -> list[VersionInfo]:
        """The versions of a model among these commits, newest first."""
        selected = list(commits)
        return self._ask(lambda db: query.versions_of(db, model, selected, limit))

    def releases(self, model: str) -> list[Release]:
        """Releases of a model that have not ended, highest first."""
        return self._ask(lambda db: tags.releases(db, model))

    def last_release_events(self, model: str) -> dict[str, Release]:
        """The last tag of each release number of a model, which may have ended the release."""
        return self._ask(lambda db: tags.last_release_events(db, model))

    def release_events(self, model: str) -> list[Release]:
        """Every release of a model and every end of one, oldest first."""
        return self._ask(lambda db: tags.release_events(db, model))

    def moves(self, model: str) -> list[StageMove]:
        """Every move of every stage of a model, newest first."""
        return self._ask(lambda db: tags.moves(db, model))

    def stage_names(self) -> list[str]:
        """Every stage that a version of any model holds or held."""
        return self._ask(tags.stage_names)

    def stages(self, model: str) -> dict[str, StageMove]:
        """The move that decides each stage now, by stage."""
        return self._ask(lambda db: tags.stages(db, model))

    def stage_holders(self) -> list[tuple[str, str]]:
        """Model and stage of each stage that a version holds now."""
        return self._ask(stage_holders.stage_holders)

    def held_versions(self, models: Iterable[str]) -> dict[str, dict[str, VersionInfo]]:
        """The version that holds each stage, by model and then by stage."""
        selected = tuple(models)
        return self._ask(lambda db: stage_holders.held_versions(db, selected))

    def models_without_stage(self, limit: int) -> tuple[list[VersionInfo], int]:
        """The newest models without a stage, as their latest versions, and the number of all."""
        return self._ask(lambda db: stage_holders.models_without_stage(db, limit))

    def marks(self, infos: Iterable[VersionInfo]) -> dict[tuple[str, str], Marks]:
        """Branches, releases and stages that name each version now, by ``(model, commit)``."""
        selected = list(infos)
        return self._ask(lambda db: query.marks(db, selected))

    def unreadable(self, model: str | None = None, *, limit: int = -1) -> list[Unreadable]:
        """Commits whose manifest cannot be read, and why, newest first."""
        return self._ask(lambda db: query.unreadable(db, model, limit))

    def problems(self, model: str = "") -> list[Problem]:
        """References that cannot be read or are gone: of one model, or of all."""
        return self._ask(lambda db: problems.find_problems(db, model))

    def doubtful_stages(self, model: str) -> dict[str, Problem]:
        """Stages whose deciding move is unknown, each with the reference that causes it."""
        return self._ask(lambda db: problems.doubtful_stages(db, model))

    def renamed_branches(self) -> list[tuple[str, str, str]]:
        """``(model, branch, name)``: branches whose last version names another, missing branch."""
        return self._ask(problems.renamed_branches)

    def missing_counters(self, model: str) -> list[str]:
        """Tags of stage moves that must have existed, because tags with later counters do."""
        return self._ask(lambda db: problems.missing_counters(db, model))

    def unreadable_commit(self, model: str) -> str:
        """A commit of a model's history that cannot be read; empty if all can be read."""
        return self._ask(lambda db: missing_objects.unreadable_commit(db, model))

    def abandoned_tips(self) -> list[Sighting]:
        """Commits that branches named at an earlier refresh and no longer contain."""
        return self._ask(lambda db: sightings.list_sightings(db, sightings.ABANDONED))

    def missing_refs(self) -> list[Sighting]:
        """References that existed at an earlier refresh and no longer exist."""
        return self._ask(lambda db: sightings.list_sightings(db, sightings.MISSING))

    def forgotten_refs(self) -> list[Sighting]:
        """References that the user declared as deleted on purpose."""
        return self._ask(lambda db: sightings.list_sightings(db, sightings.FORGOTTEN))

    def forget_refs(self, names: Iterable[str], unseen: Mapping[str, str] | None = None) -> None:
        """Record that references were deleted, or moved back, on purpose; then refresh.

        Parameters
        ----------
        names : iterable of str
            Full names of references.
        unseen : mapping of str to str, optional
            Objects of references that were gone before the first refresh, by full name.
        """
        deleted = frozenset(names)
        self._ask(lambda db: _forget_refs(db, deleted, unseen or {}))
        self.refresh()

    def summary(self) -> RegistrySummary:
        """Counts, metrics and stages of the whole registry."""
        return self._ask(summary.summary)

    def main_metrics(self, models: Iterable[str]) -> dict[str, str]:
        """The metric by which each model is judged; models without a metric are left out."""
        selected, preferred = tuple(models), NbModel.instance().chosen_main_metric()
        return self._ask(lambda db: main_metrics.main_metrics(db, selected, preferred))

    def declared_lower(self) -> frozenset[str]:
        """Metrics of which less is better, as versions of the registry declare."""
        return self._ask(main_metrics.declared_lower)

    def sparklines(self, metrics: Mapping[str, str], last: int) -> dict[str, Sparkline]:
        """The `last` values of a metric of each model, up to the model's latest version."""
        return self._ask(lambda db: summary.sparklines(db, metrics, last))

    def metric_history(self, version: VersionInfo, metric: str, last: int) -> tuple[float, ...]:
        """The `last` values of a metric up to a version, along its first parents."""
        work = partial(
            summary.metric_history, commit=version.commit, model=version.model, metric=metric,
            last=last,
        )  # fmt: skip
        return self._ask(work)

    def lineage(self, version: VersionInfo, limit: int) -> Lineage:
        """The versions around a version, and what was made from what."""
        return self._ask(lambda db: lineage.lineage(db, version, limit))

    def users(self, version: VersionInfo, limit: int) -> list[VersionInfo]:
        """Versions that were made from a version, newest first."""
        return self._ask(lambda db: lineage.users(db, version, limit))

    def merges(self, version: VersionInfo, limit: int) -> list[VersionInfo]:
        """Versions that merged a version, newest first."""
        return self._ask(lambda db: lineage.merges(db, version, limit))

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
            Follow the first parents of this branch. Without it, all versions of the model.
        limit : int
            Versions on a page.
        before : str, optional
            Commit id of the last version on the previous page.
        """
        return self._ask(lambda db: query.log(db, model, branch, limit, before))

    def holders_of(self, sha256: str) -> list[VersionInfo]:
        """Versions whose payload contains a segment or skeleton, oldest first.

        The index lists the candidates. Their manifests, read from git, decide.
        """
        candidates, unknown = self._ask(lambda db: query.candidates_with(db, sha256))
        infos = sorted([*candidates, *unknown], key=lambda info: info.time)
        with history.reader(self._git) as bulk:
            commits = history.read_commits(bulk, [info.commit for info in infos])
            summaries = list(history.read_summaries(bulk, commits))
        return [
            info for info, entry in zip(infos, summaries, strict=True) if sha256 in entry.segments
        ]

    # The last but one: in annotations below it, `list` would mean this method.
    def list(
        self,
        text: str = "",
        *,
        limit: int = 50,
        offset: int = 0,
        sort: str = "",
        all_versions: bool = False,
    ) -> list[VersionInfo]:
        """Versions that match a search expression; see `nbmodel.index.search.search`."""
        return self._ask(
            lambda db: search.search(
                db, text, limit=limit, offset=offset, sort=sort, all_versions=all_versions
            )
        )

    def search_fields(self, *, sortable: bool = False) -> tuple[str, ...]:
        """Fields, metrics, parameters and tags of a search; `sortable` ones if it sorts by them."""
        return self._ask(lambda db: search.fields(db, sortable=sortable))

    def field_values(self, field: str) -> Sequence[str]:
        """The values of a field with names; see `field_values.field_values`."""
        return self._ask(lambda db: field_values.field_values(db, field))

    def unused_names(self, text: str) -> str:
        """What a query names though no version has it, in sentences; empty if there is nothing."""
        return self._ask(lambda db: unused_names.unused_names(db, text))

    def sorted_by(self, text: str, sort: str = "") -> str:
        """The first field by which `list` sorts; see `search.sorted_by`."""
        return self._ask(lambda db: search.sorted_by(db, text, sort))

    def count(
        self, text: str = "", *, all_versions: bool = False, cap: int = 10_000
    ) -> tuple[int, bool]:
        """``(number, is exact)`` of the rows of `list` without a limit; see `search.count`."""
        return self._ask(lambda db: search.count(db, text, all_versions=all_versions, cap=cap))

    def _ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._database.use(work)


def _forget(db: sqlite3.Connection) -> None:
    with transaction(db):
        reachability.clear(db)


def _forget_refs(db: sqlite3.Connection, names: frozenset[str], unseen: Mapping[str, str]) -> None:
    with transaction(db):
        sightings.forget(db, names, unseen)
        db.execute(
            "DELETE FROM meta WHERE name = 'refs'"
        )  # the next refresh decides all stages again


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
        # Another process is writing. The next refresh adds the version.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(1000 * BUSY_TIMEOUT_SECONDS)}")
