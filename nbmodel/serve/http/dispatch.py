"""The way to the endpoints that score, past the router and its middleware.

Their paths are known once the models are: to find one in a table costs less than a tenth of
what matching costs. Everything else goes to Starlette, which also answers what is nearly right:
another method, a model that is not served, a version in the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from nbmodel.serve.http.middleware import App, Receive, Scope, Send
from nbmodel.serve.http.responses import Reply, mistake, send_reply

if TYPE_CHECKING:
    from nbmodel.serve.http.endpoint import Scoring
    from nbmodel.serve.http.exchange import Begin


class Front:
    """Sends a request to its endpoint at once if its path is one of those that score.

    Parameters
    ----------
    others : ASGI application
        For every other request.
    infer, predict : Scoring
        The endpoints of tensors and of records.
    models : iterable of str
        Names that are served.
    """

    def __init__(
        self, others: App, infer: Scoring, predict: Scoring, models: Iterable[str]
    ) -> None:
        self._others = others
        paths = {"/predict": (predict, "")}
        for name in models:
            paths[f"/predict/{name}"] = predict, name
            paths[f"/v2/models/{name}/infer"] = infer, name
        self._scoring: dict[str, tuple[App, Mapping[str, str]]] = {
            path: (endpoint, {"model": name} if name else {})
            for path, (endpoint, name) in paths.items()
        }
        self._direct: dict[bytes, Begin] = {
            path.encode(): partial(endpoint.begin, name) for path, (endpoint, name) in paths.items()
        }

    def direct(self, path: bytes) -> Begin | None:
        """What answers requests of a path without a task; None for other paths."""
        return self._direct.get(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        found = self._scoring.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "POST":
            await self._others(scope, receive, send)
            return
        endpoint, scope["path_params"] = found
        try:
            await endpoint(scope, receive, send)
        except Exception as error:
            with suppress(RuntimeError):  # an answer has begun: uvicorn ends the connection
                await send_reply(send, Reply.of(500, {"error": mistake(error)}))
            raise
