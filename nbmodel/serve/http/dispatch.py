"""Finds the endpoints that score by their exact path, without the router and its middleware.

Their paths are known as soon as the models are loaded, and a dictionary is ten times as fast as
matching routes. Every other request goes to Starlette, which also answers near misses: another
method, a model that is not served, a version in the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from nbmodel.serve.http.middleware import App, Receive, Scope, Send, error_document
from nbmodel.serve.http.responses import RawResponse, internal_error_text, send_response

if TYPE_CHECKING:
    from nbmodel.serve.http.endpoint import ScoringEndpoint
    from nbmodel.serve.http.exchange import DirectHandler


class Dispatcher:
    """Sends a request to the endpoint of its path if that scores, else to the router.

    Parameters
    ----------
    router : ASGI application
        For every other request.
    infer, predict : ScoringEndpoint
        For tensors and for records.
    models : iterable of str
        Names that are served.
    """

    def __init__(
        self, router: App, infer: ScoringEndpoint, predict: ScoringEndpoint, models: Iterable[str]
    ) -> None:
        self._router = router
        paths = {"/predict": (predict, "")}
        for name in models:
            paths[f"/predict/{name}"] = predict, name
            paths[f"/v2/models/{name}/infer"] = infer, name
        self._endpoints: dict[str, tuple[App, Mapping[str, str]]] = {
            path: (endpoint, {"model": name} if name else {})
            for path, (endpoint, name) in paths.items()
        }
        self._direct_handlers: dict[bytes, DirectHandler] = {
            path.encode(): partial(endpoint.handle_directly, name)
            for path, (endpoint, name) in paths.items()
        }

    def direct_handler(self, path: bytes) -> DirectHandler | None:
        """The function that answers requests of a path without a task; None for other paths."""
        return self._direct_handlers.get(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        match = self._endpoints.get(scope["path"]) if scope["type"] == "http" else None
        if match is None or scope["method"] != "POST":
            await self._router(scope, receive, send)
            return
        endpoint, scope["path_params"] = match
        try:
            await endpoint(scope, receive, send)
        except Exception as error:
            with suppress(RuntimeError):  # a response has started: uvicorn ends the connection
                document = error_document(500, internal_error_text(error))
                await send_response(send, RawResponse.of(500, document))
            raise
