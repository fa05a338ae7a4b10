"""Retain: purge the versions that no rule keeps. Without force it only says which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbmodel import display
from nbmodel.display import Result, Table, escaped
from nbmodel.errors import InvalidValue
from nbmodel.records import VersionInfo
from nbmodel.repo import history
from nbmodel.store import removal
from nbmodel.store.remote import Item
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context
from nbmodel.versioning.retention import EVERYTHING, KeepRules, reasons_of
from nbmodel.versioning.verbs.purge import purge_all, unused_segments

_COLUMNS = ("version", "date", "decision")


@dataclass(frozen=True, kw_only=True, repr=False)
class RetainResult(Result):
    """Which versions were purged, or would be, and why the others stay.

    Attributes
    ----------
    versions : tuple of VersionInfo
        Those that go, newest first.
    reasons : mapping of str to sequence of str
        Why each other version stays, by its reference.
    segments : tuple of Item
        What they take along.
    done : bool
        False for a look ahead.
    warnings : tuple of str
    """

    versions: tuple[VersionInfo, ...] = ()
    reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    segments: tuple[Item, ...] = ()
    done: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the segments."""
        return sum(item.size for item in self.segments)

    def text(self) -> str:
        """A line, then the versions that go, those that stay, and warnings."""
        table = self._table()
        return "\n".join(
            [self._headline(), *([table.text()] if table.rows else []), *self.warnings]
        )

    def html(self) -> str:
        """The same."""
        table = self._table().html() if self.versions or self.reasons else ""
        return f"<div>{escaped(self._headline())}</div>{table}{display.warned(self.warnings)}"

    def _headline(self) -> str:
        stay = f"With their arrays stay: {display.count(len(self.reasons), 'version')}."
        if not self.versions:
            return f"No version goes. {stay}"
        what = f"{display.count(len(self.versions), 'version')}, {display.size(self.size)}"
        if self.done:
            return f"Purged {what}. {stay}"
        return f"{what} would be purged. {stay} It cannot be undone: repeat with --force."

    def _table(self) -> Table:
        verb = "purged" if self.done else "goes"
        rows = [(v.ref, display.moment(v.time), verb) for v in self.versions]
        rows += [(ref, "", f"stays: {', '.join(why)}") for ref, why in self.reasons.items()]
        return Table(_COLUMNS, rows)


def retain(
    context: Context, rules: KeepRules, model: str = "", *, force: bool = False
) -> RetainResult:
    """Purge the versions that no rule keeps.

    Only versions count that have segments here. The last version of each branch, and what a purge
    refuses without force, always stays.

    Parameters
    ----------
    context : Context
    rules : KeepRules
    model : str
        A model; empty for all.
    force : bool
        Purge them. Otherwise they are only listed.

    Raises
    ------
    InvalidValue
        If there is no rule, or a number is not possible.
    NotFound
        If there is no such model.
    ReferencesInDoubt
        If a reference cannot be read, or was lost. Nothing was removed.
    """
    rules.check()
    if not rules:
        raise InvalidValue("No rule says what stays.", "Give one: --keep-last 20 or --keep 90d.")
    if force:
        context.require_writable("purge")
    context.index.refresh()
    names = [context.require_model(model)] if model else context.index.names()
    versions: list[VersionInfo] = []
    reasons: dict[str, Sequence[str]] = {}
    for name in names:
        why = reasons_of(context, name, rules)
        for version in _with_segments(context, context.index.log(name, limit=EVERYTHING)):
            if why[version.commit]:
                reasons[version.ref] = why[version.commit]
            else:
                versions.append(version)
    if force and versions:
        segments, warnings = purge_all(context, versions, f"gc {rules.text}")
    else:
        segments, warnings = unused_segments(context, versions), ()
    return RetainResult(
        versions=tuple(versions),
        reasons=reasons,
        segments=segments,
        done=force,
        warnings=(*context.news(), *warnings),
    )


def _with_segments(context: Context, versions: Sequence[VersionInfo]) -> list[VersionInfo]:
    """The versions with segments of their object here that were not purged yet."""
    stored = {digest for digest, _, _ in removal.contents(context.store.root).objects}
    purged = purges.purged_here(context)
    with history.reader(context.git) as bulk:
        commits = history.read_commits(bulk, [version.commit for version in versions])
        summaries = list(history.read_summaries(bulk, commits))
    return [
        version
        for version, summary in zip(versions, summaries, strict=True)
        if version.commit not in purged and not stored.isdisjoint(summary.segments)
    ]
