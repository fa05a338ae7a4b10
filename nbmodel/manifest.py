"""``model.json``: what a version says of itself, as canonical JSON.

FORMAT (`nbmodel.layout`) is the version of that file, of the tree around it and
of the payload it binds. Whoever changes one of them so that an older nbmodel
would misread it adds one to FORMAT and keeps a reader of the older form in this
file with a test over a stored sample.

1. The first.
2. The tree may hold `files/`, `modules/`, `run/`; the manifest lists `files` and `modules`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbmodel import documents, layout, refs
from nbmodel.errors import InvalidValue, ManifestInvalid, ManifestTooNew, NbModelError
from nbmodel.layout import FORMAT
from nbmodel.records import (
    ArrayNote,
    Attachment,
    Code,
    Column,
    Module,
    Payload,
    Placement,
    Scalar,
    Segment,
    Signature,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["FORMAT", "Manifest", "dumps", "loads"]

MAX_BUFFERS = 300_000
MAX_SEGMENT_BYTES = 1 << 48
MAX_MODULE_NAME = 1024  # characters of a module's whole name
MAX_FACTS = 10_000  # parameters, metrics, tags, counts, arrays, distributions: of each
MAX_COLUMNS = 100_000  # of the signature, inputs and outputs each
MAX_DIMS = 64  # numpy's own bounds of a shape:
MAX_VALUES = 1 << 63
MAX_NAME = 1 << 14  # characters of a name
MAX_TEXT = 1 << 16  # characters of any other text
MAX_REASON_LENGTH = 300  # characters: a reason may quote a stranger's text


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version's own words.

    `environment` maps distributions to exact versions. `files` and `modules` bind what else of
    the tree the object or its reader relies on. `format` is what it was read as: it is written
    as `FORMAT`. `nonce` makes two equal
    commits of one second two versions: git would give them one id.
    """

    model: str
    branch: str
    number: int
    type: str
    flavor: str
    summary: str
    payload: Payload
    python: str
    nbmodel: str
    nonce: str = ""
    variable: str = ""
    params: Mapping[str, Scalar] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    signature: Signature = field(default_factory=Signature)
    counts: Mapping[str, int] = field(default_factory=dict)
    arrays: Mapping[str, ArrayNote] = field(default_factory=dict)
    code: Code = field(default_factory=Code)
    environment: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    files: tuple[Attachment, ...] = ()
    modules: tuple[Module, ...] = ()
    format: int = FORMAT


