"""From documents and errors to what goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from starlette.responses import Response

from nbmodel.errors import (
    InvalidInput,
    MethodMissing,
    NbModelError,
    NotFound,
    Overloaded,
    ScoringFailed,
)
from nbmodel.serve import binary
from nbmodel.serve.guards import BodyTooLarge, Send

STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    InvalidInput: 400,
    MethodMissing: 400,
    ScoringFailed: 422,
    Overloaded: 503,
    BodyTooLarge: 413,
}
VERSION_HEADER = b"x-nbmodel-version"
_JSON = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_CONSTANTS = (b"NaN", b"Infinity")


def read_json(body: binary.Bytes) -> Any:
    """A body as a document.

    Raises
    ------
    InvalidInput
        If it is no JSON.
    """
    try:
        return orjson.loads(body)
    except ValueError as error:
        remedy = "Send a JSON document."
        if any(word in bytes(body) for word in _CONSTANTS):
            remedy = "JSON has no NaN and no Infinity: send null for a value that is missing."
        raise InvalidInput(f"The body is not JSON: {error}.", remedy) from None


def status_of(error: Exception) -> int:
    """The HTTP status that tells of an error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def as_json(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response of JSON."""
    return Response(dumped(document), status, headers, "application/json")


def as_error(error: NbModelError | BodyTooLarge) -> Response:
    """A response that tells of an error."""
    status = status_of(error)
    return as_json({"error": str(error)}, status, {"retry-after": "1"} if status == 503 else None)


def dumped(document: Any) -> bytes:
    """A document as JSON; NaN and infinity are null."""
    try:
        return orjson.dumps(document, option=_JSON)
    except TypeError:  # a dtype that orjson does not write
        return orjson.dumps(document, option=_JSON, default=_plain)


async def send_document(
    send: Send, status: int, document: Any, version: str = "", behind: bytes = b""
) -> None:
    """Answer in ASGI's terms, which costs less than a response object."""
    body = dumped(document)
    kind = b"application/octet-stream" if behind else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", b"%d" % (len(body) + len(behind)))]
    if behind:
        headers.append((binary.HEADER, b"%d" % len(body)))
    if version:
        headers.append((VERSION_HEADER, version.encode()))
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body + behind if behind else body})


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
