"""Tests see an empty home and git's own defaults: nothing of the machine they run on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.builder import Builder

# A busy machine takes as long as it takes.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

# They wait more than they compute: begun first, they do not end last and alone.
LONG = ("test_binder.py", "test_monitoring_", "browser/")


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
