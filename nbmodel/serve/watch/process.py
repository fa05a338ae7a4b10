"""The process that watches the prediction log: ``python -m nbmodel.serve.watch.process``.

It has a low priority, one thread of DuckDB and little memory, and works at most a fifth of the
time. It ends when its standard input is closed, which happens however the server ends.
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
from nbmodel.monitor.alerts.transitions import AlertTransitions
from nbmodel.monitor.common import windows
from nbmodel.monitor.report.report import make_report
from nbmodel.serve.watch import results
from nbmodel.serve.watch.results import WatchResult, WatchResults
from nbmodel.serve.watch.watcher import WatchTask
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import open_registry

DUCKDB_MEMORY = "512MB"
DETECTORS = ("ewma",)  # anomalies are for charts; this one needs no library
LATE_LABEL_WINDOWS = 7  # evaluated in addition to those of the rules, for labels that come late
SETTLE_SECONDS = 2  # until scored rows are in the log
MAX_TIME_SHARE = 0.2  # that the process works
GRACE_SECONDS = 2.0  # for a webhook that is being called when the server ends

logger = logging.getLogger("nbmodel.serve")


class LogWatch:
    """Evaluates each model in turn, sends notifications, and writes the results.

    Parameters
    ----------
    task : WatchTask
    context : Context
    notifier : Notifier
    """

    def __init__(self, task: WatchTask, context: Context, notifier: Notifier) -> None:
        self._task = task
        self._context = context
        self._notifier = notifier
        last = results.read(Path(task.folder)).models
        self._results = {name: last.get(name, WatchResult()) for name in task.models}
        self._watches = {
            name: AlertTransitions(notifier, result.notified)
            for name, result in self._results.items()
        }
        self._problems: dict[str, str] = {}

    def evaluate(self) -> None:
        """Evaluate every model once; an error for one model does not stop the others."""
        for name in self._task.models:
            try:
                self._results[name] = self._evaluate(name)
                self._problems.pop(name, None)
            except Exception as error:  # noqa: BLE001  reported; the other models are evaluated
                self._results[name] = replace(self._results[name], failing=True)
                self._report(name, error)
            self._write()

    def _evaluate(self, name: str) -> WatchResult:
        start, width = time.monotonic(), windows.parse_duration(self._task.window)
        end = windows.window_start(time.time_ns() // 1000 - SETTLE_SECONDS * windows.SECOND, width)
        rules = [alert.rule for alert in store.list_alerts(self._context, name).alerts]
        count = LATE_LABEL_WINDOWS + max((rule.windows for rule in rules), default=1)
        report = make_report(
            self._context, name, root=self._task.log, window=self._task.window,
            since=_datetime(end - count * width), now=_datetime(end),
            detectors=DETECTORS, memory=DUCKDB_MEMORY, threads=1, verdicts=False,
        )  # fmt: skip
        watch = self._watches[name]
        watch.notify_changes(report.alerts)
        duration_s = time.monotonic() - start
        return results.summarize(report, end, time.time(), duration_s, watch.firing_alerts)

    def _report(self, name: str, error: Exception) -> None:
        if self._problems.get(name) != str(error):
            unknown = None if isinstance(error, NbModelError | OSError) else error
            logger.warning("%s is not watched: %s", name, display.line(error), exc_info=unknown)
        self._problems[name] = str(error)

    def _write(self) -> None:
        notifier = self._notifier
        messages = {
            "sent": notifier.sent, "failed": notifier.failed,
            "dropped": notifier.dropped, "refused": notifier.refused,
        }  # fmt: skip
        document = WatchResults(self._results, self._task.starts, messages)
        results.write(Path(self._task.folder), document)


def _datetime(micros: int) -> datetime:
    return windows.to_datetime(max(0, micros)).astimezone(UTC)


def main() -> None:
    """Read the task from standard input, then evaluate the log until that is closed."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    task = WatchTask.parse(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_stop_with_server, args=(task, stop), daemon=True).start()
    notifier = Notifier()
    with open_registry(task.registry, read_only=True) as registry:
        watch = LogWatch(task, registry.context, notifier)
        while not stop.is_set():
            start = time.monotonic()
            watch.evaluate()
            work_s = time.monotonic() - start
            stop.wait(max(task.interval_s - work_s, work_s / MAX_TIME_SHARE - work_s))
    notifier.close()
    shutil.rmtree(task.folder, ignore_errors=True)


def _stop_with_server(task: WatchTask, stop: threading.Event) -> None:
    """Wait for the end of the server; then end, even in the middle of an evaluation."""
    sys.stdin.read()
    stop.set()
    time.sleep(GRACE_SECONDS)
    shutil.rmtree(task.folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
