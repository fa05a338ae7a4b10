"""The watch of a server: a child process looks at the log, so that scoring never waits for it.

It is started again when it ends, with patience, and ends with the server. One watches for all
workers of a server: what it found lies in a file that each of them can show.
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

EVERY, WINDOW = "1m", "1d"
OFF = "off"
LIBRARIES = ("duckdb", "scipy")  # that reading the log needs, and serving does not
PATIENCE, LONGEST = 1.0, 600.0  # seconds before it is started again, doubled each time
STEADY = 300.0  # seconds after which a watcher that ends has the first patience again
FIRST = 5.0  # seconds until it is started, that a server that begins has for itself
DRAIN = 3.0  # seconds to end
NICE = 15  # a thirtieth of a core at most while scoring wants all of it

logger = logging.getLogger("nbmodel.serve")


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often the log is looked at, in seconds, and the length of the windows rules count."""

    every: float
    window: str = WINDOW

    @classmethod
    def parse(cls, every: str = "", window: str = "", *, logs: bool = True) -> Cadence | None:
        """What ``--watch`` and ``--window`` say; None for no watch.

        Raises
        ------
        InvalidValue, ExtraMissing
            If they make no sense, or a watch is asked for and there is no log or no library.
        """
        windows.duration(window or WINDOW)
        missing = [name for name in LIBRARIES if find_spec(name) is None]
        if every == OFF or (not every and (missing or not logs)):
            return None
        if not logs:
            raise InvalidValue("A server without a log has nothing to watch.", "Leave --no-log.")
        if missing:
            raise ExtraMissing(missing[0], "monitor", "Watching what is served")
        return cls(windows.duration(every or EVERY) / windows.SECOND, window or WINDOW)


@dataclass(frozen=True, slots=True)
class Task:
    """What to watch.

    Attributes
    ----------
    registry : str
        Git directory.
    models : tuple of str
    log : str
        Folder or URL of the prediction log.
    folder : str
        Where the findings go, and what DuckDB spills; removed at the end.
    every : float
        Seconds between two looks.
    window : str
        Length of the windows that rules count.
    starts : int
        How often a watcher was started.
    """

    registry: str
    models: tuple[str, ...]
    log: str
    folder: str
    every: float
    window: str
    starts: int = 1

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def parse(cls, line: str) -> Task:
        """What `line` wrote."""
        fields = json.loads(line)
        return cls(**fields | {"models": tuple(fields["models"])})


class Watcher:
    """Keeps a watching process alive until it is closed.

    Parameters
    ----------
    registry : Path
        Git directory.
    models : sequence of str
    log : str
        Folder or URL.
    cadence : Cadence

    Attributes
    ----------
    folder : Path
        Where `nbmodel.serve.watch.results.read` finds what was found.
    """

    def __init__(self, registry: Path, models: Sequence[str], log: str, cadence: Cadence) -> None:
        # Made with the first process, which removes it: also if this one is killed.
        self.folder = Path(tempfile.gettempdir(), f"nbmodel-watch-{token_hex(8)}")
        self._task = Task(
            str(registry), tuple(models), log, str(self.folder), cadence.every, cadence.window
        )
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep, name="nbmodel-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """End the process, and remove what it wrote."""
        with self._lock:
            self._stop.set()
            process = self._process
        if process is not None:
            _close_input(process)
            try:
                process.wait(DRAIN)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _keep(self) -> None:
        pause, starts = PATIENCE, 0
        self._stop.wait(min(self._task.every, FIRST))
        while not self._stop.is_set():
            begin, starts = time.monotonic(), starts + 1
            try:
                ended = self._run(starts)
            except OSError as error:
                ended = str(error)
            if time.monotonic() - begin > STEADY:
                pause = PATIENCE
            if not self._stop.is_set():
                self._tell_failing()
                logger.warning(
                    "The watch of the log ended (%s). Scoring goes on; the watch begins again in "
                    "%g s.", ended, pause,
                )  # fmt: skip
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST)

    def _tell_failing(self) -> None:
        """Let ``/metrics`` say that nobody looks, until somebody does."""
        known = results.read(self.folder)
        models = {name: known.models.get(name, results.Found()) for name in self._task.models}
        failing = {name: replace(found, failing=True) for name, found in models.items()}
        try:
            results.write(self.folder, replace(known, models=failing))
        except OSError as error:
            logger.warning("%s cannot be written: %s", self.folder, error)

    def _run(self, starts: int) -> str:
        """Start one process and wait for its end; how it ended."""
        with self._lock:
            if self._stop.is_set():
                return ""
            self.folder.mkdir(0o700, exist_ok=starts > 1)
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "nbmodel.serve.watch.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C is for the server, which ends it in order
                env=os.environ | {"TMPDIR": str(self.folder)},
            )
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        door = process.stdin
        if door is not None:
            door.write(replace(self._task, starts=starts).line())
            door.flush()
        status = process.wait()
        return f"signal {-status}" if status < 0 else f"status {status}"


def _close_input(process: subprocess.Popen[str]) -> None:
    try:
        if process.stdin is not None:
            process.stdin.close()
    except BrokenPipeError:  # it has just ended
        pass
