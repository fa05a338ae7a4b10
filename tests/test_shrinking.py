"""The reduction of failing inputs in campaigns, and the command that repeats them."""

from __future__ import annotations

import json
import shlex

from tests import shrinking


def test_only_the_steps_that_fail_together_remain():
    steps = list(range(200))
    assert shrinking.shrunk(steps, lambda some: {17, 150} <= set(some)) == [17, 150]


def test_bytes_are_reduced_too():
    assert shrinking.shrunk(b"x" * 99 + b"ab" + b"y" * 99, lambda some: b"ab" in some) == b"ab"


def test_without_time_nothing_is_tried():
    tried = []
    assert shrinking.shrunk([1, 2], tried.append, seconds=0) == [1, 2]
    assert tried == []


def test_the_command_contains_the_steps(monkeypatch):
    steps = [["GET", "it's \x00 \xff"], 7]
    line = shrinking.command("tests/a.py::test_b[x y]", steps, NBMODEL_SEED=3)
    variable, seed, *rest = shlex.split(line)
    assert (seed, rest[-1]) == ("NBMODEL_SEED=3", "tests/a.py::test_b[x y]")
    name, _, value = variable.partition("=")
    assert json.loads(value) == steps
    assert shrinking.steps_again() is None
    monkeypatch.setenv(name, value)
    assert shrinking.steps_again() == steps
