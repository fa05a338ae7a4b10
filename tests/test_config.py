"""Settings, environment and Voilà: whether a registry may change, and the folder of logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmodel.config import NbModel, under_voila
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.repo.location import Location


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("NBMODEL_READ_ONLY", "NBMODEL_LOG", "VOILA_PREHEAT", "SERVER_SOFTWARE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("value", ["1", "true", "yes", " 1 ", "anything"])
def test_the_environment_can_forbid_changes(monkeypatch, value):
    monkeypatch.setenv("NBMODEL_READ_ONLY", value)
    assert NbModel().refuses_changes()


@pytest.mark.parametrize("value", ["", "0", "false", "No", "OFF", " "])
def test_other_values_of_the_environment_allow_changes(monkeypatch, value):
    monkeypatch.setenv("NBMODEL_READ_ONLY", value)
    assert not NbModel().refuses_changes()


@pytest.mark.parametrize(
    ("name", "value", "is_voila"),
    [
        ("SERVER_SOFTWARE", "voila/0.5.13", True),
        ("SERVER_SOFTWARE", "gunicorn/23.0", False),
        ("VOILA_PREHEAT", "True", True),
        ("VOILA_PREHEAT", "False", True),
    ],
)
def test_voila_is_recognized_by_its_variables(monkeypatch, name, value, is_voila):
    monkeypatch.setenv(name, value)
    assert under_voila() is is_voila
    assert NbModel().refuses_changes() is is_voila
    assert NbModel(read_only=True).refuses_changes()


def test_changes_are_allowed_by_default():
    assert not NbModel().refuses_changes()


def test_the_folder_for_logs_is_configurable(monkeypatch, tmp_path):
    place = Location(tmp_path)
    assert str(default_root(place)).endswith(f"predictions/{place.key}")
    monkeypatch.setenv("NBMODEL_LOG", str(tmp_path / "of all"))
    assert default_root(place) == tmp_path / "of all" / place.key
    monkeypatch.setattr(NbModel.instance(), "prediction_log", "s3://bucket/logs/")
    assert default_root(place) == f"s3://bucket/logs/{place.key}"
    assert default_root(place, "~/logs") == Path.home() / "logs" / place.key
