"""How requests and answers are written: tensors of the protocol, or records for people."""

from __future__ import annotations

from typing import Any, Protocol

from nbmodel.errors import InvalidInput
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.outputs import Outputs, listed
from nbmodel.predict.rows import Rows
from nbmodel.serve.inference.loaded import Served
from nbmodel.serve.protocol import binary, v2
from nbmodel.serve.protocol.v2 import Asked, method_name, request_id


class Dialect(Protocol):
    """How requests and answers are written."""

    def wishes(self, document: Any) -> Asked:
        """What a request asks for."""

    def rows(self, decoder: Decoder, document: Any, behind: binary.Bytes) -> Rows:
        """Its rows."""

    def answer(self, served: Served, asked: Asked, outputs: Outputs) -> tuple[Any, bytes]:
        """The document to answer with, and bytes behind it."""


class Tensors:
    """Open Inference Protocol v2."""

    def wishes(self, document: Any) -> Asked:
        """What a request asks for."""
        return v2.read_wishes(document)

    def rows(self, decoder: Decoder, document: Any, behind: binary.Bytes) -> Rows:
        """Its rows."""
        return v2.read_inputs(decoder, document, behind)

    def answer(self, served: Served, asked: Asked, outputs: Outputs) -> tuple[Any, bytes]:
        """One tensor an output."""
        binaries = {name or served.default for name in asked.binary}
        tensors = [
            v2.tensor(name, values, as_bytes=name in binaries) for name, values in outputs.items()
        ]
        return {
            "model_name": served.version.model,
            "model_version": str(served.version.number),
            "id": asked.request,
            "outputs": [told for told, _ in tensors],
            "parameters": {"version": served.name},
        }, b"".join(blob for _, blob in tensors)


class Records:
    """Plain JSON: ``[{"column": value}]``, or ``{"records": [...], "method": ..., "id": ...}``."""

    def wishes(self, document: Any) -> Asked:
        """What a request asks for."""
        if not _is_envelope(document):
            return Asked(request_id(None))
        unknown = [key for key in document if key not in _ENVELOPE]
        if unknown:  # a misspelled "method" would be answered as another question
            raise InvalidInput(
                f"The request has the unknown key {unknown[0]!r:.60} beside its records.",
                f"Send {', '.join(_ENVELOPE)}.",
            )
        method = method_name(document.get("method"))
        return Asked(request_id(document.get("id")), (method,), when=document.get("time"))

    def rows(self, decoder: Decoder, document: Any, behind: binary.Bytes) -> Rows:
        """Its rows; a single record stands for a list of one."""
        records = document["records"] if _is_envelope(document) else document
        if isinstance(records, dict):
            records = [records]
        if not isinstance(records, list) or behind:
            only = len(decoder.names) == 1
            example = '["value", ...]' if only else '[{"column": value, ...}, ...]'
            raise InvalidInput("The request holds no records.", f"Send {example}.")
        return decoder.from_records(records)

    def answer(self, served: Served, asked: Asked, outputs: Outputs) -> tuple[Any, bytes]:
        """The outputs as a list, by the name of the method."""
        document = {
            "model": served.version.model,
            "version": served.name,
            "id": asked.request,
            **{name: listed(values) for name, values in outputs.items()},
        }
        return document, b""


_ENVELOPE = ("records", "method", "id", "time")


def _is_envelope(document: Any) -> bool:
    """Whether rows stand in ``records``: a column of that name holds no list."""
    return isinstance(document, dict) and isinstance(document.get("records"), list | dict)
