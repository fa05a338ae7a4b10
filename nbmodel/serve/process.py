"""A server as a child of the notebook's kernel: it ends with it, unless it is detached."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from nbmodel.config import TOKEN_VARIABLE
from nbmodel.display import Result
from nbmodel.errors import ServerFailed, WriteFailed
from nbmodel.repo.location import Location
from nbmodel.serve import server_records
from nbmodel.serve.server_records import DRAIN, Record

PATIENCE = 60.0  # seconds for a server to load its models
MASK = "•" * 8  # what a notebook shows, and saves, in place of a token

_DIRECT = build_opener(ProxyHandler({}))  # a proxy does not reach this machine


@dataclass(frozen=True, repr=False)
class RunningServer(Result):
    """A server that was started here, or one of an earlier kernel that goes on.

    Attributes
    ----------
    address : str
        ``http://127.0.0.1:8080``.
    versions : mapping of str to str
        The reference that answered for each model at the start.
    token : str
        What clients must send, empty for nothing; never shown, for what a cell shows is saved.
    references : tuple of str
        What it was told to serve: a stage is followed.
    process : subprocess.Popen or None
        Of a server that was started here.
    record : Record or None
        By which other kernels find it.
    """

    address: str
    versions: dict[str, str]
    token: str
    pid: int
    detached: bool
    references: tuple[str, ...] = ()
    process: subprocess.Popen[str] | None = field(default=None, compare=False)
    record: Record | None = field(default=None, compare=False)

    def text(self) -> str:
        """The address of each model, and how it ends."""
        lines = [f"{ref}  {self.address}/predict/{name}" for name, ref in self.versions.items()]
        if self.token:
            lines.append(f"token: {MASK}  (_.token has it)")
        how = "goes on until it is told to end" if self.detached else "ends with this kernel"
        return "\n".join([*lines, f"process {self.pid} {how}: %model_stop"])

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        if self.process is not None:
            return self.process.poll() is None
        return self.record is not None and server_records.process_of(self.record) is not None

    def predict(self, records: Any, model: str = "", method: str = "") -> Any:
        """Ask the server, for a first look; `records` are dicts or lists.

        Raises
        ------
        ServerFailed
            If it refuses, or does not answer.
        """
        body = json.dumps({"records": records, "method": method}).encode()
        name = model or next(iter(self.versions))
        try:
            return json.loads(self.ask(f"/predict/{name}", body))
        except OSError as error:
            read = getattr(error, "read", None)
            told = json.loads(read()).get("error", "") if read is not None else str(error)
            raise ServerFailed(self.address, told) from None

    def ask(self, path: str, body: bytes | None = None, seconds: float = 30) -> bytes:
        """What it answers; a POST of JSON if there is a body.

        Raises
        ------
        OSError
            If it refuses, or does not answer.
        """
        request = Request(f"{self.address}{path}", body)  # noqa: S310  our own address
        if body is not None:
            request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        with _DIRECT.open(request, timeout=seconds) as answer:
            found: bytes = answer.read()
        return found

    def stop(self) -> None:
        """Let it finish the requests that run, then end it."""
        if self.process is None:
            if self.record is not None:
                server_records.end(self.record)
            return
        self.process.terminate()
        try:
            self.process.wait(DRAIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        if self.record is not None:
            server_records.forget(self.record)


def start(
    registry: Path,
    arguments: Sequence[str],
    *,
    detach: bool,
    log: Path,
    references: Sequence[str] = (),
    token: str = "",
) -> RunningServer:
    """Start ``nbmodel serve`` and wait until it answers.

    Parameters
    ----------
    registry : Path
        Git directory.
    arguments : sequence of str
        Of ``nbmodel serve``.
    detach : bool
        Let it outlive this process.
    log : Path
        Where it writes what it has to say.
    references : sequence of str
        Those among the arguments, for whoever shows what is followed.
    token : str
        What clients must send; its environment tells it, for its owner's eyes only.

    Raises
    ------
    ServerFailed
        If it ends, or is not ready in a minute; with the end of its log.
    WriteFailed
        If no record of it can be kept; it is ended then.
    """
    command = [sys.executable, "-m", "nbmodel.cli", "--repo", str(registry), "serve", "--json"]
    if not detach:
        command.append("--with-parent")
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL if detach else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, TOKEN_VARIABLE: token} if token else None,
            start_new_session=True,  # Ctrl-C in a cell is not meant for it
        )
    line = _first_line(process)
    if not line:
        process.kill()
        process.wait()
        raise ServerFailed(" ".join(references) or "a version", _end_of(log))
    ready = json.loads(line)
    found = RunningServer(
        ready["address"], ready["versions"], ready["token"], process.pid, detach,
        tuple(references), process,
    )  # fmt: skip
    key = Location(registry).key
    try:
        record = server_records.note(
            process.pid, key, found.address, found.versions, detached=detach
        )
    except (ServerFailed, WriteFailed):
        found.stop()
        raise
    return replace(found, record=record)


def servers(registry: Path) -> list[RunningServer]:
    """The servers of a registry that run on this machine, whichever kernel started them."""
    return [
        RunningServer(each.address, dict(each.versions), "", each.pid, each.detached, record=each)
        for each in server_records.known(Location(registry).key)
    ]


def _first_line(process: subprocess.Popen[str]) -> str:
    """What it says when it is ready; nothing if it ends or takes too long."""
    door = process.stdout
    if door is None:
        return ""
    with selectors.DefaultSelector() as chooser:
        chooser.register(door, selectors.EVENT_READ)
        return door.readline() if chooser.select(PATIENCE) else ""


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return "\n".join(lines[-3:]) or f"it did not answer within {PATIENCE:.0f} s"
