"""A manifest from JSON that a stranger may have written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from nbmodel import documents, layout, refs
from nbmodel.errors import ManifestInvalid, ManifestTooNew, NbModelError
from nbmodel.layout import FORMAT
from nbmodel.manifest.limits import (
    MAX_BUFFERS,
    MAX_FACTS,
    MAX_MODULE_NAME_LENGTH,
    MAX_REASON_LENGTH,
    MAX_SEGMENT_BYTES,
    check_manifest,
    check_text,
)
from nbmodel.manifest.record import Manifest
from nbmodel.records import (
    ArrayNote,
    Attachment,
    Code,
    Column,
    Merge,
    MergeMember,
    Module,
    Payload,
    Placement,
    Scalar,
    Segment,
    Signature,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")


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
        If a part of it is missing, or has the wrong type or an impossible value.
    """
    try:
        document = documents.loads(bytes(data), layout.max_bytes("model.json"), _object)
        version = document["format"]
        if type(version) is not int or version < 1:
            raise ManifestInvalid(where, f"format {version!r}"[:MAX_REASON_LENGTH])
        if version > FORMAT:
            raise ManifestTooNew(where, version, FORMAT)
        return _manifest(document, version)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ManifestInvalid(where, why[:MAX_REASON_LENGTH]) from None
    except (ManifestInvalid, ManifestTooNew):
        raise
    except NbModelError as error:
        raise ManifestInvalid(where, error.what.rstrip(".")[:MAX_REASON_LENGTH]) from None


def _manifest(document: Mapping[str, Any], version: int) -> Manifest:
    manifest = _read(document, version)
    check_manifest(manifest)
    return manifest


def in_stated_order(metrics: dict[str, T], document: Mapping[str, Any]) -> dict[str, T]:
    """The metrics of a document in alphabetical order, but for the one that was stated first.

    Raises
    ------
    KeyError
        If the document names a first metric that it does not have.
    """
    ordered = dict(sorted(metrics.items()))
    if "first_metric" not in document:
        return ordered
    first = _text(document["first_metric"])
    return {first: metrics[first], **ordered}


def _read(document: Mapping[str, Any], version: int) -> Manifest:
    description, environment = document["object"], document["environment"]
    code, signature = document["code"], document["signature"]
    return Manifest(
        model=refs.check_name("model", _text(document["model"])),
        branch=refs.check_name("branch", _text(document["branch"])),
        number=_natural(document["number"]),
        nonce=_text(document["nonce"]),
        type=_text(description["type"]),
        flavor=_text(description["flavor"]),
        summary=_text(description["summary"]),
        variable=_text(description["variable"]),
        counts={_text(k): _natural(v) for k, v in description["counts"].items()},
        arrays={_text(k): _array(v) for k, v in description["arrays"].items()},
        params={_text(k): _scalar(v) for k, v in document["params"].items()},
        defaults=_defaults(description, document["params"]),
        metrics=in_stated_order(
            {_text(k): _number(v) for k, v in document["metrics"].items()}, document
        ),
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
            Use(refs.check_name("model", _text(u["model"])), read_hex(u["commit"], 40))
            for u in _list(document["uses"])
        ),
        payload=_payload(document["payload"]),
        files=_files(document["files"]) if version >= 2 else (),
        modules=_modules(document["modules"]) if version >= 2 else (),
        merge=_merge(document["merge"]) if "merge" in document else None,
        format=version,
    )


