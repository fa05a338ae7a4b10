"""An ASGI application that does nothing, under nbmodel's settings of uvicorn: the limit.

It reads the body and answers the same bytes each time.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from benchmarks.load import HOST
from nbmodel.serve.workers.worker import UVICORN_SETTINGS

ANSWER = (
    b'{"model_name":"churn","model_version":"1","id":"6f1ed002ab559585","outputs":[{"name":'
    b'"predict","shape":[1],"datatype":"INT64","data":[0]}],"parameters":{"version":"churn@1"}}'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer any request."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    bare: Any = application
    uvicorn.Server(uvicorn.Config(bare, host=HOST, port=int(sys.argv[1]), **UVICORN_SETTINGS)).run()
