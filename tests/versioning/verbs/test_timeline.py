"""timeline: every event of a model with who and why, and which version held each stage."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound
from nbmodel.versioning.live_spans import live_spans, previous_span
from tests.fixtures.projects import make_project


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """``net``: three versions, a release, a note, a rollback and a stage on a branch."""
    registry = nbmodel.open(make_project(tmp_path_factory.mktemp("timeline"), author="Ann"))
    for number in range(3):
        registry.commit({"n": number}, "net", f"version {number + 1}\n\nmore")
    registry.commit({"n": 3}, "net", "trial", branch="exp")
    registry.annotate("net@2", "calibrated", {"ece": 0.02})
    registry.release("net@2", version="v1.0.0", message="first release")
    registry.promote("net@1", "prod", "go")
    registry.promote("net@2", "prod", "better")
    registry.promote("net:exp@4", "dev", "try")
    registry.rollback("net#prod", "calibration off")
    return registry


def test_every_event_is_listed_with_who_and_why(registry):
    events = registry.timeline("net").events
    assert {(event.kind, event.ref, event.label) for event in events} == {
        ("commit", "net@1", ""), ("commit", "net@2", ""), ("commit", "net@3", ""),
        ("commit", "net:exp@4", ""), ("note", "net@2", ""), ("release", "net@2", "v1.0.0"),
        ("stage", "net@1", "prod"), ("stage", "net@2", "prod"), ("stage", "net:exp@4", "dev"),
        ("rollback", "net@1", "prod"),
    }  # fmt: skip
    assert {event.author for event in events} == {"Ann"}
    reasons = {event.kind: event.text.strip() for event in events}
    assert reasons["rollback"] == "calibration off"
    assert reasons["note"] == "calibrated ece 0.02"
    assert [event.time for event in events] == sorted((e.time for e in events), reverse=True)


def test_spans_say_which_version_was_live_when(registry):
    result = registry.timeline("net")
    spans = [
        (span.move.stage, result.names[span.move.commit], span.end is None) for span in result.spans
    ]
    assert spans == [
        ("prod", "net@1", False),
        ("prod", "net@2", False),
        ("dev", "net:exp@4", True),
        ("prod", "net@1", True),
    ]
    prod = [span for span in result.spans if span.move.stage == "prod"]
    assert [span.end for span in prod[:2]] == [span.move.time for span in prod[1:]]
    before = previous_span(result.spans, prod[-1])
    assert result.names[before.move.commit] == "net@2"


def test_the_text_shows_the_live_versions_first(registry):
    lines = registry.timeline("net").text().splitlines()
    assert lines[0].split() == ["stage", "version", "from", "to", "author", "reason"]
    assert "net@1" in lines[1]
    assert " now " in lines[1]
    assert "calibration off" in lines[1]


def test_a_page_says_that_older_events_exist(registry):
    result = registry.timeline("net", limit=2)
    assert (len(result.events), result.has_more) == (2, True)
    assert "-n NUMBER" in result.text()


def test_a_new_note_of_a_version_before_the_page_is_listed(tmp_path, monkeypatch):
    registry = nbmodel.open(make_project(tmp_path, author="Ann"))
    for number in range(4):
        registry.commit({"n": number}, "net", f"version {number + 1}")
    registry.promote("net@2", "prod", "go")
    registry.annotate("net@1", "leaks the label")
    registry.commit({"n": 0}, "other", "another model")
    registry.annotate("other@1", "a note of another model")
    monkeypatch.setattr(type(registry.context.index), "by_commit", None)  # one query for each
    result = registry.timeline("net", limit=2)
    assert {(event.kind, event.ref) for event in result.events} == {
        ("note", "net@1"), ("stage", "net@2"),
    }  # fmt: skip
    assert result.has_more
    assert [e.ref for e in registry.timeline("net").events if e.kind == "note"] == ["net@1"]


def test_no_moves_make_no_spans():
    assert live_spans([]) == []


def test_wrong_questions_are_refused(registry):
    with pytest.raises(NotFound):
        registry.timeline("nothing")
    with pytest.raises(InvalidValue):
        registry.timeline("net", limit=0)


def test_the_figure_of_stages_has_a_bar_for_each_span(registry):
    result = registry.timeline("net")
    assert result.figures == ("stages",)
    bars = {
        (stage, trace.name, base)
        for trace in result.figure().data
        for stage, base in zip(trace.y, trace.base, strict=True)
    }
    assert bars == {
        (
            s.move.stage,
            result.names[s.move.commit],
            datetime.fromtimestamp(s.move.time, UTC).replace(tzinfo=None),
        )
        for s in result.spans
    }
    assert "calibration off" in str(result.figure("stages").data[0].hovertext)


def test_a_model_without_stages_says_why_it_has_no_figure(registry):
    registry.commit({"n": 1}, "plain", "one")
    with pytest.raises(InvalidValue, match="No version of plain has held a stage"):
        registry.timeline("plain").figure("stages")


def test_the_default_message_of_a_stage_tag_is_not_a_reason(tmp_path):
    registry = nbmodel.open(make_project(tmp_path))
    registry.commit({"n": 1}, "zwei-ziele", "one")
    registry.promote("zwei-ziele@1", "prod")
    registry = nbmodel.open(registry.path)
    assert registry.context.index.stages("zwei-ziele")["prod"].message == ""
    result = registry.timeline("zwei-ziele")
    assert [event.text for event in result.events if event.kind == "stage"] == [""]
    assert result.text().count("no reason given") == 2
    assert "zwei-ziele#prod" not in result.text()