def _defaults(description: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "defaults" not in description:
        return None
    names = [_text(name) for name in _list(description["defaults"])]
    return tuple(name for name in dict.fromkeys(names) if name in params)


def _payload(document: Mapping[str, Any]) -> Payload:
    segments = tuple(read_segment(s) for s in _list(document["segments"]))
    placements = _list(document["buffers"])
    if len(placements) > MAX_BUFFERS:
        raise ValueError(f"{len(placements):,} buffers; at most {MAX_BUFFERS:,} are read")
    buffers = tuple(Placement(*(_natural(n) for n in _list(p))) for p in placements)
    for number, buffer in enumerate(buffers):
        if buffer.segment >= len(segments):
            raise ValueError(f"buffer {number} names a segment that does not exist")
        if buffer.offset + buffer.size > segments[buffer.segment].size:
            raise ValueError(f"buffer {number} ends after its segment")
    return Payload(read_segment(document["skeleton"]), segments, buffers)


def _files(document: object) -> tuple[Attachment, ...]:
    files = tuple(
        Attachment(_path_in(f["path"], layout.FILES), _text(f["name"]), read_segment(f))
        for f in _list(document)
    )
    _require_distinct(file.path.lower() for file in files)
    return files


def _modules(document: object) -> tuple[Module, ...]:
    modules = tuple(
        Module(_path_in(m["path"], layout.MODULES), _dotted(m["name"]), read_hex(m["sha256"], 64))
        for m in _list(document)
    )
    _require_distinct(module.path.lower() for module in modules)
    _require_distinct(module.name for module in modules)
    return modules


def _merge(document: Mapping[str, Any]) -> Merge:
    members = _list(document["members"])
    if len(members) > MAX_FACTS:
        raise ValueError(f"a merge of {len(members):,} versions; at most {MAX_FACTS:,} are read")
    return Merge(_text(document["method"]), tuple(map(_merge_member, members)))


def _merge_member(document: Mapping[str, Any]) -> MergeMember:
    weight = document.get("weight")
    return MergeMember(
        read_hex(document["commit"], 40), None if weight is None else _number(weight)
    )


def _require_distinct(names: Iterable[str]) -> None:
    earlier_names: set[str] = set()
    for name in names:
        if name in earlier_names:
            raise ValueError(f"{name!r:.80} is listed twice")
        earlier_names.add(name)


# -- parts of the document -----------------------------------------------------


def read_segment(document: Mapping[str, Any]) -> Segment:
    """Size and digests of a content; raises `KeyError`, `TypeError` or `ValueError`."""
    size = _natural(document["size"])
    if size > MAX_SEGMENT_BYTES:
        raise ValueError(f"a segment of {size:,} bytes; at most {MAX_SEGMENT_BYTES:,} are read")
    return Segment(read_hex(document["sha256"], 64), read_hex(document["blake3"], 64), size)


def _column(document: Mapping[str, Any]) -> Column:
    shape = tuple(_integer(n) for n in _list(document["shape"]))
    return Column(_text(document["name"]), _text(document["dtype"]), shape)


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
        raise ValueError("an object has the same key twice")
    return document


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, not {value!r:.80}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, not {value!r:.80}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, not {value!r:.80}")
    check_text(value)
    return value


def _integer(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"expected a whole number, not {value!r:.80}")
    return value


def _natural(value: object) -> int:
    number = _integer(value)
    if number < 0:
        raise ValueError(f"expected a number of at least 0, not {number}")
    return number


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, not {value!r:.80}")
    return value


def _scalar(value: object) -> Scalar:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError(f"expected a scalar, not {value!r:.80}")
    return value


def _path_in(value: object, folder: str) -> str:
    path = _text(value)
    if not path.startswith(f"{folder}/") or not layout.is_path(path):
        raise ValueError(f"expected a path below {folder}, not {path[:80]!r}")
    return path


def _dotted(value: object) -> str:
    name = _text(value)
    if len(name) > MAX_MODULE_NAME_LENGTH or not all(
        part.isidentifier() for part in name.split(".")
    ):
        raise ValueError(f"expected the name of a module, not {name[:80]!r}")
    return name


def read_hex(value: object, digits: int) -> str:
    """A text of so many hex digits; raises `TypeError` or `ValueError`."""
    text = _text(value)
    if len(text) != digits or set(text) - set("0123456789abcdef"):
        raise ValueError(f"expected {digits} hex digits, not {text[:80]!r}")
    return text
