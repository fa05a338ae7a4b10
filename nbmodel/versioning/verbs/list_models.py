"""List and search: one row a model, or one row a version."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel.display import Table, advice, count, escaped
from nbmodel.errors import InvalidValue
from nbmodel.repo.remotes import commands, remote_lines
from nbmodel.versioning.context import Context
from nbmodel.versioning.rows import Rows, labels

PAGE = 50
SHOWN = 5  # lines of a remote, or problems, that are named
HEADINGS = ("version", "labels", "metrics", "what", "date", "author", "message")


@dataclass(frozen=True, repr=False)
class ListResult(Rows):
    """Versions that were found; `unreadable` ones could not be looked at.

    `problems` tells of references that cannot be read, or are gone.
    """

    unreadable: int = 0
    hint: str = ""
    problems: tuple[str, ...] = ()

    def text(self) -> str:
        """A table."""
        found = self._table().text() if self.versions else "no versions"
        return "\n".join([found, *self._remarks()])

    def html(self) -> str:
        """The same table."""
        found = self._table().html() if self.versions else "no versions"
        return found + "".join(f'<div class="dim">{escaped(r)}</div>' for r in self._remarks())

    def _remarks(self) -> list[str]:
        remarks = ["... more: -n NUMBER"] if self.more else []
        if self.hint:
            remarks.append(self.hint)
        if self.unreadable:
            names = advice("%model_verify names them")
            remarks.append(f"{count(self.unreadable, 'version')} cannot be read: {names}")
        remarks += self.problems[:SHOWN]
        if len(self.problems) > SHOWN:
            remarks.append(
                f"{len(self.problems)} references in all: {advice('%model_verify')} names them"
            )
        return remarks

    def _table(self) -> Table:
        rows = [tuple(self.cells_of(v)[h] for h in HEADINGS) for v in self.versions]
        return Table(HEADINGS, rows, labels=frozenset({"labels"}))


def list_versions(
    context: Context,
    query: str = "",
    *,
    limit: int = PAGE,
    offset: int = 0,
    sort: str = "-time",
    all_versions: bool = False,
) -> ListResult:
    """Search the registry.

    Parameters
    ----------
    context : Context
    query : str
        Words and conditions; see `nbmodel.index.search`. A query looks at every
        version; without one each model shows its latest.
    limit, offset : int
        A page of the result.
    sort : str, optional
        Field to sort by, ``-`` in front for descending: ``-metrics.auc``.
    all_versions : bool
        Every version rather than each model's latest.

    Raises
    ------
    InvalidQuery
        If the query does not parse.
    """
    if limit < 1 or offset < 0:
        raise InvalidValue("A page of nothing was asked for.", "Use a limit of 1 or more.")
    context.index.refresh()
    found = context.index.list(
        query, limit=limit + 1, offset=offset, sort=sort, all_versions=all_versions or bool(query)
    )
    shown = found[:limit]
    unreadable = len(context.index.unreadable())
    hint = remote_hint(context) if not found and not query else ""
    return ListResult(
        *(shown, labels(context, shown), len(found) > limit, unreadable, hint),
        problems=tuple(f"{p.ref}: {p.why}" for p in context.index.problems()),
    )


def remote_hint(context: Context) -> str:
    """Which models remotes have where this clone has none, and the line that makes them its own."""
    lines = remote_lines(context.git)
    if not lines:
        return ""
    names = ", ".join(line.name for line in lines[:SHOWN]) + (", ..." if lines[SHOWN:] else "")
    return f"There is {names}. {commands(lines)}"
