"""How requests and responses are written: tensors of the protocol, or records for people."""

from __future__ import annotations

from typing import Any, Protocol

from nbmodel.errors import InvalidInput
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.outputs import Outputs, to_lists
from nbmodel.predict.rows import Rows
from nbmodel.serve.inference.loaded import LoadedVersion
from nbmodel.serve.protocol import binary, tensors, v2
from nbmodel.serve.protocol.v2 import InferenceRequest, method_name, request_id


class Codec(Protocol):
    """Reads requests and writes responses in one format."""

    def parse(self, document: Any) -> InferenceRequest:
        """Read what a request asks for."""

    def decode_rows(self, decoder: Decoder, document: Any, tail: binary.Bytes) -> Rows:
        """Read the rows of a request; `tail` is what follows its JSON."""

    def encode(
        self, version: LoadedVersion, request: InferenceRequest, outputs: Outputs
    ) -> tuple[Any, bytes]:
        """Write a response.

        Returns
        -------
        document : dict
        tail : bytes
            What follows the JSON.
        """


class TensorCodec:
    """The Open Inference Protocol v2."""

    def parse(self, document: Any) -> InferenceRequest:
        """Read what a request asks for."""
        return v2.parse_request(document)

    def decode_rows(self, decoder: Decoder, document: Any, tail: binary.Bytes) -> Rows:
        """Read the rows of a request."""
        return v2.read_inputs(decoder, document, tail)

    def encode(
        self, version: LoadedVersion, request: InferenceRequest, outputs: Outputs
    ) -> tuple[Any, bytes]:
        """Write one tensor for each output."""
        as_bytes = {name or version.default_method for name in request.binary_outputs}
        encoded = [
            tensors.encode_tensor(name, values, as_bytes=name in as_bytes)
            for name, values in outputs.items()
        ]
        return {
            "model_name": version.info.model,
            "model_version": str(version.info.number),
            "id": request.id,
            "outputs": [document for document, _ in encoded],
            "parameters": {"version": version.reference},
        }, b"".join(tail for _, tail in encoded)


class RecordCodec:
    """Plain JSON: ``[{"column": value}]``, or ``{"records": [...], "method": ..., "id": ...}``."""

    def parse(self, document: Any) -> InferenceRequest:
        """Read what a request asks for."""
        if not _is_envelope(document):
            return InferenceRequest(request_id(None))
        unknown = [key for key in document if key not in _ENVELOPE_KEYS]
        if unknown:  # without this check, a misspelled "method" would call the default method
            raise InvalidInput(
                f"The request has the unknown key {unknown[0]!r:.60} beside its records.",
                f"Send only {', '.join(_ENVELOPE_KEYS)}.",
            )
        method = method_name(document.get("method"))
        identifier = request_id(document.get("id"))
        return InferenceRequest(identifier, (method,), time=document.get("time"))

    def decode_rows(self, decoder: Decoder, document: Any, tail: binary.Bytes) -> Rows:
        """Read the rows of a request; a single record counts as a list of one."""
        records = document["records"] if _is_envelope(document) else document
        if isinstance(records, dict):
            records = [records]
        if not isinstance(records, list) or tail:
            single = len(decoder.names) == 1
            example = '["value", ...]' if single else '[{"column": value, ...}, ...]'
            raise InvalidInput("The request has no records.", f"Send {example}.")
        return decoder.from_records(records)

    def encode(
        self, version: LoadedVersion, request: InferenceRequest, outputs: Outputs
    ) -> tuple[Any, bytes]:
        """Write each output as a list, by the name of the method."""
        document = {
            "model": version.info.model,
            "version": version.reference,
            "id": request.id,
            **{name: to_lists(values) for name, values in outputs.items()},
        }
        return document, b""


_ENVELOPE_KEYS = ("records", "method", "id", "time")


def _is_envelope(document: Any) -> bool:
    """Whether the rows are in ``records``: the value of a column of that name is not a list."""
    return isinstance(document, dict) and isinstance(document.get("records"), list | dict)
