"""The notebook of the watched model, run from its first to its last cell."""

from __future__ import annotations

import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from nbmodel.monitor.report.report import make_report
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.versioning.registry import Registry
from tests.fixtures.processes import free_port, server_process
from tests.fixtures.projects import git

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "monitoring.ipynb"
HOME = ".nbmodel-flights"
MAX_SECONDS = 900  # on a busy machine


def copy(folder: Path, changes: Mapping[str, str] | None = None) -> None:
    """Put the notebook into a folder; each of `changes` replaces one piece of its text."""
    text = NOTEBOOK.read_text()
    for before, after in (changes or {}).items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / NOTEBOOK.name).write_text(text)


def run(folder: Path) -> nbformat.NotebookNode:
    """The notebook after it ran."""
    notebook = nbformat.read(folder / NOTEBOOK.name, 4)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=MAX_SECONDS, resources=where).execute()
    return notebook


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """What its cells printed and showed, as text."""
    return [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


def report(folder: Path, registry: Registry) -> MonitorReport:
    """What the monitor makes of the log, week by week."""
    (log,) = (folder / HOME / "log").iterdir()
    return make_report(registry.context, "delays", until="2014-01-01", window="1w", root=log)


def day(start: float) -> str:
    """The day of a time in microseconds, without its year."""
    return time.strftime("%m-%d", time.gmtime(start / 1e6))


def state(folder: Path) -> tuple[str, list[tuple[Path, int]]]:
    """Every ref of the registry, and every file of the log."""
    home = folder / HOME
    refs = git(home / ".nbmodel.git", "for-each-ref")
    return refs, sorted((path, path.stat().st_mtime_ns) for path in (home / "log").rglob("*"))


def _page(port: int) -> str:
    """The page of a server of this machine; empty if the server does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=MAX_SECONDS) as answer:
            return answer.read().decode()
    except OSError:
        return ""


@contextmanager
def under_voila(folder: Path) -> Iterator[str]:
    """The page that Voilà makes of it."""
    port = free_port()
    command = [sys.executable, "-m", "voila", NOTEBOOK.name, "--no-browser", f"--port={port}",
               "--show_tracebacks=True"]  # fmt: skip
    with server_process(command, folder, lambda: _page(port)) as page:
        yield page