def dumps(manifest: Manifest) -> bytes:
    """Canonical JSON: sorted keys, two-space indent, lists of scalars on one line.

    Raises
    ------
    InvalidValue
        If it holds a whole number of more digits than Python writes or reads (4,300), or more
        or longer facts than `loads` reads.
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
        },
        "params": dict(manifest.params),
        "metrics": dict(manifest.metrics),
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
            "Pass that parameter or metric as a text.",
        ) from None
    # A lone surrogate becomes its JSON escape, so that any text of Python survives.
    return f"{text}\n".encode(errors="backslashreplace")


def loads(data: bytes | memoryview, where: str) -> Manifest:
    """Read a manifest that may come from a stranger.

    Parameters
    ----------
    data : bytes
    where : str
        The version's reference, for messages.

    Raises
    ------
    ManifestTooNew
        If its format is newer than `FORMAT`.
    ManifestInvalid
        If anything in it has the wrong type or makes no sense.
    """
    try:
        document = documents.loads(bytes(data), layout.max_bytes("model.json"), _object)
        found = document["format"]
        if type(found) is not int or found < 1:
            raise ManifestInvalid(where, f"format {found!r}"[:MAX_REASON_LENGTH])
        if found > FORMAT:
            raise ManifestTooNew(where, found, FORMAT)
        return _manifest(document, found)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ManifestInvalid(where, why[:MAX_REASON_LENGTH]) from None
    except (ManifestInvalid, ManifestTooNew):
        raise
    except NbModelError as error:
        raise ManifestInvalid(where, error.what.rstrip(".")[:MAX_REASON_LENGTH]) from None


def check_facts(**parts: Mapping[str, Any]) -> None:
    """Refuse more facts than anybody reads, and names and texts that are too long.

    Raises
    ------
    ValueError
        It names the part: ``params``, ``metrics``.
    """
    for part, facts in parts.items():
        if len(facts) > MAX_FACTS:
            raise ValueError(f"{len(facts):,} {part}; at most {MAX_FACTS:,} are read")
        longest = max(map(len, facts), default=0)
        if longest > MAX_NAME:
            raise ValueError(f"a name of {longest:,} characters among its {part}")
        texts = (len(value) for value in facts.values() if type(value) is str)
        if (longest := max(texts, default=0)) > MAX_TEXT:
            raise ValueError(f"a text of {longest:,} characters among its {part}")


def _require_readable(manifest: Manifest) -> None:
    try:
        check_facts(params=manifest.params, metrics=manifest.metrics, tags=manifest.tags,
                    counts=manifest.counts, arrays=manifest.arrays,
                    distributions=manifest.environment)  # fmt: skip
        _check_columns(manifest.signature.inputs, manifest.signature.outputs)
        if len(manifest.payload.buffers) > MAX_BUFFERS:
            raise ValueError(f"{len(manifest.payload.buffers):,} arrays of 4 KiB and more")
        for text in (manifest.type, manifest.summary, manifest.variable, manifest.code.notebook):
            _text(text)
    except ValueError as error:
        raise InvalidValue(
            f"{manifest.model} cannot be described: {error}. Nothing was committed.",
            "Make do with fewer or shorter ones: what is long belongs into a file.",
        ) from None


def _check_columns(*sides: Sequence[Column]) -> None:
    for columns in sides:
        if len(columns) > MAX_COLUMNS:
            raise ValueError(f"{len(columns):,} columns; at most {MAX_COLUMNS:,} are read")
        for shape in {column.shape for column in columns}:
            if len(shape) > MAX_DIMS or math.prod(max(1, abs(n)) for n in shape) >= MAX_VALUES:
                raise ValueError("a column of a shape that no array can have")
        longest = max((len(column.name) for column in columns), default=0)
        if longest > MAX_NAME:
            raise ValueError(f"a column's name of {longest:,} characters")


def _manifest(document: Mapping[str, Any], form: int) -> Manifest:
    manifest = _read(document, form)
    check_facts(params=manifest.params, metrics=manifest.metrics, tags=manifest.tags,
                counts=manifest.counts, arrays=manifest.arrays,
                distributions=manifest.environment)  # fmt: skip
    _check_columns(manifest.signature.inputs, manifest.signature.outputs)
    return manifest


def _read(document: Mapping[str, Any], form: int) -> Manifest:
    described, environment = document["object"], document["environment"]
    code, signature = document["code"], document["signature"]
    return Manifest(
        model=refs.check_name("model", _text(document["model"])),
        branch=refs.check_name("branch", _text(document["branch"])),
        number=_natural(document["number"]),
        nonce=_text(document["nonce"]),
        type=_text(described["type"]),
        flavor=_text(described["flavor"]),
        summary=_text(described["summary"]),
        variable=_text(described["variable"]),
        counts={_text(k): _natural(v) for k, v in described["counts"].items()},
        arrays={_text(k): _array(v) for k, v in described["arrays"].items()},
        params={_text(k): _scalar(v) for k, v in document["params"].items()},
        metrics={_text(k): _number(v) for k, v in document["metrics"].items()},
        tags={_text(k): _text(v) for k, v in document["tags"].items()},
        signature=Signature(
            tuple(_column(c) for c in _list(signature["inputs"])),
            tuple(_column(c) for c in _list(signature["outputs"])),
        ),
        code=Code(_text(code["commit"]), _flag(code["dirty"]), _text(code["notebook"])),
        python=_text(environment["python"]),
        nbmodel=_text(environment["nbmodel"]),
        environment={_text(k): _text(v) for k, v in environment["distributions"].items()},
        uses=tuple(
            Use(refs.check_name("model", _text(u["model"])), _hex(u["commit"], 40))
            for u in _list(document["uses"])
        ),
        payload=_payload(document["payload"]),
        files=_files(document["files"]) if form >= 2 else (),
        modules=_modules(document["modules"]) if form >= 2 else (),
        format=form,
    )


def _payload(document: Mapping[str, Any]) -> Payload:
    segments = tuple(_segment(s) for s in _list(document["segments"]))
    placements = _list(document["buffers"])
    if len(placements) > MAX_BUFFERS:
        raise ValueError(f"{len(placements)} buffers")
    buffers = tuple(Placement(*(_natural(n) for n in _list(p))) for p in placements)
    for number, buffer in enumerate(buffers):
        if buffer.segment >= len(segments):
            raise ValueError(f"buffer {number} lies in no segment")
        if buffer.offset + buffer.size > segments[buffer.segment].size:
            raise ValueError(f"buffer {number} ends behind its segment")
    return Payload(_segment(document["skeleton"]), segments, buffers)


def _files(document: object) -> tuple[Attachment, ...]:
    files = tuple(
        Attachment(_place(f["path"], layout.FILES), _text(f["name"]), _segment(f))
        for f in _list(document)
    )
    _require_distinct(file.path.lower() for file in files)
    return files


def _modules(document: object) -> tuple[Module, ...]:
    modules = tuple(
        Module(_place(m["path"], layout.MODULES), _dotted(m["name"]), _hex(m["sha256"], 64))
        for m in _list(document)
    )
    _require_distinct(module.path.lower() for module in modules)
    _require_distinct(module.name for module in modules)
    return modules


def _require_distinct(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{name!r:.80} is listed twice")
        seen.add(name)


# -- parts, both ways --------------------------------------------------------


def _segment_json(segment: Segment) -> dict[str, Any]:
    return {"sha256": segment.sha256, "blake3": segment.blake3, "size": segment.size}


def _segment(document: Mapping[str, Any]) -> Segment:
    size = _natural(document["size"])
    if size > MAX_SEGMENT_BYTES:
        raise ValueError(f"a segment of {size} bytes")
    return Segment(_hex(document["sha256"], 64), _hex(document["blake3"], 64), size)


def _column_json(column: Column) -> dict[str, Any]:
    return {"name": column.name, "dtype": column.dtype, "shape": list(column.shape)}


def _column(document: Mapping[str, Any]) -> Column:
    shape = tuple(_integer(n) for n in _list(document["shape"]))
    return Column(_text(document["name"]), _text(document["dtype"]), shape)


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


def _array(document: Mapping[str, Any]) -> ArrayNote:
    values, buffer, norm = document.get("values"), document.get("buffer"), document.get("norm")
    return ArrayNote(
        dtype=_text(document["dtype"]),
        shape=tuple(_natural(n) for n in _list(document["shape"])),
        buffer=None if buffer is None else _natural(buffer),
        values=None if values is None else tuple(_number(v) for v in _list(values)),
        norm=None if norm is None else _number(norm),
        digest=_text(document.get("digest", "")),
    )


# -- strict values -----------------------------------------------------------


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is given twice")
    return document


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.80} where a list belongs")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r:.80} where true or false belongs")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} where a text belongs")
    if len(value) > MAX_TEXT:
        raise ValueError(f"a text of {len(value):,} characters; at most {MAX_TEXT:,} are read")
    return value


def _integer(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r:.80} where a whole number belongs")
    return value


def _natural(value: object) -> int:
    number = _integer(value)
    if number < 0:
        raise ValueError(f"{number} where a number from 0 belongs")
    return number


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.80} where a number belongs")
    return value


def _scalar(value: object) -> Scalar:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError(f"{value!r:.80} where a scalar belongs")
    return value


def _place(value: object, folder: str) -> str:
    path = _text(value)
    if not path.startswith(f"{folder}/") or not layout.is_path(path):
        raise ValueError(f"{path[:80]!r} where a path below {folder} belongs")
    return path


def _dotted(value: object) -> str:
    name = _text(value)
    if len(name) > MAX_MODULE_NAME or not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{name[:80]!r} where the name of a module belongs")
    return name


def _hex(value: object, digits: int) -> str:
    text = _text(value)
    if len(text) != digits or set(text) - set("0123456789abcdef"):
        raise ValueError(f"{text[:80]!r} where {digits} hex digits belong")
    return text


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
