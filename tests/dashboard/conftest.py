"""A registry full of hostile text, and a real `nbmodel dashboard` process."""

from __future__ import annotations

import re
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

import nbmodel
from tests.fixtures.projects import make_project

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>]]>"


def fill(folder) -> None:
    """Models whose every text is markup; a fork, releases, a stage that moved."""
    make_project(folder, author=EVIL.replace("<", "").replace(">", ""))
    with nbmodel.open(folder) as registry:
        for number in range(1, 4):
            registry.commit(
                {"w": [number]},
                "net",
                f"{EVIL}\n\nversion {number}",
                metrics={"auc": 0.9 + number / 100, EVIL: float("nan")},
                params={EVIL: EVIL},
                tags={"why": EVIL},
            )
        registry.promote("net@1", "prod", EVIL)
        registry.promote("net@2", "prod", EVIL)
        registry.release("net@2", bump="minor", message=EVIL)
        registry.annotate("net@2", EVIL)
        registry.branch("net", "exp", "net@2")
        registry.commit({"w": [9]}, "net", "forked", branch="exp")
        registry.commit({"b": 1}, "top", "made from it", uses=["net@2"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reg <b>&amp;") / "my models <i>"
    fill(folder)
    return folder


class Served:
    """A running `nbmodel dashboard`, and its output."""

    def __init__(self, *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nbmodel.cli", "dashboard", "--no-browser", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.line = self._line(60)
        self.url = re.search(r"http://\S+", self.line)[0]

    def _line(self, timeout: float) -> str:
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        assert ready, "it printed nothing"
        line = self.process.stdout.readline().decode()
        assert "http://" in line, line + self.process.stdout.read().decode()
        return line

    def get(self, url: str = "", **headers: str):
        """Status, headers and text of an answer."""
        request = urllib.request.Request(url or self.url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def kernels(self) -> list[int]:
        """Process ids of its children."""
        done = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(pid) for pid in done.stdout.split()]

    def end(self, how: int = signal.SIGINT) -> int:
        """End it with a signal; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.output = self.process.communicate(timeout=60)[0].decode()
        return self.process.returncode


@pytest.fixture(scope="module")
def served(folder):
    running = Served("--repo", str(folder))
    yield running
    running.end(signal.SIGTERM)
