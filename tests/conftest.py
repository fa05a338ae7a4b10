"""Tests see an empty home and git's own defaults: nothing of the machine they run on."""

from __future__ import annotations

import os

import pytest

from tests.builder import Builder


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
