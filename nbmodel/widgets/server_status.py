"""A server of the notebook as a widget: what answers, how fast, and a button that ends it."""

from __future__ import annotations

import json
import shlex
import threading
import time
from collections import deque
from math import prod
from typing import TYPE_CHECKING, Any

import traitlets

from nbmodel import refs
from nbmodel.config import NbModel
from nbmodel.display import escaped, visible
from nbmodel.widgets.polling import Poll
from nbmodel.widgets.saved_view import SAVED_OUTPUT_MIME, bounded
from nbmodel.widgets.script_widget import ScriptWidget
from nbmodel.widgets.server_numbers import HISTORY_SECONDS, Json, ServerSample, reading, sample

if TYPE_CHECKING:
    from nbmodel.serve.process import RunningServer

METRICS_TIMEOUT_SECONDS = (
    2.0  # seconds for /metrics: the server may be busy, and the next look comes soon
)
TOKEN = "$TOKEN"  # noqa: S105  what stands in a line that is shown; the token itself never does
MAX_ROW_CHARACTERS = 2000  # characters of the rows in it
ROWS = "@rows.json"  # in their place
EXAMPLES = {"BYTES": "", "BOOL": False}  # of the protocol's datatypes; all others are numbers


class ServerStatus(ScriptWidget):
    """What ``%model_serve`` returns: the server, and its state for the page that shows it.

    The page gets numbers, and never the token: its content may be saved.

    Parameters
    ----------
    server : RunningServer

    Raises
    ------
    NotBuilt
        If the front end of a source tree was not built.
    """

    info = traitlets.Dict().tag(sync=True)
    commands = traitlets.Dict().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self._samples: deque[ServerSample] = deque()
        self._lock = threading.Lock()
        self._ending = False
        self._command_versions: dict[str, str] = {}
        self._poll = Poll(self._look)
        super().__init__(
            "server.js",
            info={
                "address": server.address,
                "versions": dict(server.versions),
                "follows": {refs.parse(each).model: each for each in server.references},
                "pid": server.pid,
                "detached": server.detached,
                "hasToken": bool(server.token),
                "canStop": not NbModel.instance().refuses_changes(),
            },
        )
        self._tell("running")
        self.on_msg(self._on_message)

    # -- the server itself -----------------------------------------------------

    @property
    def address(self) -> str:
        """``http://127.0.0.1:8080``."""
        return self.server.address

    @property
    def versions(self) -> dict[str, str]:
        """The reference that answered for each model at the start."""
        return self.server.versions

    @property
    def token(self) -> str:
        """What clients must send, empty for nothing."""
        return self.server.token

    @property
    def pid(self) -> int:
        """Its process."""
        return self.server.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.server.running

    def predict(self, records: Any, model: str = "", method: str = "") -> Any:
        """Ask the server, for a first look; see `nbmodel.serve.process.RunningServer.predict`."""
        return self.server.predict(records, model, method)

    def stop(self) -> None:
        """Let it finish the requests that run, then end it."""
        self._ending = True
        self._tell("stopping")
        try:
            self.server.stop()
        finally:
            self._ending = False
        self._look()

    def text(self) -> str:
        """What a terminal shows."""
        return visible(self.server.text())

    def html(self) -> str:
        """What a notebook shows where there are no widgets: on a git host, without a kernel."""
        return bounded(
            f"<b>server {escaped(self.status['state'])}</b>{self.server.html()}", self.text()
        )

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        if self.server.running:
            self._poll.look(in_cell=True)
        saved = {SAVED_OUTPUT_MIME: {}, "text/html": self.html(), "text/plain": self.text()}
        return {**data, **saved}, metadata

    # -- messages to the page ----------------------------------------------------

    def _on_message(self, _: object, content: object, __: object) -> None:
        # Under Voilà anyone who can open the page can send any message.
        if not isinstance(content, dict):
            return
        if content.get("visible") is True:
            self._poll.look()
        elif content.get("stop") is True and not NbModel.instance().refuses_changes():
            threading.Thread(target=self.stop, name="nbmodel-stop", daemon=True).start()

    def _look(self) -> bool:
        """Tell what there is to tell; whether there will be more."""
        if not self.server.running:
            self._tell("stopped")
            return False
        try:
            text = self.server.ask("/metrics", timeout_s=METRICS_TIMEOUT_SECONDS).decode()
        except OSError:
            self._tell("silent")
            return True
        with self._lock:
            self._samples.append(sample(text, time.monotonic()))
            while self._samples[-1].time - self._samples[0].time > HISTORY_SECONDS:
                self._samples.popleft()
        self._tell("running")
        self._update_commands()
        return True

    def _tell(self, state: str) -> None:
        with self._lock:
            self.status = {
                "state": "stopping" if self._ending and state != "stopped" else state,
                "time": time.time(),
                "models": reading(self._samples),
            }

    def _update_commands(self) -> None:
        """Set the shell command that asks each model, again when its version changes."""
        versions = {each["name"]: each["version"] for each in self.status["models"]}
        if versions == self._command_versions:
            return
        try:
            self.commands = {name: self._command(name) for name in versions}
        except OSError:  # the next attempt follows in a second
            return
        self._command_versions = versions

    def _command(self, name: str) -> str:
        inputs = json.loads(
            self.server.ask(f"/v2/models/{name}", timeout_s=METRICS_TIMEOUT_SECONDS)
        )["inputs"]
        line = shlex.join(
            [
                "curl",
                f"{self.server.address}/predict/{name}",
                "-H",
                "content-type: application/json",
            ]
        )
        if self.server.token:
            line += f' -H "authorization: Bearer {TOKEN}"'
        rows = json.dumps([_record(inputs)], ensure_ascii=False)
        return f"{line} -d {shlex.quote(rows) if len(rows) < MAX_ROW_CHARACTERS else ROWS}"


def _record(inputs: list[Json]) -> Any:
    """A row that fits what a model takes; its values stand for the reader's own."""
    if len(inputs) == 1 and len(inputs[0]["shape"]) > 1:
        return _zeros(inputs[0]["shape"][1:])
    return {each["name"]: EXAMPLES.get(each["datatype"], 0) for each in inputs}


def _zeros(shape: list[int]) -> Any:
    if prod(shape) > MAX_ROW_CHARACTERS:
        return 0
    return [_zeros(shape[1:])] * max(1, shape[0]) if shape else 0
