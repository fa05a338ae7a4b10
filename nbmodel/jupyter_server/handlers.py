"""Handlers of HTTP requests: questions use GET, actions use POST."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from nbmodel._version import __version__
from nbmodel.errors import InvalidValue, NbModelError
from nbmodel.jupyter_server.errors import body_of, status_of
from nbmodel.jupyter_server.service import Request, Service

API_VERSION = 1  # of the JSON contract; a page of another version asks the user to update
SERVICE_KEY = "nbmodel_service"  # in the settings of the web application
MAX_REQUEST_BYTES = 4 << 20  # a model card is the longest request

_QUERY = ("args", "path", "repo")
_POLLED = ("state", "monitoringState", "health", "firing")


class Handler(APIHandler):
    """Uses the authentication and authorization of Jupyter Server; writes errors as JSON."""

    auth_resource = "nbmodel"

    # Jupyter Server's own method is a coroutine too; tornado's type does not allow that.
    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse a request that is too long before it is parsed."""
        await super().prepare()
        if len(self.request.body) > MAX_REQUEST_BYTES:
            raise web.HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request may have at most {MAX_REQUEST_BYTES:,} bytes",
            )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write what happened and what to do next; never a traceback."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, NbModelError):
            self.set_status(status_of(error))
            body = body_of(error.what, error.hint, type(error).__name__)
        elif isinstance(error, web.HTTPError):
            what = error.log_message or error.reason or HTTPStatus(status_code).phrase
            body = body_of(what, _NEXT.get(status_code, ""), "HTTPError")
        else:  # a defect; tornado has logged its traceback
            what = f"nbmodel failed: {type(error).__name__}."
            body = body_of(what, "See the log of the Jupyter server.", "Defect")
        self.finish(json.dumps(body))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log defects only: an error of nbmodel is a normal response."""
        if not isinstance(value, NbModelError):
            super().log_exception(typ, value, tb)


class AboutHandler(Handler):
    """Lets a page check that it matches the server."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Send the versions of nbmodel and of the JSON contract."""
        self.finish(json.dumps({"nbmodel": __version__, "api": API_VERSION}))


class VerbHandler(Handler):
    """Answers questions and performs actions of `nbmodel.views`."""

    @web.authenticated
    @authorized
    async def get(self, verb: str) -> None:
        """Answer a question."""
        # A page that polls does not show that the user is active.
        self._track_activity = verb not in _POLLED
        query = {name: self.get_query_argument(name, "", strip=False) for name in _QUERY}
        await self._reply("QUESTIONS", verb, query | {"args": _json(query["args"] or "{}")})

    @web.authenticated
    @authorized
    async def post(self, verb: str) -> None:
        """Perform an action."""
        document = _json(self.request.body)
        if not isinstance(document, dict):
            raise InvalidValue("The request is not a JSON object.", "Send {args, path, repo}.")
        await self._reply("ACTIONS", verb, document)

    async def _reply(self, table: str, verb: str, document: dict[str, Any]) -> None:
        args = document.get("args", {})
        if not isinstance(args, dict):
            raise InvalidValue("'args' is not a JSON object.", "Send the arguments by name.")
        root = getattr(self.contents_manager, "root_dir", "")
        path, repo = (_text(document.get(name, ""), name) for name in ("path", "repo"))
        service: Service = self.settings[SERVICE_KEY]
        answer = await service.ask(Request(table, verb, args, str(root), path, repo))
        self.set_header("Cache-Control", "no-cache")
        self.finish(answer)


_NEXT: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "Reload the page and log in to the Jupyter server.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Send a shorter request.",
}


def _json(data: str | bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"The request is not JSON: {error}.", "Send JSON.") from None


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidValue(f"{name!r} is not a text.", "Send a path.")
    return value
