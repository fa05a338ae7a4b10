"""Notes: a repeated note is recorded once, and the same words of another person are a fact."""

from __future__ import annotations

from itertools import count

import nbmodel
from nbmodel.versioning.verbs import annotate
from tests.fixtures.projects import make_project


def texts(registry) -> list[tuple[str, str]]:
    return [(note.author.name, note.text) for note in registry.show("net").notes]


def test_the_approval_of_a_second_person_is_recorded(tmp_path):
    folder = make_project(tmp_path, author="Ann")
    with nbmodel.open(folder) as registry:
        registry.commit({"w": 1}, "net", "one")
        registry.annotate("net", "approved")
        registry.annotate("net", "approved")
        assert texts(registry) == [("Ann", "approved")]
        registry.context.git.run("config", "user.name", "Bob")
    with nbmodel.open(folder) as registry:
        registry.annotate("net", "approved")
        assert texts(registry) == [("Ann", "approved"), ("Bob", "approved")]


def test_the_last_of_a_series_is_recorded(tmp_path, monkeypatch):
    seconds = count(1_700_000_000)  # equal lines of one second are one line for git
    monkeypatch.setattr(annotate, "now", lambda: next(seconds))
    registry = nbmodel.open(make_project(tmp_path))
    registry.commit({"w": 1}, "net", "one")
    for text in ("ok", "bad", "ok"):
        registry.annotate("net", text)
    assert [text for _, text in texts(registry)] == ["ok", "bad", "ok"]
