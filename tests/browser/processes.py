"""Real servers on this machine: JupyterLab and the dashboard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.waiting import until_ready

TOKEN = "t0ken"
PATIENCE = 60  # seconds until a server answers
NEWS_OFF = '{"fetchNews": "false", "checkForUpdates": false}'


@dataclass(frozen=True)
class Server:
    """A process that answers at `url`."""

    url: str
    folder: Path
    said: Path

    def at(self, path: str = "") -> str:
        """Address of a page, with the token."""
        return f"{self.url}{path}?token={TOKEN}"


def free_port() -> int:
    """A port on which no process listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def serving(
    command: Sequence[str], folder: Path, url: str, probe: str, environment: Mapping[str, str]
) -> Iterator[Server]:
    """Run a server until the block ends; wait until it answers before the block begins."""
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / f"said-{free_port()}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until_ready(process, lambda: _answers(probe), said, PATIENCE)
            yield Server(url, folder, said)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def jupyter_lab(
    root: Path, own: Path, *, without: str = "", base: str = "", program: str = "lab"
) -> Iterator[Server]:
    """JupyterLab on a folder, with separate settings and nothing of the user's.

    Parameters
    ----------
    root : Path
        What it shows.
    own : Path
        For its settings, kernels' records and log.
    without : str
        A server extension that is switched off, as by ``jupyter server extension disable``.
    base : str
        The path of the server, as JupyterHub sets it: ``/user/nina``.
    program : str
        ``lab``, or ``notebook`` for Jupyter Notebook 7.
    """
    settings = own / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(NEWS_OFF)
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}{base}"
    command = [
        sys.executable, "-m", "jupyter", program, "--no-browser", "--allow-root",
        f"--port={port}", f"--ServerApp.base_url={base}/", "--ServerApp.port_retries=0",
        "--ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    switched = {"ServerApp": {"jpserver_extensions": {without: False} if without else {}}}
    (own / "off").mkdir()
    (own / "off" / "jupyter_server_config.json").write_text(json.dumps(switched))
    before = os.environ.get("JUPYTER_CONFIG_PATH", "")
    environment = {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, (str(own / "off"), before))),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
    }
    with serving(command, own, url, f"{url}/api?token={TOKEN}", environment) as server:
        yield server


@contextmanager
def dashboard(registry: Path, own: Path, *options: str) -> Iterator[Server]:
    """``nbmodel dashboard`` on a registry, as a user starts it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "nbmodel.cli", "--repo", str(registry),
        "dashboard", "--port", str(port), "--token", TOKEN, "--no-browser", *options,
    ]  # fmt: skip
    environment = {
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
    }
    with serving(command, own, url, f"{url}/?token={TOKEN}", environment) as server:
        yield server


def ask(registry: Path, *words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Run ``nbmodel`` to its end."""
    command = [sys.executable, "-m", "nbmodel.cli", "--repo", str(registry), *words]
    return subprocess.run(command, cwd=registry, capture_output=True, text=True, check=check)
