"""What is recorded about a version, as a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbmodel import display
from nbmodel.display import Result, Table, escaped
from nbmodel.evaluation.record import Evaluation
from nbmodel.figures.charted import Charted, Charts
from nbmodel.figures.lineage import lineage_graph
from nbmodel.figures.versions import history_charts, missing_profile_charts, profile_charts
from nbmodel.manifest import Manifest, default_params
from nbmodel.records import Note, Verification, VersionInfo
from nbmodel.versioning.approvals import Approval
from nbmodel.versioning.attached_files import VersionFile
from nbmodel.versioning.evaluations import StoredEvaluation
from nbmodel.versioning.purges import Purge

_UNSIGNED = Verification("unsigned")


@dataclass(frozen=True, repr=False, kw_only=True)
class ShowResult(Charted, Result):
    """What is recorded about one version, and the sections to display."""

    version: VersionInfo
    manifest: Manifest
    labels: Sequence[str]
    notes: Sequence[Note]
    approvals: Sequence[Approval] = ()
    evaluations: Sequence[StoredEvaluation] = ()
    purges: Sequence[tuple[Purge, Verification]] = ()
    cells: str
    profile: Mapping[str, Any]
    files: Mapping[str, int]
    attached: Sequence[VersionFile] = ()
    sections: Sequence[str] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    acceptance: str = ""
    parents: Sequence[str] = ()  # references of the versions that a merge combined
    verification: Verification = _UNSIGNED
    # The same for the tags of its releases and of the stages that it holds.
    tag_verifications: Mapping[str, Verification] = field(default_factory=dict)
    left_out: str = ""  # what could not be read, and the reason
    # Versions of the model, newest first; read for a figure only.
    history: Callable[[], Sequence[VersionInfo]] = field(default=tuple, compare=False)
    # Versions around this one, of any model, oldest first; likewise.
    relatives: Callable[[], Sequence[VersionInfo]] = field(default=tuple, compare=False)

    def text(self) -> str:
        """Tables with titles, and the source of cells."""
        parts = [
            f"{title}\n{body.text() if isinstance(body, Table) else display.visible(body)}"
            for title, body in self._parts()
        ]
        return "\n\n".join(parts)

    def html(self) -> str:
        """The same with headings."""
        return "".join(
            f"<h4>{escaped(title)}</h4>"
            + (body.html() if isinstance(body, Table) else f"<pre>{escaped(body)}</pre>")
            for title, body in self._parts()
        )

    def charts(self) -> Charts:
        """Return the metrics over all versions of the model, and each column of the data."""
        own = {self.version.commit: self.labels}
        lineage = {"lineage": lambda: lineage_graph(self.relatives())}
        return {**history_charts(self.history(), own), **lineage, **profile_charts(self.profile)}

    def missing_charts(self) -> Mapping[str, str]:
        """Return the columns of the data that cannot be drawn, and why."""
        return missing_profile_charts(self.profile)

    def _parts(self) -> list[tuple[str, Table | str]]:
        sections = self.sections or ("about",)
        return [part for section in sections for part in _SECTIONS[section](self)]


# -- sections ----------------------------------------------------------------

Part = tuple[str, Table | str]
MAX_ROWS = 1_000  # of a table; a version of another person may have any number


def _about(result: ShowResult) -> list[Part]:
    version, manifest = result.version, result.manifest
    code = manifest.code
    rows = {
        "version": f"{version.ref}  {' '.join(result.labels)}".strip(),
        "commit": version.commit,
        "author": f"{version.author.name} <{version.author.email}>",
        "signature": result.verification.sentence,
        "date": display.moment(version.time),
        "message": version.message.strip(),
        "purged": _purged(result),
        "object": f"{manifest.type}: {manifest.summary}",
        "variable": manifest.variable,
        "size": display.size(version.size),
        "tags": "  ".join(f"{k}={v}" if v else k for k, v in manifest.tags.items()),
        "parents": "  ".join(result.parents),
        "merge": _merge(result),
        "uses": "  ".join(f"{use.model}@{use.commit[:7]}" for use in manifest.uses),
        "code": f"{code.commit[:10]}{' (changed)' if code.dirty else ''}" if code.commit else "",
        "notebook": code.notebook,
        "acceptance": result.acceptance,
        "left out": result.left_out,
        "modules": "  ".join(module.name for module in manifest.modules),
    }
    parts: list[Part] = [(version.ref, Table(("", ""), [(k, v) for k, v in rows.items() if v]))]
    parts += _labels(result)
    scores = [(k, display.number(v)) for k, v in manifest.metrics.items()]
    parts += _section("metrics", ("metric", "value"), scores, numeric="value")
    parts += _parameters(manifest)
    parts += _section("counts", ("what", "count"), _pairs(manifest.counts), numeric="count")
    columns = [("input", c) for c in manifest.signature.inputs]
    columns += [("output", c) for c in manifest.signature.outputs]
    rows_ = [(kind, c.name, c.dtype, str(list(c.shape))) for kind, c in columns]
    parts += _section("signature", ("", "name", "dtype", "shape"), rows_)
    noted = [
        (
            display.moment(n.time),
            n.author.name,
            display.metrics(n.metrics.items()),
            n.text,
        )
        for n in result.notes
    ]
    parts += _evaluations(result)
    parts += _approvals(result)
    parts += _attached(result)
    return parts + _section("notes", ("date", "author", "metrics", "text"), noted)


def _purged(result: ShowResult) -> str:
    """Who purged it, when and why; the first record counts."""
    for record, state in result.purges:
        return f"{record.sentence} ({state.sentence})"
    return ""


def _merge(result: ShowResult) -> str:
    """The method of a merge and its members, with the share of each."""
    merge = result.manifest.merge
    if merge is None:
        return ""
    names = dict(zip(result.version.parents, result.parents, strict=False))
    members = [
        names.get(member.commit, member.commit[:7])
        + ("" if member.weight is None else f" ({member.weight:.4g})")
        for member in merge.members[:MAX_ROWS]
    ]
    return f"{merge.method} of {', '.join(members)}"


def _labels(result: ShowResult) -> list[Part]:
    """The signatures of releases and stages, if anything of the version is signed."""
    states = result.tag_verifications
    if not any(state.is_signed for state in (result.verification, *states.values())):
        return []
    rows = [(tag, state.sentence) for tag, state in states.items()]
    return _section("labels", ("tag", "signature"), rows)


def _evaluations(result: ShowResult) -> list[Part]:
    """The evaluations, the newest first, each with its metrics."""
    rows = [
        (
            display.moment(stored.note.time),
            stored.note.author.name,
            _data_of(stored.evaluation),
            f"{stored.evaluation.rows:,}",
            display.metrics((n, e.value) for n, e in stored.evaluation.metrics.items()),
        )
        for stored in reversed(result.evaluations)
    ]
    return _section("evaluations", ("date", "author", "data", "rows", "metrics"), rows)


def _data_of(evaluation: Evaluation) -> str:
    """What the user calls the rows, and the number of folds."""
    folds = f"{len(evaluation.folds)} folds" if evaluation.folds else ""
    return ", ".join(filter(None, [evaluation.data, folds]))


def _approvals(result: ShowResult) -> list[Part]:
    rows = [
        (display.moment(a.note.time), a.note.author.name, a.note.text, a.sentence)
        for a in result.approvals
    ]
    return _section("approvals", ("date", "author", "text", "signature"), rows)


def _parameters(manifest: Manifest) -> list[Part]:
    """The parameters that were set; the defaults follow as one row."""
    defaults = set(default_params(manifest))
    pairs = _pairs(manifest.params)
    rows = [pair for pair in pairs if pair[0] not in defaults]
    if defaults:
        default_values = [f"{name}={value}" for name, value in pairs if name in defaults]
        rows.append((f"{len(default_values)} with default values", ", ".join(default_values)))
    return _section("parameters", ("parameter", "value"), rows)


def _cells(result: ShowResult) -> list[Part]:
    return [("cells", result.cells or "no cells were recorded: %load_ext nbmodel records them")]


def _modules(result: ShowResult) -> list[Part]:
    if not result.modules:
        return [("modules", "it uses no module of yours")]
    return [(f"module {name}", text or "(empty)") for name, text in result.modules.items()]


def _environment(result: ShowResult) -> list[Part]:
    rows = [("python", result.manifest.python), *_pairs(result.manifest.environment)]
    return [("environment", Table(("distribution", "version"), rows))]


def _data(result: ShowResult) -> list[Part]:
    if not result.profile:
        return [("data", "no data profile: commit with --data VARIABLE")]
    described = result.profile.get("columns", [])
    columns = described[:MAX_ROWS] if isinstance(described, list) else []
    rows = [
        [_cell(column.get(key)) for key in _DATA_KEYS]
        for column in columns
        if isinstance(column, dict)
    ]
    title = f"data: {result.profile.get('rows')} rows, {result.profile.get('fingerprint')}"
    return [(title, Table(_DATA_KEYS, rows, frozenset(_DATA_KEYS[3:])))]


def _files(result: ShowResult) -> list[Part]:
    rows = [(path, display.size(size)) for path, size in sorted(result.files.items())]
    return [("files", Table(("path", "size"), rows, frozenset({"size"}))), *_attached(result)]


def _attached(result: ShowResult) -> list[Part]:
    rows = [
        (
            file.name,
            display.size(file.content.size),
            f"{file.note.author.name}, {display.moment(file.note.time)}" if file.note else "commit",
        )
        for file in result.attached
    ]
    return _section("figures and files", ("name", "size", "attached by"), rows, numeric="size")


_DATA_KEYS = ("name", "dtype", "kind", "missing", "unique", "min", "mean", "max", "std")
_SECTIONS = {
    "about": _about,
    "cells": _cells,
    "modules": _modules,
    "env": _environment,
    "data": _data,
    "files": _files,
}


def _section(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: str = ""
) -> list[Part]:
    if not rows:
        return []
    if len(rows) > MAX_ROWS:
        title = f"{title}: the first {MAX_ROWS:,} of {len(rows):,}"
    return [(title, Table(headings, rows[:MAX_ROWS], frozenset({numeric})))]


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in values.items()]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return display.number(value) if isinstance(value, float) else str(value)
