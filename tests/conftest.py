"""Tests see an empty home and git's own defaults, and nothing else of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

import nbmodel
from tests.builder import Builder
from tests.fixtures.kernels import Kernel
from tests.fixtures.projects import make_project

# A busy machine takes as long as it takes.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

# These files take longest. They start first, so that no worker waits for them at the end.
LONG = ("docs/test_site.py", "test_monitoring_", "browser/")


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest; the others keep their order."""
    here = Path(__file__).parent

    def place(item):
        path = item.path.relative_to(here).as_posix()
        return next((n for n, long in enumerate(LONG) if path.startswith(long)), len(LONG))

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def isolated_home(tmp_path_factory):
    """For the whole session, so that module-wide kernels live in it too."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        for name in ("EMAIL", "NBMODEL_LOG"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        for name in ("CONFIG", "CACHE", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield home


@pytest.fixture
def bare_repo(tmp_path):
    """An empty bare repository, and the means to put good and bad objects into it."""
    builder = Builder(tmp_path / "registry ü.git")
    yield builder
    builder.git.close()


@pytest.fixture
def project(tmp_path):
    """The user's own repository, with a commit and an uncommitted change."""
    folder = make_project(tmp_path / "my project ü", {"train.py": "print(1)\n"})
    (folder / "train.py").write_text("print(2)\n")
    return folder


@pytest.fixture
def registry(project):
    """The registry of `project`, still empty."""
    with nbmodel.open(project) as opened:
        yield opened


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel in a project, for all tests of a file."""
    with Kernel(make_project(tmp_path_factory.mktemp("my notebooks ü"))) as running:
        yield running
