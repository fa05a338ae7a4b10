"""The main metric in IPython's configuration holds for a shell too."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import nbmodel
from nbmodel import ipython_files
from nbmodel.config import NbModel
from nbmodel.views import answer
from tests.fixtures.projects import make_project


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """The folder of the default profile."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    folder = tmp_path / "ipython" / "profile_default"
    folder.mkdir(parents=True)
    return folder


def test_a_shell_and_a_tile_judge_by_the_configured_metric(tmp_path, profile):
    registry = nbmodel.open(make_project(tmp_path / "shop"))
    registry.commit({"w": 1}, "zwei-ziele", "one", metrics={"auc": 0.5, "kosten": 12.0})
    registry.promote("zwei-ziele@1", "prod", "go")
    (profile / "ipython_config.py").write_text('c.NbModel.main_metric = "kosten"\n')
    assert answer(registry, "home", {})["tiles"][0]["metric"]["name"] == "kosten"
    ask = "import sys; from nbmodel.config import NbModel; print(NbModel().chosen_main_metric())"
    shell = subprocess.run(
        [sys.executable, "-c", ask], env=os.environ, cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert shell.stdout.strip() == "kosten"


def test_the_file_of_the_kernel_decides_and_a_setting_of_the_notebook_wins(profile):
    assert ipython_files.setting("main_metric") == ""
    (profile / "ipython_config.json").write_text('{"NbModel": {"main_metric": "auc"}}')
    assert ipython_files.setting("main_metric") == "auc"
    (profile / "ipython_kernel_config.py").write_text('c.NbModel.main_metric = "f1"')
    assert ipython_files.setting("main_metric") == "f1"
    assert NbModel(main_metric="mape").chosen_main_metric() == "mape"


def test_a_file_with_a_mistake_is_left_out_with_a_warning(profile, caplog):
    (profile / "ipython_config.py").write_text("c.NbModel.main_metric = kosten")
    assert ipython_files.setting("main_metric") == ""
    assert "ipython_config.py was not read: NameError" in caplog.text
