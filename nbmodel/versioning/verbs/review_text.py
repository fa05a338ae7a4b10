"""The page of a review: Markdown that GitHub and GitLab render.

Texts of people are inline code or fenced, so that no host makes links, mentions, mathematics or
markup of them. References and commit ids have a grammar without such characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel import display
from nbmodel.display import code, number
from nbmodel.index.lineage import Lineage
from nbmodel.records import Verification, VersionInfo
from nbmodel.versioning.approvals import Approval
from nbmodel.versioning.verbs.diff import ChangedValue, DiffResult

HEADING = "# Review of "
MAX_ROWS = 50  # of a table
MAX_LINES = 200  # of a diff; a comment of GitHub has at most 65,536 characters
MAX_LINE = 200  # characters
OWN_SECTIONS = ("metrics", "parameters", "data")  # of a diff: the page has a part for each
BY_PEOPLE = (
    "The message says what was changed and why.",
    "The data may be used for this purpose.",
    "The cells do what the message says.",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions, with the state of its signature and its approvals."""

    version: VersionInfo
    verification: Verification
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """A metric of both versions, and whether it is better, worse, the same or unknown."""

    name: str
    before: float | None
    after: float | None
    verdict: str

    @property
    def delta(self) -> str:
        """The difference; empty if there is none that is a number."""
        if self.before is None or self.after is None:
            return ""
        difference = self.after - self.before
        return f"{difference:+.4g}" if difference == difference else ""


