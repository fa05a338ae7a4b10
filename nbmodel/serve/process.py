"""A server as a child of the notebook's kernel: it ends with it, unless it is detached."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from nbmodel.display import Result
from nbmodel.errors import ServerFailed

PATIENCE = 60.0  # seconds for a server to load its models
DRAIN = 35.0  # seconds for a server to end the requests that run


@dataclass(frozen=True, repr=False)
class RunningServer(Result):
    """A server that was started here.

    Attributes
    ----------
    address : str
        ``http://127.0.0.1:8080``.
    versions : mapping of str to str
        The reference that answered for each model at the start.
    token : str
        What clients must send, empty for nothing.
    """

    address: str
    versions: dict[str, str]
    token: str
    pid: int
    detached: bool
    process: subprocess.Popen[str] | None = field(default=None, compare=False)

    def text(self) -> str:
        """The address of each model, and how it ends."""
        lines = [f"{ref}  {self.address}/predict/{name}" for name, ref in self.versions.items()]
        if self.token:
            lines.append(f"token: {self.token}")
        how = "goes on until it is told to end" if self.detached else "ends with this kernel"
        return "\n".join([*lines, f"process {self.pid} {how}: %model_stop"])

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is None or self.process.poll() is None

    def predict(self, records: Any, model: str = "", method: str = "") -> Any:
        """Ask the server, for a first look; `records` are dicts or lists.

        Raises
        ------
        ServerFailed
            If it refuses, or does not answer.
        """
        body = json.dumps({"records": records, "method": method}).encode()
        name = model or next(iter(self.versions))
        request = Request(f"{self.address}/predict/{name}", body)  # noqa: S310  our own address
        request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except OSError as error:
            read = getattr(error, "read", None)
            told = json.loads(read()).get("error", "") if read is not None else str(error)
            raise ServerFailed(self.address, told) from None

    def stop(self) -> None:
        """Let it finish the requests that run, then end it."""
        if self.process is None:
            os.kill(self.pid, signal.SIGTERM)
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


def start(registry: Path, arguments: Sequence[str], *, detach: bool, log: Path) -> RunningServer:
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

    Raises
    ------
    ServerFailed
        If it ends, or is not ready in a minute; with the end of its log.
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
            start_new_session=True,  # Ctrl-C in a cell is not meant for it
        )
    line = _first_line(process)
    if not line:
        process.kill()
        process.wait()
        raise ServerFailed(" ".join(arguments), _end_of(log))
    ready = json.loads(line)
    return RunningServer(
        ready["address"], ready["versions"], ready["token"], process.pid, detach, process
    )


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
