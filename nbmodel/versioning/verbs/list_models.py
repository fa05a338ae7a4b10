"""List and search: one row for each model, or for each version."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel.display import Table, advice, count, escaped
from nbmodel.errors import InvalidValue
from nbmodel.repo.remotes import commands, remote_lines
from nbmodel.versioning.context import Context
from nbmodel.versioning.rows import Rows, labels
from nbmodel.versioning.sharing.distances import Distance, remote_state

PAGE = 50
MAX_NAMES = 5  # of remote branches or problems that are shown
HEADINGS = ("version", "labels", "metrics", "what", "date", "author", "message")


@dataclass(frozen=True, repr=False)
class ListResult(Rows):
    """The versions that match, and how many versions are `unreadable`.

    `problems` are references that cannot be read, or do not exist any more. `distance` says how far
    the clone is ahead of its remote and behind it, as of the last push or pull.
    """

    unreadable: int = 0
    hint: str = ""
    problems: tuple[str, ...] = ()
    distance: str = ""

    def text(self) -> str:
        """A table."""
        table = self._table().text() if self.versions else "no versions"
        return "\n".join([table, *self._remarks()])

    def html(self) -> str:
        """The same table."""
        table = self._table().html() if self.versions else "no versions"
        return table + "".join(f'<div class="dim">{escaped(r)}</div>' for r in self._remarks())

    def _remarks(self) -> list[str]:
        remarks = ["... more: -n NUMBER"] if self.more else []
        if self.hint:
            remarks.append(self.hint)
        if self.unreadable:
            names = advice("%model_verify names them")
            remarks.append(f"{count(self.unreadable, 'version')} cannot be read: {names}")
        if self.distance:
            remarks.append(self.distance)
        remarks += self.problems[:MAX_NAMES]
        if len(self.problems) > MAX_NAMES:
            remarks.append(
                f"{len(self.problems)} references in all: {advice('%model_verify')} names them"
            )
        return remarks

    def _table(self) -> Table:
        headings = self.with_evaluation(HEADINGS)
        rows = [tuple(self.cells_of(v)[h] for h in headings) for v in self.versions]
        return Table(headings, rows, labels=frozenset({"labels"}))


def list_versions(
    context: Context,
    query: str = "",
    *,
    limit: int = PAGE,
    offset: int = 0,
    sort: str = "",
    all_versions: bool = False,
) -> ListResult:
    """Search the registry.

    Parameters
    ----------
    context : Context
    query : str
        Words, conditions and an order; see `nbmodel.index.expression`. A query searches
        every version. Without a query, the latest of each model is shown.
    limit, offset : int
        A page of the result.
    sort : str, optional
        Field to sort by, before those of the query; ``-`` in front for descending:
        ``-metrics.auc``.
    all_versions : bool
        Every version, not only the latest of each model.

    Raises
    ------
    InvalidQuery
        If the query does not parse.
    """
    if limit < 1 or offset < 0:
        raise InvalidValue("A page of nothing was asked for.", "Use a limit of 1 or more.")
    context.index.refresh()
    versions = context.index.list(
        query, limit=limit + 1, offset=offset, sort=sort, all_versions=all_versions or bool(query)
    )
    page = versions[:limit]
    unreadable = len(context.index.unreadable())
    hint = "" if versions else context.index.unused_names(query) if query else remote_hint(context)
    return ListResult(
        *(page, labels(context, page), len(versions) > limit, unreadable, hint),
        problems=tuple(f"{p.ref}: {p.why}" for p in context.index.problems()),
        distance="" if query or offset else _distance(context),
    )


def _distance(context: Context) -> str:
    """How far the clone is ahead of its remote and behind it; empty if there is nothing to say."""
    state = remote_state(context)
    if state is None or state.total == Distance():
        return ""
    return f"{state.total} ({state.name}, as of the last push or pull)"


def remote_hint(context: Context) -> str:
    """Models that only a remote has, and the command that makes local branches of them."""
    lines = remote_lines(context.git)
    if not lines:
        return ""
    names = ", ".join(line.name for line in lines[:MAX_NAMES]) + (
        ", ..." if lines[MAX_NAMES:] else ""
    )
    return f"There is {names}. {commands(lines)}"
