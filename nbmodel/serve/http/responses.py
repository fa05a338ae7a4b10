"""Documents and errors as HTTP responses."""

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
    code_of,
)
from nbmodel.serve.http.middleware import BodyTooLarge, Send
from nbmodel.serve.protocol import binary


class ScoringTimeout(Exception):
    """The model took too long."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(f"The model did not answer within {timeout_s:g} s. Send fewer rows.")


STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    InvalidInput: 400,
    MethodMissing: 400,
    ScoringFailed: 422,
    WrongRows: 422,
    Overloaded: 503,
    BodyTooLarge: 413,
    ScoringTimeout: 504,
}
VERSION_HEADER = b"x-nbmodel-version"
JSON_TYPE = b"application/json"
_JSON_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_NOT_IN_JSON = (b"NaN", b"Infinity")


def read_json(body: binary.Bytes) -> Any:
    """Parse a body.

    Raises
    ------
    InvalidInput
        If it is not JSON.
    """
    try:
        return orjson.loads(body)
    except ValueError as error:
        remedy = "Send a JSON document."
        if any(word in bytes(body) for word in _NOT_IN_JSON):
            remedy = "JSON has no NaN and no Infinity: send null for a missing value."
        raise InvalidInput(f"The body is not JSON: {error}.", remedy) from None


def status_of(error: Exception) -> int:
    """The HTTP status for an error; 500 if it is not in `STATUS`."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def json_response(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with a JSON body."""
    return Response(to_json(document), status, headers, "application/json")


def exception_document(error: Exception) -> dict[str, str]:
    """Return the body of an exception that reports an error to the client."""
    return {"error": str(error), "code": code_of(type(error).__name__)}


def error_response(error: NbModelError | BodyTooLarge) -> Response:
    """A response that reports an error."""
    status = status_of(error)
    headers = {"retry-after": "1"} if status == 503 else None
    return json_response(exception_document(error), status, headers)


def to_json(document: Any) -> bytes:
    """Serialize a document; NaN and infinity become null."""
    try:
        return orjson.dumps(document, option=_JSON_OPTIONS)
    except TypeError:  # a dtype that orjson does not support
        return orjson.dumps(document, option=_JSON_OPTIONS, default=_plain)


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response as status, headers and bytes, which costs less than Starlette's object.

    Attributes
    ----------
    status : int
    headers : sequence of (bytes, bytes)
        Without the content length.
    body : bytes
    """

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def of(cls, status: int, document: Any, reference: str = "", tail: bytes = b"") -> RawResponse:
        """Make a response with a JSON body.

        Parameters
        ----------
        status : int
        document : object
        reference : str
            Of the version that answered; empty if none did.
        tail : bytes
            What follows the JSON.
        """
        body = to_json(document)
        if status == 200 and not tail:
            return cls(status, _success_headers(reference), body)
        headers = [(b"content-type", b"application/octet-stream" if tail else JSON_TYPE)]
        if tail:
            headers.append((binary.HEADER, b"%d" % len(body)))
        if reference:
            headers.append((VERSION_HEADER, reference.encode()))
        if status == 503:
            headers.append((b"retry-after", b"1"))
        return cls(status, headers, body + tail if tail else body)


@lru_cache
def _success_headers(reference: str) -> Sequence[tuple[bytes, bytes]]:
    version = ((VERSION_HEADER, reference.encode()),) if reference else ()
    return ((b"content-type", JSON_TYPE), *version)


async def send_response(send: Send, response: RawResponse) -> None:
    """Send a response as ASGI messages."""
    headers = [*response.headers, (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def internal_error_text(error: Exception) -> str:
    """The answer to a client after an error of the server; the log has the traceback."""
    return f"The server failed ({type(error).__name__}). Its log has the details."


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
