"""What Binder does, without Docker and the other steps of repo2docker.

`binder/postBuild` runs as repo2docker runs it: in a new environment that comes first on PATH, in
a separate checkout and an empty home. Then the tests send the requests of a visitor to a server.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.fixtures.processes import server_process
from tests.fixtures.projects import git

ROOT = Path(__file__).parent.parent
TOKEN = "a-token"
pytestmark = pytest.mark.interop  # a whole environment is installed anew, which takes minutes
BUILD_SECONDS, ANSWER_SECONDS = 900, 120
ENVIRONMENT = ("PATH", "LANG", "PIP_CONFIG_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_USERCONFIG", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy",
        "https_proxy", "no_proxy", "NO_PROXY")  # fmt: skip
LINK = re.compile(r"mybinder\.org/v2/[^)\s]*[?&]urlpath=lab/tree/([^)\s&]+)")


def checkout(folder: Path) -> Path:
    """The files that git has or would add, in a new repository."""
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    return folder


class Built:
    """A checkout in which postBuild ran."""

    def __init__(self, folder: Path) -> None:
        self.root = checkout(folder / "repo")
        self.prefix = folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", str(self.prefix)], check=True)
        home = folder / "home"
        home.mkdir()
        inherited = {
            k: v for k, v in os.environ.items() if k in ENVIRONMENT or k.startswith("PIP_")
        }
        self.env = inherited | {
            "HOME": str(home),
            "PATH": f"{self.prefix / 'bin'}:{inherited['PATH']}",
            "NB_PYTHON_PREFIX": str(self.prefix),
        }
        self.run("./binder/postBuild", timeout=BUILD_SECONDS)

    def run(self, *command: str, timeout: float = 60) -> str:
        done = subprocess.run(
            command, cwd=self.root, env=self.env, timeout=timeout, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("binder")
    (folder / "repo").mkdir()
    return Built(folder)


@pytest.fixture(scope="module")
def server(built):
    """Jupyter Server as binder starts it; its address."""
    log = built.prefix / "server.log"
    command = [
        str(built.prefix / "bin/jupyter"), "lab", "--no-browser", "--port=0", "--allow-root",
        f"--IdentityProvider.token={TOKEN}", "--ip=127.0.0.1",
    ]  # fmt: skip
    with server_process(
        command, built.root, lambda: address_in(log), log=log, env=built.env
    ) as address:
        yield address


def address_in(log: Path) -> str:
    """The first address in a server's log that takes connections; empty if none does."""
    for address, port in re.findall(r"(http://127\.0\.0\.1:(\d+)/)", log.read_text()):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port)), timeout=ANSWER_SECONDS).close()
            return str(address)
    return ""


def get(server: str, path: str) -> tuple[int, str]:
    request = urllib.request.Request(server + path, headers={"Authorization": f"token {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def test_the_link_opens_the_quickstart_and_the_files_are_what_repo2docker_takes():
    link = LINK.search((ROOT / "README.md").read_text())
    assert link is not None
    assert link[1] == "notebooks/quickstart.ipynb"
    assert (ROOT / link[1]).is_file()
    assert os.access(ROOT / "binder/postBuild", os.X_OK)
    assert (ROOT / "binder/runtime.txt").read_text() == "python-3.11\n"
    assert (ROOT / "binder/apt.txt").read_text().split() == ["git", "git-lfs"]


@pytest.mark.timeout(BUILD_SECONDS + 300)
def test_both_server_extensions_are_enabled(built):
    listed = re.sub(r"\x1b\[[0-9;]*m", "", built.run("jupyter", "server", "extension", "list"))
    for name in ("voila.server_extension", "nbmodel.jupyter_server", "jupyterlab"):
        assert re.search(rf"{re.escape(name)}.*\benabled\b", listed), listed
    listed = re.sub(r"\x1b\[[0-9;]*m", "", built.run("jupyter", "labextension", "list"))
    assert re.search(r"nbmodel.*enabled.*OK", listed), listed


def test_the_checkout_contains_models(built):
    assert "churn" in built.run("nbmodel", "--repo", "notebooks", "list")


def test_a_visitor_finds_quickstart_and_dashboard(server):
    assert get(server, "lab/tree/notebooks/quickstart.ipynb")[0] == 200
    assert get(server, "api/contents/notebooks/quickstart.ipynb?content=0")[0] == 200
    status, page = get(server, "voila/render/notebooks/registry.ipynb")
    assert status == 200
    assert "application/vnd.jupyter.widget-view+json" in page
    assert "churn" in page
