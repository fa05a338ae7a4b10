"""Keeps the child process that watches the prediction log running.

The log is evaluated in a separate process, so that scoring never waits for it. If the process
ends, it is restarted after a delay; it stops with the server. One process watches for all workers
of a server and writes its results to a file, which each of them can read.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

from nbmodel.errors import ExtraMissing, InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.serve.watch import results
from nbmodel.serve.watch.results import WatchResult

DEFAULT_INTERVAL, DEFAULT_WINDOW = "1m", "1d"
OFF = "off"
REQUIRED_LIBRARIES = ("duckdb", "scipy")  # for watching, not for serving
MIN_RESTART_SECONDS, MAX_RESTART_SECONDS = 1.0, 600.0  # before a restart; doubled each time
STEADY_SECONDS = 300.0  # after a longer life, the delay is the shortest again
START_DELAY_SECONDS = 5.0  # until the first start, so that the server starts undisturbed
STOP_SECONDS = 3.0  # for the process to end by itself
NICENESS = 15  # at most a thirtieth of a core while scoring needs all of it

logger = logging.getLogger("nbmodel.serve")


@dataclass(frozen=True, slots=True)
class WatchSchedule:
    """How often the log is evaluated, and in which windows.

    Attributes
    ----------
    interval_s : float
    window : str
        Length of the windows that rules count, such as ``1d``.
    """

    interval_s: float
    window: str = DEFAULT_WINDOW

    @classmethod
    def parse(
        cls, interval: str = "", window: str = "", *, logs: bool = True
    ) -> WatchSchedule | None:
        """Read the values of ``--watch`` and ``--window``; None if nothing is to be watched.

        Parameters
        ----------
        interval : str
            Empty for the default: `DEFAULT_INTERVAL` if there is a log and the libraries are
            installed, else no watching.
        window : str
            Empty for the default.
        logs : bool
            Whether the server logs predictions.

        Raises
        ------
        InvalidValue, ExtraMissing
            If a value is not a duration, or `interval` is given and there is no log or no library.
        """
        windows.parse_duration(window or DEFAULT_WINDOW)
        missing_libraries = [name for name in REQUIRED_LIBRARIES if find_spec(name) is None]
        if interval == OFF or (not interval and (missing_libraries or not logs)):
            return None
        if not logs:
            raise InvalidValue(
                "A server without a log has nothing to watch.", "Leave out --no-log or --watch."
            )
        if missing_libraries:
            raise ExtraMissing(missing_libraries[0], "monitor", "Watching the prediction log")
        micros = windows.parse_duration(interval or DEFAULT_INTERVAL)
        return cls(micros / windows.SECOND, window or DEFAULT_WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTask:
    """What the child process watches.

    Attributes
    ----------
    registry : str
        Git directory.
    models : tuple of str
    log : str
        Folder or URL of the prediction log.
    folder : str
        For the results and DuckDB's temporary files; removed at the end.
    interval_s : float
        Seconds between two evaluations.
    window : str
        Length of the windows that rules count.
    starts : int
        How often the process was started.
    """

    registry: str
    models: tuple[str, ...]
    log: str
    folder: str
    interval_s: float
    window: str
    starts: int = 1

    def to_line(self) -> str:
        """The task as one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def parse(cls, line: str) -> WatchTask:
        """Read what `to_line` wrote."""
        fields = json.loads(line)
        return cls(**fields | {"models": tuple(fields["models"])})


class Watcher:
    """Keeps the watching process running until `close`.

    Parameters
    ----------
    registry : Path
        Git directory.
    models : sequence of str
    log : str
        Folder or URL.
    schedule : WatchSchedule

    Attributes
    ----------
    folder : Path
        From which `nbmodel.serve.watch.results.read` reads the results.
    """

    def __init__(
        self, registry: Path, models: Sequence[str], log: str, schedule: WatchSchedule
    ) -> None:
        # Created with the first process, which removes it even if this process is killed.
        self.folder = Path(tempfile.gettempdir(), f"nbmodel-watch-{token_hex(8)}")
        self._task = WatchTask(
            registry=str(registry), models=tuple(models), log=log, folder=str(self.folder),
            interval_s=schedule.interval_s, window=schedule.window,
        )  # fmt: skip
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._supervise, name="nbmodel-watch", daemon=True)

    def start(self) -> None:
        """Start to watch."""
        self._thread.start()

    def close(self) -> None:
        """Stop the process, and remove its files."""
        with self._lock:
            self._stop.set()
            process = self._process
        if process is not None:
            _close_input(process)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _supervise(self) -> None:
        delay_s, starts = MIN_RESTART_SECONDS, 0
        self._stop.wait(min(self._task.interval_s, START_DELAY_SECONDS))
        while not self._stop.is_set():
            start, starts = time.monotonic(), starts + 1
            try:
                reason = self._run(starts)
            except OSError as error:
                reason = str(error)
            if time.monotonic() - start > STEADY_SECONDS:
                delay_s = MIN_RESTART_SECONDS
            if not self._stop.is_set():
                self._mark_failing()
                logger.warning(
                    "The process that watches the log ended (%s). Scoring goes on; the process "
                    "restarts in %g s.", reason, delay_s,
                )  # fmt: skip
            self._stop.wait(delay_s)
            delay_s = min(2 * delay_s, MAX_RESTART_SECONDS)

    def _mark_failing(self) -> None:
        """Let ``/metrics`` say that the log is not watched, until it is again."""
        last = results.read(self.folder)
        models = {name: last.models.get(name, WatchResult()) for name in self._task.models}
        failing = {name: replace(result, failing=True) for name, result in models.items()}
        try:
            results.write(self.folder, replace(last, models=failing))
        except OSError as error:
            logger.warning("%s cannot be written: %s", self.folder, error)

    def _run(self, starts: int) -> str:
        """Start one process and wait for its end; returns how it ended."""
        with self._lock:
            if self._stop.is_set():
                return ""
            self.folder.mkdir(0o700, exist_ok=starts > 1)
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "nbmodel.serve.watch.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C goes to the server, which stops this process
                env=os.environ | {"TMPDIR": str(self.folder)},
            )
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        if process.stdin is not None:
            process.stdin.write(replace(self._task, starts=starts).to_line())
            process.stdin.flush()
        status = process.wait()
        return f"signal {-status}" if status < 0 else f"status {status}"


def _close_input(process: subprocess.Popen[str]) -> None:
    try:
        if process.stdin is not None:
            process.stdin.close()
    except BrokenPipeError:  # the process has just ended
        pass
