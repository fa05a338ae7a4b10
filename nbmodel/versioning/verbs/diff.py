"""Diff: what changed between two versions. Neither is loaded."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nbmodel import display
from nbmodel.display import Result, Table, escaped
from nbmodel.errors import GitFailed
from nbmodel.figures.charted import Charted, Charts
from nbmodel.figures.comparison import comparison_charts
from nbmodel.metric_directions import LOWER_TAG
from nbmodel.records import Attachment, VersionInfo
from nbmodel.versioning import evaluations
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.snapshot import Snapshot
from nbmodel.versioning.verbs.array_changes import ArrayChange, array_changes

ABSENT = "-"


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A value of both versions, as text; `ABSENT` if a version does not have it."""

    name: str
    before: str
    after: str
    note: str = ""


@dataclass(frozen=True, repr=False, kw_only=True)
class DiffResult(Charted, Result):
    """The changes from `before` to `after`, by section, and of fitted arrays, cells and modules."""

    before: VersionInfo
    after: VersionInfo
    sections: Mapping[str, Sequence[ChangedValue]]
    arrays: Sequence[ArrayChange]
    cells: Sequence[str]
    shared: int
    stored: int
    modules: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.sections or self.arrays or self.cells or self.modules)

    def charts(self) -> Charts:
        """Return the charts of both versions side by side."""
        return comparison_charts((self.before, self.after))

    def text(self) -> str:
        """Tables of what changed, then cells and modules as unified diffs."""
        parts = [self._headline()]
        parts += [table.text() for table in self._tables()]
        for title, lines in self._texts():
            parts.append(f"{title}\n" + "\n".join(map(display.visible, lines)))
        return "\n\n".join(parts)

    def html(self) -> str:
        """The same, with added and removed lines in color."""
        parts = [f"<div>{escaped(self._headline())}</div>"]
        parts += [table.html() for table in self._tables()]
        for title, lines in self._texts():
            colored = "\n".join(map(_colored, lines))
            parts.append(f"<h4>{title}</h4><pre>{colored}</pre>")
        return "".join(parts)

    def _texts(self) -> Iterable[tuple[str, Sequence[str]]]:
        texts = {"cells": self.cells, "modules": self.modules}
        return ((title, lines) for title, lines in texts.items() if lines)

    def _headline(self) -> str:
        same = "" if self else ": no differences"
        share = f"{display.size(self.shared)} of {display.size(self.stored)} shared"
        return f"{self.before.ref} .. {self.after.ref}{same}  ({share})"

    def _tables(self) -> list[Table]:
        return change_tables((self.before.ref, self.after.ref), self.sections, self.arrays)


def change_tables(
    sides: tuple[str, str],
    sections: Mapping[str, Sequence[ChangedValue]],
    arrays: Sequence[ArrayChange],
) -> list[Table]:
    """A table for each section, and one for the arrays; `sides` are what is compared."""
    tables = [
        Table(
            (title, *sides, "change"),
            [(c.name, c.before, c.after, c.note) for c in changes],
            frozenset({*sides, "change"}),
        )
        for title, changes in sections.items()
    ]
    if arrays:
        rows = [(a.path, a.shape, a.describe()) for a in arrays]
        tables.append(Table(("inside", "shape", "change"), rows))
    return tables


def diff(context: Context, before: str, after: str) -> DiffResult:
    """Compare two versions, of one model or of two.

    Raises
    ------
    NotFound, ManifestInvalid, ManifestTooNew
    SegmentDamaged
        If an array that both sides name cannot be compared because its bytes are damaged.
    """
    one, two = (snapshots.read(context, resolve(context, ref)) for ref in (before, after))
    sections = {title: changes for title, changes in _sections(context, one, two) if changes}
    cells = _unified(*((s.info.ref, s.text(context, "cells.py")) for s in (one, two)))
    modules = _module_changes(context, one, two)
    mine = {s.sha256: s.size for s in one.manifest.payload.segments}
    shared = sum(s.size for s in two.manifest.payload.segments if s.sha256 in mine)
    arrays = array_changes(context, one, two)
    return DiffResult(
        before=one.info,
        after=two.info,
        sections=sections,
        arrays=arrays,
        cells=cells,
        shared=shared,
        stored=two.manifest.payload.size,
        modules=modules,
    )


def _module_changes(context: Context, one: Snapshot, two: Snapshot) -> list[str]:
    """Changes of the user's modules, line by line; a missing module counts as empty."""
    a, b = (snapshots.module_texts(context, side) for side in (one, two))
    lines: list[str] = []
    for name in sorted({*a, *b}):
        sides = [(f"{s.info.ref} {name}", texts.get(name, "")) for s, texts in ((one, a), (two, b))]
        lines += _unified(*sides)
    return lines


