"""A manifest to canonical JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbmodel.errors import InvalidValue
from nbmodel.layout import FORMAT
from nbmodel.manifest.limits import MAX_BUFFERS, check_manifest, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmodel.manifest.record import Manifest
    from nbmodel.records import ArrayNote, Column, Merge, Segment


def dumps(manifest: Manifest) -> bytes:
    """Canonical JSON: sorted keys, two-space indent, lists of scalars on one line.

    Raises
    ------
    InvalidValue
        If a whole number has more digits than Python writes or reads (4,300), or if there
        are more, or longer, facts than `loads` reads.
    """
    _require_readable(manifest)
    payload = manifest.payload
    document = {
        "format": FORMAT,
        "model": manifest.model,
        "branch": manifest.branch,
        "number": manifest.number,
        "nonce": manifest.nonce,
        "object": {
            "type": manifest.type,
            "flavor": manifest.flavor,
            "summary": manifest.summary,
            "variable": manifest.variable,
            "counts": dict(manifest.counts),
            "arrays": {path: _array_json(note) for path, note in manifest.arrays.items()},
            **({} if manifest.defaults is None else {"defaults": list(manifest.defaults)}),
        },
        "params": dict(manifest.params),
        "metrics": dict(manifest.metrics),
        **_first_metric(manifest.metrics),
        "tags": dict(manifest.tags),
        "signature": {
            "inputs": [_column_json(column) for column in manifest.signature.inputs],
            "outputs": [_column_json(column) for column in manifest.signature.outputs],
        },
        "code": {
            "commit": manifest.code.commit,
            "dirty": manifest.code.dirty,
            "notebook": manifest.code.notebook,
        },
        "environment": {
            "python": manifest.python,
            "nbmodel": manifest.nbmodel,
            "distributions": dict(manifest.environment),
        },
        "uses": [{"model": use.model, "commit": use.commit} for use in manifest.uses],
        **({} if manifest.merge is None else {"merge": _merge_json(manifest.merge)}),
        "files": [
            {"path": file.path, "name": file.name, **_segment_json(file.content)}
            for file in manifest.files
        ],
        "modules": [
            {"path": module.path, "name": module.name, "sha256": module.sha256}
            for module in manifest.modules
        ],
        "payload": {
            "skeleton": _segment_json(payload.skeleton),
            "segments": [_segment_json(segment) for segment in payload.segments],
            "buffers": [[b.segment, b.offset, b.size] for b in payload.buffers],
        },
    }
    try:
        text = _canonical(document)
    except ValueError as error:
        raise InvalidValue(
            f"{manifest.model} has a number that cannot be written: {error}.",
            "Pass that parameter or metric as text.",
        ) from None
    # A lone surrogate becomes its JSON escape, so that any Python text survives.
    return f"{text}\n".encode(errors="backslashreplace")


def _require_readable(manifest: Manifest) -> None:
    try:
        check_manifest(manifest)
        if len(manifest.payload.buffers) > MAX_BUFFERS:
            count = len(manifest.payload.buffers)
            raise ValueError(
                f"{count:,} arrays of 4 KiB and more; at most {MAX_BUFFERS:,} are read"
            )
        for text in (manifest.type, manifest.summary, manifest.variable, manifest.code.notebook):
            check_text(text)
    except ValueError as error:
        raise InvalidValue(
            f"{manifest.model} cannot be recorded: {error}. Nothing was committed.",
            "Use fewer or shorter parameters, metrics, tags and columns. Put long values into "
            "a file.",
        ) from None


def _first_metric(metrics: Mapping[str, float]) -> dict[str, str]:
    """The metric that was stated first, unless it also is the first by name."""
    first = next(iter(metrics), "")
    return {"first_metric": first} if metrics and first != min(metrics) else {}


def _segment_json(segment: Segment) -> dict[str, Any]:
    return {"sha256": segment.sha256, "blake3": segment.blake3, "size": segment.size}


def _merge_json(merge: Merge) -> dict[str, Any]:
    members = [
        {"commit": m.commit, **({} if m.weight is None else {"weight": m.weight})}
        for m in merge.members
    ]
    return {"method": merge.method, "members": members}


def _column_json(column: Column) -> dict[str, Any]:
    return {"name": column.name, "dtype": column.dtype, "shape": list(column.shape)}


def _array_json(note: ArrayNote) -> dict[str, Any]:
    document: dict[str, Any] = {"dtype": note.dtype, "shape": list(note.shape)}
    if note.buffer is not None:
        document["buffer"] = note.buffer
    if note.values is not None:
        document["values"] = list(note.values)
    if note.norm is not None:
        document["norm"] = note.norm
    if note.digest:
        document["digest"] = note.digest
    return document


# -- canonical text ----------------------------------------------------------

_json = json.JSONEncoder(ensure_ascii=False).encode


def _canonical(value: object, indent: str = "") -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        rows = (f"{deeper}{_json(key)}: {_canonical(value[key], deeper)}" for key in sorted(value))
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        rows = (f"{deeper}{_canonical(item, deeper)}" for item in value)
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    return _json(value)
