"""Clients that ask a server: as fast as it answers, or at a steady rate."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds for one answer


class LoadFailed(Exception):
    """A server did not answer every request as it should."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What wrk counted.

    Attributes
    ----------
    rate : float
        Requests a second.
    p50, p99 : float
        Seconds within which half, and 99%, were answered.
    """

    rate: float
    p50: float
    p99: float


def burst(port: int, path: str, body: Path, connections: int, seconds: int) -> Burst:
    """Post a file from some connections, each as soon as its last answer came.

    Parameters
    ----------
    port, path : int, str
        Where to, on this machine.
    body : Path
        A JSON file.
    connections : int
        Kept alive; one thread drives them all.
    seconds : int
        How long.

    Raises
    ------
    LoadFailed
        If wrk is missing, or any request failed.
    """
    if shutil.which("wrk") is None:
        raise LoadFailed("wrk is missing; on Debian: apt-get install wrk")
    answer = subprocess.run(
        [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={PATIENCE:.0f}s",
            "-s", HERE / "post.lua", f"http://{HOST}:{port}{path}", "--", body,
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    counted = json.loads(answer.stdout.strip().splitlines()[-1])
    if counted["failed"] or not counted["requests"]:
        raise LoadFailed(f"{counted['failed']} of {counted['requests']} requests failed at {path}")
    return Burst(counted["requests"] / counted["seconds"], counted["p50"], counted["p99"])


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when (`time.monotonic`), its status (0 without an answer), who answered."""

    answered: float
    status: int
    version: str


class Steady:
    """Posts a body so many times a second while the context is open.

    Each connection keeps to its own timetable, however late the last answer was.

    Parameters
    ----------
    port, path, body : int, str, bytes
    rate : int
        Requests a second.
    connections : int
        Kept alive.
    header : str
        The answers' header that names the version.
    """

    def __init__(
        self, port: int, path: str, body: bytes, *, rate: int, connections: int, header: str
    ) -> None:
        self.answers: list[Answer] = []
        self._port, self._path, self._body, self._header = port, path, body, header
        self._gap = connections / rate
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number / rate,), daemon=True)
            for number in range(connections)
        ]

    def __enter__(self) -> Steady:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._end.set()
        for thread in self._threads:
            thread.join()

    @property
    def failed(self) -> int:
        """Requests without an answer, or with another status than 200."""
        return sum(answer.status != 200 for answer in self.answers)

    def first(self, version: str, since: float) -> float:
        """When a version answered first after a moment.

        Raises
        ------
        LoadFailed
            If it does not in ten seconds.
        """
        start = 0
        while time.monotonic() < since + PATIENCE:
            fresh = self.answers[start:]
            start += len(fresh)
            moments = [a.answered for a in fresh if a.version == version and a.answered >= since]
            if moments:
                return min(moments)
            time.sleep(0.01)
        raise LoadFailed(f"{version} did not answer within {PATIENCE:.0f} s of its promotion")

    def _ask(self, offset: float) -> None:
        line = http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)
        turn = time.monotonic() + offset
        while not self._end.wait(max(0.0, turn - time.monotonic())):
            self.answers.append(self._once(line))
            turn += self._gap
        line.close()

    def _once(self, line: http.client.HTTPConnection) -> Answer:
        status, version = 0, ""
        try:
            line.request("POST", self._path, self._body, {"content-type": "application/json"})
            answer = line.getresponse()
            answer.read()
            status, version = answer.status, answer.getheader(self._header, "")
        except (OSError, http.client.HTTPException):
            line.close()  # the next request opens it again
        return Answer(time.monotonic(), status, version)