def page(
    sides: Sequence[Side],
    *,
    metrics: Sequence[MetricRow],
    changes: DiffResult,
    drift: Any,
    rows: Sequence[Any],
    lineage: Lineage,
    acceptance: str,
) -> str:
    """The whole page; `drift` is a `ProfileDrift`, or a sentence that says why there is none."""
    before, after = (side.version for side in sides)
    parts = [
        f"{HEADING}{code(after.ref)}",
        f"{code(after.ref)} against {code(before.ref)}. {_verdict(metrics)}",
        _table(("", before.ref, after.ref), _about(sides)),
        "## Metrics",
        _metrics(before.ref, after.ref, metrics),
        "## Parameters",
        _changes(before.ref, after.ref, changes.sections.get("parameters", ())),
        "## Data",
        *_data(drift, rows, changes.sections.get("data", ())),
        "## Code",
        *_code(changes),
        "## Other changes",
        _others(before.ref, after.ref, changes),
        "## Lineage",
        _graph(lineage, before, after),
        "## Checklist",
        "\n".join(_checklist(sides[1], metrics, drift, acceptance)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _verdict(metrics: Sequence[MetricRow]) -> str:
    words = [f"{code(row.name)} is {row.verdict}" for row in metrics if row.verdict]
    return f"{', '.join(words)}." if words else "No metric of both says which one is better."


def _about(sides: Sequence[Side]) -> Iterator[Sequence[str]]:
    versions = [side.version for side in sides]
    yield "commit", *(code(version.commit[:12]) for version in versions)
    yield "author", *(code(version.author.name) for version in versions)
    yield "date", *(code(display.moment(version.time)) for version in versions)
    yield "message", *(code(display.first_line(version.message)) for version in versions)
    yield "model", *(code(version.summary) for version in versions)
    yield "signature", *(code(side.verification.sentence) for side in sides)
    approvals = ([f"{a.note.author.name} ({a.sentence})" for a in s.approvals] for s in sides)
    yield "approvals", *(code(", ".join(each)) for each in approvals)


def _metrics(before: str, after: str, metrics: Sequence[MetricRow]) -> str:
    rows = [
        (
            code(row.name),
            "" if row.before is None else code(number(row.before)),
            "" if row.after is None else code(number(row.after)),
            code(row.delta),
            row.verdict,
        )
        for row in metrics
    ]
    return _table(("metric", before, after, "change", ""), rows) or "Neither version has metrics."


def _changes(before: str, after: str, values: Sequence[ChangedValue]) -> str:
    rows = [(code(c.name), code(c.before), code(c.after), code(c.note)) for c in values]
    return _table(("name", before, after, "change"), rows) or "No differences."


def _data(drift: Any, rows: Sequence[Any], changes: Sequence[ChangedValue]) -> Iterator[str]:
    if isinstance(drift, str):
        yield drift
        return
    if not changes:
        yield "Both versions were trained on the same data."
        return
    amounts = " and ".join(f"{count:,}" for count in rows if isinstance(count, int))
    drifted = drift.drifted
    columns = display.count(drift.compared, "column")
    yield (
        f"The data have {amounts} rows. {len(drifted)} of {columns} drifted. "
        "Values are approximate, because they come from the profiles."
    )
    for words, names in (("gone", drift.only_before), ("new", drift.only_after)):
        if names:
            yield f"Columns that are {words}: {_listed(names)}"
    values = [
        (code(name), code(", ".join(f"{f.measure} {number(f.value)}" for f in findings)))
        for name, findings in drifted.items()
    ]
    yield _table(("column", "measures above their thresholds"), values)


def _code(changes: DiffResult) -> Iterator[str]:
    for title, lines in (("cells", changes.cells), ("modules", changes.modules)):
        if lines:
            yield f"Changed {title}:"
            yield _fenced(lines, "diff")
    if not (changes.cells or changes.modules):
        yield "No differences."


def _others(before: str, after: str, changes: DiffResult) -> str:
    rows = [
        (title, code(c.name), code(c.before), code(c.after))
        for title, values in changes.sections.items()
        if title not in OWN_SECTIONS
        for c in values
    ]
    rows += [
        ("fitted array", code(a.path), code(a.shape), code(a.describe())) for a in changes.arrays
    ]
    table = _table(("section", "name", before, after), rows)
    if not table:
        return "No differences."
    count = display.count(len(rows), "change")
    return f"<details><summary>{count}</summary>\n\n{table}\n\n</details>"


def _graph(lineage: Lineage, before: VersionInfo, after: VersionInfo) -> str:
    """The versions as a drawing of Mermaid; labels hold references and commit ids only."""
    present = {version.commit for version in lineage.versions}
    lines = ["flowchart LR"]
    lines += [f'  c{v.commit[:12]}["{v.ref}"]' for v in reversed(lineage.versions)]
    lines += [
        f"  c{parent[:12]} --> c{version.commit[:12]}"
        for version in reversed(lineage.versions)
        for parent in version.parents
        if parent in present
    ]
    lines += [
        f"  c{old.commit[:12]} -. used by .-> c{new.commit[:12]}" for old, new in lineage.uses
    ]
    lines += [f"  style c{v.commit[:12]} stroke-width:3px" for v in (before, after)]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _checklist(
    side: Side, metrics: Sequence[MetricRow], drift: Any, acceptance: str
) -> Iterator[str]:
    yield _metrics_item(metrics)
    if not isinstance(drift, str):
        yield _drift_item(drift)
    yield _item(side.verification.is_verified, "An allowed key signed it", "")
    yield _item(bool(acceptance), "It has acceptance rows", "")
    approved = any(approval.verification.is_verified for approval in side.approvals)
    yield _item(approved, "An allowed key approved it", "")
    yield from (f"- [ ] {text}" for text in BY_PEOPLE)


def _metrics_item(metrics: Sequence[MetricRow]) -> str:
    """Done if every metric of the older version has a number now, and none is worse."""
    before = [row for row in metrics if row.before is not None]
    worse = [row.name for row in before if row.verdict == "worse"]
    without = [row.name for row in before if row.after is None or row.after != row.after]
    remarks = [
        f"{words}: {_listed(names)}"
        for words, names in (("worse", worse), ("gone", without))
        if names
    ]
    return _item(bool(before) and not remarks, "No metric is worse", "; ".join(remarks))


def _drift_item(drift: Any) -> str:
    """Done if every column of the older data was measured, and none drifted."""
    groups = (
        ("drifted", drift.drifted), ("gone", drift.only_before), ("not measured", drift.unmeasured),
    )  # fmt: skip
    remarks = [f"{words}: {_listed(names)}" for words, names in groups if names]
    is_done = drift.compared > 0 and not remarks
    return _item(is_done, "No column of the data drifted", "; ".join(remarks))


def _item(is_done: bool, text: str, remark: str) -> str:
    return f"- [{'x' if is_done else ' '}] {text}{f' ({remark})' if remark else ''}."


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - MAX_ROWS} more" if len(every) > MAX_ROWS else ""
    return ", ".join(code(name) for name in every[:MAX_ROWS]) + more


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; empty without rows."""
    every = list(rows)
    if not every:
        return ""
    heads = [code(text) if "@" in text else text for text in headings]
    lines = [heads, ["---"] * len(heads), *every[:MAX_ROWS]]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    more = len(every) - MAX_ROWS
    return f"{text}\n\n{display.count(more, 'more row')} in `nbmodel diff`." if more > 0 else text


def _fenced(lines: Sequence[str], language: str) -> str:
    """Lines in a fence that is longer than every run of backticks in them."""
    visible_lines = [display.cut(display.visible(line), MAX_LINE) for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        visible_lines.append(f"... {len(lines) - MAX_LINES} more lines in nbmodel diff")
    body = "\n".join(visible_lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    return f"{fence}{language}\n{body}\n{fence}"
