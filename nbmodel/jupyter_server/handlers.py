"""HTTP to verbs and back: questions by GET, actions by POST."""

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

API = 1  # of the answers' shapes; a page of another number says how to mend that
SERVICE = "nbmodel_service"  # name among the web application's settings
LONGEST = 4 << 20  # bytes of a request: a card is the longest

_QUERY = ("args", "path", "repo")
_NEWS = ("state", "logged", "health")


class Handler(APIHandler):
    """Authenticated and authorized as Jupyter Server does it; errors in our own words."""

    auth_resource = "nbmodel"

    # Jupyter Server's own is a coroutine too; tornado's type says it may return nothing else.
    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse what is too long before anything looks into it."""
        await super().prepare()
        if len(self.request.body) > LONGEST:
            raise web.HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LONGEST:,} bytes are taken"
            )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what, and the next step; never a traceback."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, NbModelError):
            self.set_status(status_of(error))
            told = body_of(error.what, error.do, type(error).__name__)
        elif isinstance(error, web.HTTPError):
            what = error.log_message or error.reason or HTTPStatus(status_code).phrase
            told = body_of(what, _NEXT.get(status_code, ""), "HTTPError")
        else:  # a defect; tornado has logged it with its traceback
            what = f"nbmodel failed: {type(error).__name__}."
            told = body_of(what, "The log of the Jupyter server tells more.", "Defect")
        self.finish(json.dumps(told))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Leave refusals out of the log: they are answers."""
        if not isinstance(value, NbModelError):
            super().log_exception(typ, value, tb)


class AboutHandler(Handler):
    """Tells a page whether it and the server belong together."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Version of nbmodel and of the answers."""
        self.finish(json.dumps({"nbmodel": __version__, "api": API}))


class VerbHandler(Handler):
    """Questions and actions of `nbmodel.views`."""

    @web.authenticated
    @authorized
    async def get(self, verb: str) -> None:
        """Answer a question."""
        # A page that asks for news is no sign of a person at work.
        self._track_activity = verb not in _NEWS
        given = {name: self.get_query_argument(name, "", strip=False) for name in _QUERY}
        await self._reply("QUESTIONS", verb, given | {"args": _json(given["args"] or "{}")})

    @web.authenticated
    @authorized
    async def post(self, verb: str) -> None:
        """Do an action."""
        given = _json(self.request.body)
        if not isinstance(given, dict):
            raise InvalidValue("The request is not a JSON object.", "Send {args, path, repo}.")
        await self._reply("ACTIONS", verb, given)

    async def _reply(self, table: str, verb: str, given: dict[str, Any]) -> None:
        args = given.get("args", {})
        if not isinstance(args, dict):
            raise InvalidValue("'args' is not a JSON object.", "Send the arguments by name.")
        root = getattr(self.contents_manager, "root_dir", "")
        place = [_text(given.get(name, ""), name) for name in ("path", "repo")]
        service: Service = self.settings[SERVICE]
        answer = await service.ask(Request(table, verb, args, str(root), *place))
        self.set_header("Cache-Control", "no-cache")
        self.finish(answer)


_NEXT: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "Reload the page and log in to the Jupyter server.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Send less.",
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
