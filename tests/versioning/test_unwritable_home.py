"""A home that cannot be written: versions are stored, and a warning names what is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import Untrusted
from tests.fixtures.projects import git

ROOT = Path(__file__).parents[2]
WORDS = "After this process has ended, they are not known as yours"
COMMIT = """
import sys, nbmodel
with nbmodel.open(sys.argv[1]) as registry:
    print(registry.commit({"n": 1}, "net", "first").text())
    print(registry.commit({"n": 2}, "net", "second").text())
    print(registry.list().text(), registry.checkout("net"))
"""


@pytest.fixture
def nowhere(tmp_path):
    """A path that cannot be created, not even by root, because it is below a file."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "home"


@pytest.fixture
def homeless(nowhere, monkeypatch):
    for name in ("DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(nowhere))


def test_a_commit_is_stored_and_the_warning_names_the_setting_once(project, homeless, caplog):
    with nbmodel.open(project) as registry:
        (warning,) = registry.commit({"n": 1}, "net", "first").warnings
        assert WORDS in warning
        assert "set XDG_DATA_HOME" in warning
        assert registry.commit({"n": 2}, "net", "second").warnings == ()
        assert registry.checkout("net@1") == {"n": 1}
        assert [v.number for v in registry.log("net").versions] == [2, 1]
    assert caplog.text.count("set XDG_CACHE_HOME") == 1
    assert git(project, "fsck", "--strict") == ""


def test_a_version_that_was_not_recorded_loads_as_another_persons(project, homeless):
    """The trust check builds what is plain data; code runs only with --trust."""
    with nbmodel.open(project) as registry:
        registry.commit({"w": np.arange(9)}, "plain", "first")
        registry.commit(lambda: 1, "code", "first")
        assert registry.checkout("code")() == 1  # by the process that made it
    with nbmodel.open(project) as registry:
        assert registry.checkout("plain")["w"][8] == 8
        with pytest.raises(Untrusted, match="You did not commit code@1 on this machine"):
            registry.checkout("code")
        assert registry.checkout("code", trust=True)() == 1


@pytest.mark.parametrize("which", ["DATA", "CACHE"])
def test_each_folder_that_cannot_be_written_is_named(project, nowhere, monkeypatch, caplog, which):
    monkeypatch.setenv(f"XDG_{which}_HOME", str(nowhere))
    with nbmodel.open(project) as registry:
        warnings = registry.commit(lambda: 1, "code", "first").warnings
        registry.list()
    assert bool(warnings) == (which == "DATA")
    assert ("XDG_CACHE_HOME" in caplog.text) == (which == "CACHE")
    with nbmodel.open(project) as registry:
        if which == "CACHE":
            assert registry.checkout("code")() == 1
        assert registry.verify()


def test_every_verb_works_without_a_home(project, homeless):
    with nbmodel.open(project) as registry:
        registry.commit({"w": np.arange(1 << 17)}, "net", "first")
        registry.commit({"w": np.arange(1 << 17)}, "net", "second")
    with nbmodel.open(project) as registry:
        assert registry.promote("net@1", "prod").version.number == 1
        assert registry.show("net@prod").version.number == 1
        assert "no differences" in registry.diff("net@1", "net@2").text()
        assert registry.verify()
        assert registry.edit_card("net", "# net\n\nOwn words.", "words").version.number == 3
        registry.release("net@2", version="v0.1.0")
        registry.annotate("net", "good")
        registry.export("net@2", project / "out")
        assert registry.gc().garbage == []


def test_a_home_without_any_setting(project, nowhere):
    env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-c", COMMIT, project], cwd=ROOT, capture_output=True, text=True,
        env=env | {"HOME": str(nowhere)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(WORDS) == 1
    assert done.stderr.count("set XDG_CACHE_HOME") == 1
    assert "net@2" in done.stdout
    assert done.stdout.endswith("{'n': 2}\n")


def test_a_home_that_is_mounted_read_only(project, tmp_path):
    mine = ["unshare", "--mount", "--map-root-user"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*mine, "true"], capture_output=True).returncode
    ):
        pytest.skip("no mounts of one's own here")
    home = tmp_path / "read-only"
    home.mkdir()
    mount = f"mount -t tmpfs -o ro,size=1m nbmodel '{home}'"
    env = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    done = subprocess.run(
        [*mine, "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", COMMIT, project],
        cwd=ROOT, capture_output=True, text=True, env=env | {"HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Read-only file system" in done.stdout
    assert done.stdout.count(WORDS) == 1
    assert done.stdout.endswith("{'n': 2}\n")
