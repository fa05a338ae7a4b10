"""The process that looks at what a server logs: ``python -m nbmodel.serve.watch.process``.

It has a low priority, one thread of DuckDB and little memory, and works at most a fifth of
the time. It ends when its standard input does: with the server, however that ends.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import display
from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.notify import Notifier
from nbmodel.monitor.alerts.transitions import Watch
from nbmodel.monitor.common import windows
from nbmodel.monitor.report.report import monitor
from nbmodel.serve.watch import results
from nbmodel.serve.watch.results import Findings, Found
from nbmodel.serve.watch.watcher import Task
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import open_registry

MEMORY = "512MB"
DETECTORS = ("ewma",)  # anomalies are for charts; this one needs no library
LATE = 7  # windows that labels may be late, beside those that the rules look at
SETTLED = 2  # seconds after which what was scored lies in the log
SHARE = 0.2  # of the time, at most
GRACE = 2.0  # seconds for a webhook that is being called when the server ends

logger = logging.getLogger("nbmodel.serve")


class Looking:
    """Looks at each model in turn, tells of its alerts, and writes what it found.

    Parameters
    ----------
    task : Task
    context : Context
    notifier : Notifier
    """

    def __init__(self, task: Task, context: Context, notifier: Notifier) -> None:
        self._task = task
        self._context = context
        self._notifier = notifier
        before = results.read(Path(task.folder)).models
        self._found = {name: before.get(name, Found()) for name in task.models}
        self._watches = {name: Watch(notifier, found.told) for name, found in self._found.items()}
        self._problems: dict[str, str] = {}

    def look(self) -> None:
        """Once at every model; one that fails does not blind the watch of the others."""
        for name in self._task.models:
            try:
                self._found[name] = self._look(name)
                self._problems.pop(name, None)
            except Exception as error:  # noqa: BLE001  reported; the other models are looked at
                self._found[name] = replace(self._found[name], failing=True)
                self._report(name, error)
            self._write()

    def _look(self, name: str) -> Found:
        begin, width = time.monotonic(), windows.duration(self._task.window)
        end = windows.start_of(time.time_ns() // 1000 - SETTLED * windows.SECOND, width)
        rules = [alert.rule for alert in store.listed(self._context, name).alerts]
        back = LATE + max((rule.windows for rule in rules), default=1)
        report = monitor(
            self._context, name, root=self._task.log, window=self._task.window,
            since=_moment(end - back * width), now=_moment(end),
            detectors=DETECTORS, memory=MEMORY, threads=1,
        )  # fmt: skip
        watch = self._watches[name]
        watch.look(report.alerts)
        took = time.monotonic() - begin
        return results.found_in(report, end, time.time(), took, watch.firing)

    def _report(self, name: str, error: Exception) -> None:
        if self._problems.get(name) != str(error):
            unknown = None if isinstance(error, NbModelError | OSError) else error
            logger.warning("%s is not watched: %s", name, display.line(error), exc_info=unknown)
        self._problems[name] = str(error)

    def _write(self) -> None:
        tell = self._notifier
        messages = {
            "sent": tell.sent, "failed": tell.failed,
            "dropped": tell.dropped, "refused": tell.refused,
        }  # fmt: skip
        document = Findings(self._found, self._task.starts, messages)
        results.write(Path(self._task.folder), document)


def _moment(time: int) -> datetime:
    return windows.moment_of(max(0, time)).astimezone(UTC)


def main() -> None:
    """Read the task from standard input, then look until that ends."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    task = Task.parse(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_end_with_server, args=(task, stop), daemon=True).start()
    notifier = Notifier()
    with open_registry(task.registry, read_only=True) as registry:
        looking = Looking(task, registry.context, notifier)
        while not stop.is_set():
            begin = time.monotonic()
            looking.look()
            took = time.monotonic() - begin
            stop.wait(max(task.every - took, took / SHARE - took))
    notifier.close()
    shutil.rmtree(task.folder, ignore_errors=True)


def _end_with_server(task: Task, stop: threading.Event) -> None:
    """Wait for the end of the server; then end, also in the middle of a look."""
    sys.stdin.read()
    stop.set()
    time.sleep(GRACE)
    shutil.rmtree(task.folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
