"""From documents and errors to what goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    WrongRows,
)
from nbmodel.serve.http.middleware import BodyTooLarge, Send
from nbmodel.serve.protocol import binary


class NoAnswer(Exception):
    """The model took too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"There was no answer within {seconds:g} s. Send fewer rows.")


STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    InvalidInput: 400,
    MethodMissing: 400,
    ScoringFailed: 422,
    WrongRows: 422,
    Overloaded: 503,
    BodyTooLarge: 413,
    NoAnswer: 504,
}
VERSION_HEADER = b"x-nbmodel-version"
JSON_TYPE = b"application/json"
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


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes over the wire.

    Attributes
    ----------
    status : int
    headers : sequence of (bytes, bytes)
        But for the length.
    body : bytes
    """

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def of(cls, status: int, document: Any, version: str = "", behind: bytes = b"") -> Reply:
        """A document, the reference of the version that answered, and bytes behind the JSON."""
        body = dumped(document)
        if status == 200 and not behind:
            return cls(status, _plain_headers(version), body)
        headers = [(b"content-type", b"application/octet-stream" if behind else JSON_TYPE)]
        if behind:
            headers.append((binary.HEADER, b"%d" % len(body)))
        if version:
            headers.append((VERSION_HEADER, version.encode()))
        if status == 503:
            headers.append((b"retry-after", b"1"))
        return cls(status, headers, body + behind if behind else body)


@lru_cache
def _plain_headers(version: str) -> Sequence[tuple[bytes, bytes]]:
    named = ((VERSION_HEADER, version.encode()),) if version else ()
    return ((b"content-type", JSON_TYPE), *named)


async def send_reply(send: Send, reply: Reply) -> None:
    """Answer in ASGI's terms, which costs less than a response object."""
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def mistake(error: Exception) -> str:
    """What a client hears of an error that is the server's own; its log has the rest."""
    return f"The server made a mistake ({type(error).__name__}); its log tells which."


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