def _unified(before: tuple[str, str], after: tuple[str, str]) -> list[str]:
    names, texts = zip(before, after, strict=True)
    old, new = (text.splitlines() for text in texts)
    return list(difflib.unified_diff(old, new, *names, lineterm="", n=2))


def _sections(
    context: Context, one: Snapshot, two: Snapshot
) -> Iterable[tuple[str, list[ChangedValue]]]:
    a, b = one.manifest, two.manifest
    about = ({"type": a.type, "summary": a.summary}, {"type": b.type, "summary": b.summary})
    yield "object", changed_values(*about)
    yield "merge", changed_values(*(_merge(context, side) for side in (one, two)))
    yield "metrics", changed_values(a.metrics, b.metrics)
    yield "evaluation", changed_values(*(_evaluation(context, side) for side in (one, two)))
    yield "parameters", changed_values(a.params, b.params)
    # A version without the direction of a metric does not drop it: it holds in the registry.
    yield (
        "tags",
        changed_values(*({k: m.tags[k] for k in m.tags if k != LOWER_TAG} for m in (a, b))),
    )
    yield "counts", changed_values(a.counts, b.counts)
    columns = [
        {f"{kind} {c.name}": f"{c.dtype}{list(c.shape)}" for kind, c in _columns(s)}
        for s in (one, two)
    ]
    yield "signature", changed_values(*columns)
    yield "data", changed_values(_data(one.profile(context)), _data(two.profile(context)))
    yield "figures and files", changed_values(*(_attached(m.files) for m in (a, b)))
    installed = [{"python": m.python, **m.environment} for m in (a, b)]
    yield "environment", changed_values(*installed)


def _merge(context: Context, snapshot: Snapshot) -> dict[str, str]:
    """The method, the parents and the shares of the members of a merge; empty for others."""
    merge, parents = snapshot.manifest.merge, snapshot.info.parents
    if merge is None:
        return {}
    names = {commit: context.name_of(commit) for commit in parents}
    shares = {names.get(m.commit, m.commit[:7]): m.weight for m in merge.members}
    return {
        "method": merge.method,
        "parents": ", ".join(names.values()),
        **{f"share of {n}": display.number(w) for n, w in shares.items() if w is not None},
    }


def _evaluation(context: Context, snapshot: Snapshot) -> dict[str, Any]:
    """The newest evaluation: its data, so that other rows are seen, and its metrics."""
    try:
        stored = evaluations.of_commit(context, snapshot.info.commit)
    except GitFailed:  # `show` and `verify` name damaged notes
        return {}
    if not stored:
        return {}
    newest = stored[-1].evaluation
    values = {name: estimate.value for name, estimate in newest.metrics.items()}
    return {"data": newest.data, "rows": newest.rows, "fingerprint": newest.fingerprint, **values}


def _attached(files: Iterable[Attachment]) -> dict[str, str]:
    """Size and the beginning of the digest of each attached file, by name."""
    return {f.name: f"{display.size(f.content.size)} {f.content.sha256[:8]}" for f in files}


def _columns(snapshot: Snapshot) -> Iterable[tuple[str, Any]]:
    signature = snapshot.manifest.signature
    yield from (("input", c) for c in signature.inputs)
    yield from (("output", c) for c in signature.outputs)


def _data(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The number of rows, the fingerprint and the aggregates of each column, by name."""
    facts = {key: profile[key] for key in ("rows", "fingerprint") if key in profile}
    columns = profile.get("columns")  # the file may come from another person
    for column in columns if isinstance(columns, list) else []:
        if isinstance(column, dict):
            for key in ("dtype", "missing", "unique", "min", "mean", "max", "std"):
                if key in column:
                    facts[f"{column.get('name')} {key}"] = column[key]
    return facts


def changed_values(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangedValue]:
    """The values that differ, by name; NaN equals NaN."""
    changes = []
    for name in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(name), after.get(name)
        if (name in before) != (name in after) or _differ(old, new):
            sides = (_cell_text(old, name in before), _cell_text(new, name in after))
            changes.append(ChangedValue(name, *sides, _delta(old, new)))
    return changes


def _differ(old: object, new: object) -> bool:
    """Whether two values differ; NaN equals NaN here, and True is not 1."""
    if isinstance(old, bool) != isinstance(new, bool):
        return True
    return old != new and not (old != old and new != new)


def _cell_text(value: object, present: bool) -> str:
    if not present:
        return ABSENT
    return display.number(value) if isinstance(value, float) else str(value)


def _delta(old: object, new: object) -> str:
    both = (old, new)
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in both):
        with suppress(OverflowError):  # an integer that no float can hold
            return f"{new - old:+.4g}"  # type: ignore[operator]
    return ""


def _colored(line: str) -> str:
    kind = {"+": "add", "-": "del"}.get(line[:1])
    return f'<span class="{kind}">{escaped(line)}</span>' if kind else escaped(line)
