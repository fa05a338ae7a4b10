"""A registry of format 1 stays usable, and its new versions have the present format."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import ManifestInvalid
from nbmodel.repo.commits import NewCommit, write
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git
from tests.versioning.verbs.test_card import with_words

STORED = Path(__file__).parents[1] / "data" / "format-1"


@pytest.fixture
def old(tmp_path):
    """Two versions of a model with a shared segment, a release and a stage."""
    folder = tmp_path / "old"
    command = ["git", "clone", "--quiet", "--bare", str(STORED / "registry.bundle"), str(folder)]
    subprocess.run(command, check=True)
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")
    for segment in STORED.glob("[0-9a-f]*"):
        place = folder / "lfs" / "objects" / segment.name[:2] / segment.name[2:4]
        place.mkdir(parents=True)
        shutil.copy(segment, place)
    with nbmodel.open(folder) as opened:
        yield opened


def test_a_registry_of_format_1_can_be_listed_shown_and_compared(old):
    assert [version.ref for version in old.list()] == ["net@2"]
    assert [version.ref for version in old.log("net")] == ["net@2", "net@1"]
    shown = old.show("net@v1.0.0", "about", "env", "data", "files")
    assert shown.version.ref == "net@1"
    assert "8 rows" in shown.text()
    assert shown.manifest.format == 1
    assert (shown.manifest.files, shown.manifest.modules) == ((), ())
    (change,) = old.diff("net@1", "net@2").sections["metrics"]
    assert (change.before, change.after) == ("0.9", "0.95")
    assert old.verify()


def test_versions_of_format_1_can_be_checked_out_and_exported(old, tmp_path):
    model = old.checkout("net@prod")
    assert (model["bias"], model["kind"]) == (0.5, "linear")
    assert (model["w"] == np.arange(1024.0)).all()
    old.export("net@2", tmp_path / "out")
    again = load_folder(tmp_path / "out")
    assert again["bias"] == 0.75
    assert (again["w"] == model["w"]).all()
    git_lfs = (tmp_path / "out" / "payload" / "0000").read_bytes()
    assert git_lfs == np.arange(1024.0).tobytes()


def test_the_next_versions_are_of_format_2_and_share_its_segments(old):
    result = old.commit({"w": old.checkout("net")["w"], "bias": 1.0}, "net")
    assert (result.version.ref, result.shared) == ("net@3", 8192)
    edited = old.edit_card("net", with_words(old.card("net").card))
    assert edited.version.ref == "net@4"
    assert [old.show(f"net@{n}").manifest.format for n in (1, 2, 3, 4)] == [1, 1, 2, 2]
    assert old.checkout("net@4")["bias"] == 1.0
    assert old.verify()


def test_a_card_edit_of_a_version_of_format_1_keeps_its_bytes(old):
    edited = old.edit_card("net", with_words(old.card("net").card))
    for path in ("payload/skeleton", "payload/0000", "requirements.txt", ".gitattributes"):
        both = [git(old.path, "rev-parse", f"{edited.version.commit}~{n}:{path}") for n in (0, 1)]
        assert both[0] == both[1]
    assert old.checkout("net@3")["bias"] == 0.75


@pytest.mark.parametrize("path", ["files/0000", "modules/helpers.py", "run/cells.py"])
def test_a_version_of_format_1_may_contain_no_other_files(old, path):
    tip = old.log("net")[0]
    names = git(old.path, "ls-tree", "-r", "--name-only", tip.commit).splitlines()
    files = {n: old.context.git.read(f"{tip.commit}:{n}").data for n in names}
    assert json.loads(files["model.json"])["format"] == 1
    files[path] = b"x"
    change = NewCommit(
        "refs/heads/models/net/main", [tip.commit], files, tip.author, tip.time, "tampered"
    )
    commit = write(old.context.git, change)
    with pytest.raises(ManifestInvalid, match=path):
        old.show(f"net@{commit}")
