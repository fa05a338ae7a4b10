"""A server that a notebook starts: it stops with the kernel, unless it is detached."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from nbmodel.config import TOKEN_VARIABLE
from nbmodel.display import Result
from nbmodel.errors import ServerFailed, WriteFailed
from nbmodel.repo.location import Location
from nbmodel.serve import server_records
from nbmodel.serve.server_records import STOP_SECONDS, ServerRecord

MAX_START_SECONDS = 60.0  # for a server to load its models
TOKEN_MASK = "•" * 8  # a notebook saves what it shows, so it never shows a token

_OPENER = build_opener(ProxyHandler({}))  # a proxy could not reach this machine


@dataclass(frozen=True, repr=False, kw_only=True)
class RunningServer(Result):
    """A server that this kernel or another one started.

    Attributes
    ----------
    address : str
        Such as ``http://127.0.0.1:8080``.
    versions : mapping of str to str
        The version that each model started with.
    token : str
        That clients must send; empty for none. It is never shown, because output is saved.
    pid : int
    detached : bool
        Whether it continues when the kernel ends.
    references : tuple of str
        The served references; the server follows a stage.
    process : subprocess.Popen or None
        None if another kernel started the server.
    record : ServerRecord or None
        Lets other kernels find the server.
    """

    address: str
    versions: dict[str, str]
    token: str = ""
    pid: int
    detached: bool
    references: tuple[str, ...] = ()
    process: subprocess.Popen[str] | None = field(default=None, compare=False)
    record: ServerRecord | None = field(default=None, compare=False)

    def text(self) -> str:
        """The address of each model, and when the server stops."""
        lines = [f"{ref}  {self.address}/predict/{name}" for name, ref in self.versions.items()]
        if self.token:
            lines.append(f"token: {TOKEN_MASK}  (use _.token)")
        when = "runs until you stop it" if self.detached else "stops with this kernel"
        return "\n".join([*lines, f"process {self.pid} {when}: %model_stop"])

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        if self.process is not None:
            return self.process.poll() is None
        return self.record is not None and server_records.process_of(self.record) is not None

    def predict(self, records: Any, model: str = "", method: str = "") -> Any:
        """Score rows, to try the server out.

        Parameters
        ----------
        records : list
            Of dicts or lists.
        model : str
            The first model if empty.
        method : str
            The default method if empty.

        Returns
        -------
        dict
            The JSON of the response.

        Raises
        ------
        ServerFailed
            If the server refuses the request, or does not answer.
        """
        body = json.dumps({"records": records, "method": method}).encode()
        name = model or next(iter(self.versions))
        try:
            return json.loads(self.ask(f"/predict/{name}", body))
        except OSError as error:
            read = getattr(error, "read", None)
            if read is None:
                raise ServerFailed(self.address, str(error)) from None
            reason = json.loads(read()).get("error", "")
            raise ServerFailed(self.address, reason, refused=True) from None

    def ask(self, path: str, body: bytes | None = None, timeout_s: float = 30) -> bytes:
        """Send a GET, or a POST if there is a JSON body; returns the body of the response.

        Raises
        ------
        OSError
            If the server refuses the request, or does not answer.
        """
        request = Request(f"{self.address}{path}", body)  # noqa: S310  our own address
        if body is not None:
            request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        try:
            with _OPENER.open(request, timeout=timeout_s) as response:
                content: bytes = response.read()
        except HTTPException as error:  # the server ended while it answered
            raise ConnectionError(f"the answer is incomplete: {error}") from error
        return content

    def stop(self) -> None:
        """Let the server finish its requests, then stop it."""
        if self.process is None:
            if self.record is not None:
                server_records.stop(self.record)
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        if self.record is not None:
            server_records.remove(self.record)


def start(
    registry: Path,
    arguments: Sequence[str],
    *,
    detach: bool,
    log: Path,
    references: Sequence[str] = (),
    token: str = "",
) -> RunningServer:
    """Start ``nbmodel serve`` and wait until it answers requests.

    Parameters
    ----------
    registry : Path
        Git directory.
    arguments : sequence of str
        Of ``nbmodel serve``.
    detach : bool
        Let it continue when this process ends.
    log : Path
        File for its standard error.
    references : sequence of str
        The references among the arguments, for display.
    token : str
        That clients must send. It is passed in the environment, which other users cannot read.

    Raises
    ------
    ServerFailed
        If it ends, or is not ready in a minute; the message has the last lines of its log.
    WriteFailed
        If no record of it can be written; the server is stopped then.
    """
    command = [sys.executable, "-m", "nbmodel.cli", "--repo", str(registry), "serve", "--json"]
    if not detach:
        command.append("--with-parent")
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL if detach else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, TOKEN_VARIABLE: token} if token else None,
            start_new_session=True,  # Ctrl-C in a cell must not reach it
        )
    line = _first_line(process)
    if not line:
        process.kill()
        process.wait()
        raise ServerFailed(" ".join(references) or "a version", _last_lines(log))
    ready = json.loads(line)
    server = RunningServer(
        address=ready["address"], versions=ready["versions"], token=ready["token"],
        pid=process.pid, detached=detach, references=tuple(references), process=process,
    )  # fmt: skip
    key = Location(registry).key
    try:
        record = server_records.add(
            process.pid, key, server.address, server.versions, detached=detach
        )
    except (ServerFailed, WriteFailed):
        server.stop()
        raise
    return replace(server, record=record)


def servers(registry: Path) -> list[RunningServer]:
    """The servers of a registry that run on this machine, no matter which kernel started them."""
    return [
        RunningServer(
            address=record.address, versions=dict(record.versions),
            pid=record.pid, detached=record.detached, record=record,
        )
        for record in server_records.running(Location(registry).key)
    ]  # fmt: skip


def _first_line(process: subprocess.Popen[str]) -> str:
    """The line that it prints when it is ready; empty if it ends or takes too long."""
    stdout = process.stdout
    if stdout is None:
        return ""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        return stdout.readline() if selector.select(MAX_START_SECONDS) else ""


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return "\n".join(lines[-3:]) or f"it was not ready within {MAX_START_SECONDS:.0f} s"
