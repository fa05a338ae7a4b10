"""The way to the endpoints that score, past the router and its middleware.

Their paths are known once the models are: to find one in a table costs less than a tenth of
what matching costs. Everything else goes to Starlette, which also answers what is nearly right:
another method, a model that is not served, a version in the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from nbmodel.serve.answers import send_document
from nbmodel.serve.guards import App, Receive, Scope, Send


class Front:
    """Sends a request to its endpoint at once if its path is one of those that score.

    Parameters
    ----------
    others : ASGI application
        For every other request.
    infer, predict : ASGI applications
        The endpoints of tensors and of records.
    models : iterable of str
        Names that are served.
    """

    def __init__(self, others: App, infer: App, predict: App, models: Iterable[str]) -> None:
        self._others = others
        self._scoring: dict[str, tuple[App, Mapping[str, str]]] = {"/predict": (predict, {})}
        for name in models:
            self._scoring[f"/predict/{name}"] = predict, {"model": name}
            self._scoring[f"/v2/models/{name}/infer"] = infer, {"model": name}

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
                await send_document(send, 500, {"error": mistake(error)})
            raise


def mistake(error: Exception) -> str:
    """What a client hears of an error that is the server's own; its log has the rest."""
    return f"The server made a mistake ({type(error).__name__}); its log tells which."
