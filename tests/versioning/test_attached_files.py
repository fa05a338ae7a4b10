"""Figures and files of a version, from the commit and from notes, with real git."""

import json
import os

import plotly.express as px
import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound, SegmentDamaged
from nbmodel.records import Note, Person
from nbmodel.refs import NOTES_REF
from nbmodel.repo import notes
from nbmodel.versioning import attached_files
from tests.fixtures.projects import git

FIGURE = px.imshow([[9, 1], [2, 8]], title="confusion")
LARGE = os.urandom(1 << 20)  # a segment


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "größe 1.bin"
    path.write_bytes(LARGE)
    return path


def test_a_commit_carries_figures_and_files(registry, large):
    registry.commit({"a": 1}, "churn", figures={"roc": FIGURE}, files=[large])
    shown = registry.show("churn")
    assert [file.name for file in shown.attached] == ["roc.plotly.json", "größe 1.bin"]
    assert registry.file("churn", "roc.plotly.json") == FIGURE.to_json().encode()
    assert registry.file("churn", "größe 1.bin") == LARGE
    for text in (shown.text(), registry.show("churn", "files").html()):
        assert "größe 1.bin" in text
        assert "roc.plotly.json" in text
    assert not registry.verify().findings


def test_the_card_shows_images_and_links_to_files(registry, large, tmp_path):
    (tmp_path / "a_*b*.png").write_bytes(b"\x89PNG")
    registry.commit({"a": 1}, "churn", files=[tmp_path / "a_*b*.png", large])
    card = registry.card("churn").card
    assert "## Figures and files\n\n![a\\_\\*b\\*](files/0000.png)" in card
    assert "- [größe 1\\.bin](files/0001.bin), 1.05 MB" in card or (
        "- [größe 1.bin](files/0001.bin), 1.05 MB" in card
    )
    registry.edit_card("churn", f"{card}\n## Limits\n\nNone.\n")
    again = registry.card("churn").card
    assert again.count("## Figures and files") == 1
    assert registry.file("churn@2", "größe 1.bin") == LARGE


def test_a_refused_attachment_stores_nothing(registry, project):
    registry.commit({"a": 1}, "churn")
    before = git(project, "for-each-ref"), git(project, "count-objects", "-v")
    with pytest.raises(InvalidValue):
        registry.commit({"a": 2}, "churn", figures={"roc": FIGURE, "x": 3})
    with pytest.raises(NotFound):
        registry.annotate("churn", "text", figures={"roc": FIGURE}, files=["nothing.html"])
    assert (git(project, "for-each-ref"), git(project, "count-objects", "-v")) == before


def test_gc_keeps_what_notes_attach(registry, large):
    registry.commit({"a": 1}, "churn")
    registry.annotate("churn@1", figures={"confusion": FIGURE}, files=[large])
    assert not registry.gc(force=True, grace=0).garbage
    git(registry.path, "gc", "--quiet", "--prune=now")
    assert registry.file("churn@1", "größe 1.bin") == LARGE
    assert registry.file("churn@1", "confusion.plotly.json") == FIGURE.to_json().encode()
    assert [f.name for f in registry.show("churn").attached if f.note] == [
        "confusion.plotly.json", "größe 1.bin",
    ]  # fmt: skip


def test_the_same_name_later_is_refused(registry):
    registry.commit({"a": 1}, "churn", figures={"roc": FIGURE})
    with pytest.raises(InvalidValue, match=r"'roc\.plotly\.json' already"):
        registry.annotate("churn@1", figures={"ROC": FIGURE})
    registry.annotate("churn@1", figures={"later": FIGURE})
    with pytest.raises(InvalidValue, match="already"):
        registry.annotate("churn@1", figures={"later": FIGURE})


