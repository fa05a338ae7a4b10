"""The data of a page: a repeated value is stored once, and unpacked everywhere."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

import nbmodel
from nbmodel.dashboard.embedded import embedded
from nbmodel.dashboard.packing import Packer
from tests.fixtures.projects import make_project


def unpacked(value, shared):
    """As `embedded.ts` reads it."""
    if isinstance(value, list):
        return [unpacked(part, shared) for part in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["$"] and isinstance(value["$"], int):
        return shared[value["$"]]
    return {key: unpacked(part, shared) for key, part in value.items()}


def plain(value):
    return json.loads(json.dumps(value))


LONG = st.sampled_from(["a" * 60, "b" * 60, "short", ""])
VALUES = st.recursive(
    LONG | st.integers(0, 3) | st.none(),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(st.sampled_from(["$", "a", "b"]), parts, max_size=3)
    ),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=5))
def test_any_value_is_unpacked_as_it_was_packed(values):
    pack = Packer(values)
    packed = plain([pack(value) for value in values])
    assert [unpacked(value, plain(pack.shared)) for value in packed] == plain(values)


def test_a_repeated_value_is_stored_once():
    card = "# A card\n" * 100
    values = [{"card": card, "cells": str(n)} for n in range(50)]
    pack = Packer(values)
    packed = [pack(value) for value in values]
    assert pack.shared == [card]
    assert packed[7] == {"card": {"$": 0}, "cells": "7"}


def test_a_value_in_the_form_of_a_reference_is_not_a_reference():
    pack = Packer([{"a": {"$": 0}}])
    assert unpacked(pack({"a": {"$": 0}}), pack.shared) == {"a": {"$": 0}}


def test_the_newest_versions_are_embedded_with_their_whole_record(folder):
    progress = []
    with nbmodel.open(folder, read_only=True) as registry:
        data = plain(embedded(registry, 4, lambda done, total: progress.append((done, total))))
        full = plain(embedded(registry, 1000, lambda done, total: None))
        answer = plain(nbmodel.views.answer(registry, "version", {"ref": "net@2"}))
        commit = answer["row"]["commit"]
        child = plain(nbmodel.views.answer(registry, "version", {"ref": "net@3"}))["row"]["commit"]
    assert len(data["rows"]) == len(data["versions"]) == 4
    assert [row["time"] for row in full["rows"]] == sorted(
        (row["time"] for row in full["rows"]), reverse=True
    )
    assert progress == [(n, 4) for n in range(1, 5)]
    version = unpacked(full["versions"][commit], full["shared"])
    assert version == {key: value for key, value in answer.items() if key != "row"}
    assert full["histories"].keys() == {"net", "top"}
    history = unpacked(full["histories"]["net"], full["shared"])
    assert history["branches"] == ["exp", "main"]
    assert [move["stage"] for move in history["moves"]] == ["prod", "prod"]
    assert history["hasMore"] is False
    assert unpacked(full["arrays"][f"{commit}..{child}"], full["shared"]) is not None


def test_the_newest_files_are_held_and_a_larger_one_is_left_out(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("nbmodel.dashboard.embedded.MAX_FILE_BYTES", 12)
    for name, content in (("old.txt", b"12345678"), ("new.txt", b"abcdefgh"), ("x.txt", b"1234")):
        (tmp_path / name).write_bytes(content)
        registry.commit({"a": 1}, "churn", files=[tmp_path / name])
    held = embedded(registry, 10, lambda done, total: None)["files"]
    assert sorted(base64.b64decode(content) for content in held.values()) == [b"1234", b"abcdefgh"]


def test_an_overview_names_only_versions_of_the_page(tmp_path):
    registry = nbmodel.open(make_project(tmp_path))
    for name in ("first", "second", "plain"):
        registry.commit({"weights": [name]}, name, "one")
    registry.promote("first@1", "prod")
    registry.promote("second@1", "prod")
    data = embedded(registry, 1, lambda *_: None)
    commits = {row["commit"] for row in data["rows"]}
    home = data["home"]
    assert len(commits) == home["total"] == 1
    assert {tile["row"]["commit"] for tile in home["tiles"]} == commits
    assert home["unstaged"]["models"] == []
    whole = embedded(registry, 10, lambda *_: None)["home"]
    assert (whole["total"], len(whole["unstaged"]["models"])) == (2, 1)
