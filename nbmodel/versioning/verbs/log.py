"""Log: the history of a model, newest first, as pages or as a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbmodel import display, refs
from nbmodel.display import Table
from nbmodel.errors import InvalidValue
from nbmodel.records import Verification, VersionInfo
from nbmodel.versioning import verifications
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.rows import Rows, labels

PAGE = 20
HEADINGS = ("version", "commit", "labels", "metrics", "date", "author", "message")
SIGNATURE = "signature"  # a column only if a version of the page is signed


@dataclass(frozen=True, repr=False)
class LogResult(Rows):
    """Versions, newest first.

    `graph` is a drawn history: drawing and commit id by line. `verifications` has the state of each
    version's signature, by commit.
    """

    graph: Sequence[tuple[str, str]] = ()
    verifications: Mapping[str, Verification] = field(default_factory=dict)

    def text(self) -> str:
        """A table, or the drawn history."""
        rest = "\n... older ones: -n, or --before REF" if self.more else ""
        return self._table().text() + rest

    def html(self) -> str:
        """The same table; a drawing keeps its columns."""
        if self.graph:
            return f"<pre>{display.escaped(self.text())}</pre>"
        rest = '<div class="dim">older ones: -n, or --before REF</div>' if self.more else ""
        return self._table().html() + rest

    def cells_of(self, version: VersionInfo) -> dict[str, str]:
        """The cells of a version in a table, by heading."""
        state = self.verifications.get(version.commit)
        return {**super().cells_of(version), SIGNATURE: state.state if state else ""}

    def _table(self) -> Table:
        any_signed = any(state.is_signed for state in self.verifications.values())
        headings = self.with_evaluation((*HEADINGS, SIGNATURE) if any_signed else HEADINGS)
        rows = {v.commit: tuple(self.cells_of(v)[h] for h in headings) for v in self.versions}
        if not self.graph:
            return Table(headings, list(rows.values()), labels=frozenset({"labels"}))
        empty = ("",) * len(headings)
        drawn = [(drawing, *rows.get(commit, empty)) for drawing, commit in self.graph]
        return Table(("", *headings), drawn)


def log(
    context: Context,
    reference: str,
    *,
    limit: int = PAGE,
    before: str = "",
    graph: bool = False,
) -> LogResult:
    """The history of one branch of a model, or of all branches as a graph.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn``, ``churn:exp``, or a version to begin at.
    limit : int
        Maximum number of versions.
    before : str, optional
        Reference of a version. Only older versions are listed.
    graph : bool
        Draw all branches and merges.

    Raises
    ------
    NotFound
        If there is no such model, branch or version.
    """
    if limit < 1:
        raise InvalidValue(f"A log of {limit} versions was asked for.", "Use 1 or more.")
    ref = refs.parse(reference)
    context.index.refresh()
    context.require_model(ref.model)
    if graph:
        return _graph(context, ref.model, limit)
    start = resolve(context, ref)
    at_a_version = ref.kind != "latest" or ref.back > 0
    branch = ref.branch or (start.branch if at_a_version else refs.DEFAULT_BRANCH)
    first = [start] if at_a_version and not before else []
    older_than = resolve(context, before).commit if before else first[0].commit if first else None
    page = context.index.log(ref.model, branch, limit=limit + 1, before=older_than)
    versions = [*first, *page]
    page = versions[:limit]
    return LogResult(
        page,
        labels(context, versions),
        len(versions) > limit,
        verifications=verifications.of_versions(context, page),
    )


def _graph(context: Context, model: str, limit: int) -> LogResult:
    tips = [refs.branch_ref(model, branch) for branch in context.index.branches(model)]
    # Unlike `git log`, rev-list never runs a program that the repository configures.
    drawn = context.git.run("rev-list", "--graph", f"--max-count={limit}", *tips, "--").decode()
    lines = [_split(line) for line in drawn.splitlines()]
    versions = [v for _, commit in lines if commit for v in context.index.by_commit(commit, model)]
    states = verifications.of_versions(context, versions)
    return LogResult(versions, labels(context, versions), graph=lines, verifications=states)


def _split(line: str) -> tuple[str, str]:
    """Drawing and commit of a line of ``rev-list --graph``, such as ``| * <40 hex>``."""
    drawing, _, commit = line.rstrip().rpartition(" ")
    return (drawing, commit) if len(commit) == 40 else (line.rstrip(), "")