def test_notes_of_two_clones_merge_with_their_files(registry, project, tmp_path):
    registry.commit({"a": 1}, "churn")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--mirror", str(project), str(clone))
    registry.annotate("churn@1", figures={"mine": FIGURE})
    with nbmodel.open(clone) as other:
        other.annotate("churn@1", "theirs", figures={"theirs": FIGURE})
    git(project, "fetch", "--quiet", str(clone), f"{NOTES_REF}:refs/notes/theirs")
    git(project, "notes", "--ref=nbmodel", "merge", "--quiet", "-s", "cat_sort_uniq", "theirs")
    git(project, "update-ref", "-d", "refs/notes/theirs")
    git(project, "gc", "--quiet", "--prune=now")
    names = {file.name for file in registry.show("churn").attached}
    assert names == {"mine.plotly.json", "theirs.plotly.json"}
    for name in names:
        assert registry.file("churn", name) == FIGURE.to_json().encode()
    git(project, "push", "--quiet", str(clone), NOTES_REF)
    with nbmodel.open(clone) as other:
        assert other.file("churn", "mine.plotly.json") == FIGURE.to_json().encode()
        assert not other.verify().findings


def test_verify_finds_a_lost_and_a_damaged_file(registry, large):
    registry.commit({"a": 1}, "churn")
    registry.annotate("churn", files=[large])
    (file,) = registry.show("churn").attached
    path = registry.context.store.path(file.content.sha256)
    path.chmod(0o644)
    path.write_bytes(bytes(len(LARGE)))
    assert [finding.where for finding in registry.verify().findings] == ["churn@1"]
    with pytest.raises(SegmentDamaged):
        registry.file("churn", "größe 1.bin")
    path.unlink()
    assert registry.verify().findings


def test_an_unknown_name_is_refused_with_those_that_are_close(registry):
    registry.commit({"a": 1}, "churn", figures={"roc": FIGURE})
    with pytest.raises(NotFound, match=r"Did you mean roc\.plotly\.json"):
        registry.file("churn", "roc.json")


def test_diff_and_compare_list_them(registry):
    registry.commit({"a": 1}, "churn", figures={"roc": FIGURE, "old": FIGURE})
    registry.commit({"a": 2}, "churn", figures={"roc": px.line(x=[1], y=[2])})
    changes = registry.diff("churn@1", "churn@2").sections["figures and files"]
    assert [(c.name, c.after == "-") for c in changes] == [
        ("roc.plotly.json", False), ("old.plotly.json", True),
    ]  # fmt: skip
    assert "old.plotly.json" in registry.compare("churn@1", "churn@2").text()


HOSTILE = [
    3, "files", {}, [3], [{}], [{"name": "x"}],
    [{"name": 3, "size": 1, "blob": "a" * 40, "sha256": "a" * 64, "blake3": "a" * 64}],
    [{"name": "x", "size": -1, "blob": "a" * 40, "sha256": "a" * 64, "blake3": "a" * 64}],
    [{"name": "x", "size": 1, "blob": "--help", "sha256": "a" * 64, "blake3": "a" * 64}],
    [{"name": "x", "size": True, "blob": "a" * 40, "sha256": "a" * 64, "blake3": "a" * 64}],
    [{"name": "x" * 300, "size": 1, "blob": "a" * 40, "sha256": "a" * 64, "blake3": "a" * 64}],
]  # fmt: skip


@pytest.mark.parametrize("document", HOSTILE, ids=lambda document: json.dumps(document)[:40])
def test_a_note_of_another_person_that_is_not_well_formed_is_ignored(document):
    note = Note(Person("Eve", "eve@example.org"), 1, "", attached={"files": document})
    assert attached_files.of_notes([note]) == []


def test_a_note_that_names_another_object_is_an_error_of_that_file_only(registry, project):
    registry.commit({"a": 1}, "churn", figures={"roc": FIGURE})
    commit = registry.show("churn").version.commit
    for blob in (git(project, "rev-parse", "HEAD:train.py").strip(), commit, "0" * 40):
        item = {
            "name": f"{blob[:4]}.txt",
            "size": 9,
            "blob": blob,
            "sha256": "a" * 64,
            "blake3": "b" * 64,
        }
        note = Note(Person("Eve", "eve@example.org"), 1, "", attached={"files": [item]})
        notes.add(registry.context.git, commit, note)
        with pytest.raises(nbmodel.NbModelError):
            registry.file("churn", item["name"])
    assert registry.file("churn", "roc.plotly.json") == FIGURE.to_json().encode()
