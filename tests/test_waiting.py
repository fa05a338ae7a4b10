"""Waiting ends with the event, or fails after its time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.waiting import until, until_ready


def test_until_returns_the_first_true_value():
    values = iter([None, 0, "", "ready"])
    assert until(lambda: next(values), every=0) == "ready"


def test_until_fails_after_its_time():
    with pytest.raises(AssertionError, match=r"within 0\.01 s"):
        until(lambda: False, 0.01)


def test_a_process_that_ends_shows_its_log(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", "print('no port')"], stdout=out)
        process.wait()
    with pytest.raises(AssertionError, match="no port"):
        until_ready(process, lambda: False, log)
