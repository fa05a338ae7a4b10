"""Values of odd types in ``model.json`` and ``profile.json``: shown, compared, or refused by name.

The kind: a document that one reader checks and another reads as nbmodel itself writes it. Each
was found by `tests/fuzzing`.
"""

from __future__ import annotations

import json

import pytest

import nbmodel
from nbmodel import manifest
from nbmodel.errors import ManifestInvalid
from nbmodel.records import ArrayNote, Column, Placement, Signature
from tests.builder import Builder, manifest_of, segment
from tests.versioning.test_limits import planted

HUGE = 10**400  # beyond any float


@pytest.fixture
def builder(tmp_path):
    made = Builder(tmp_path / ".nbmodel.git")
    yield made
    made.git.close()


def changes(builder, section):
    with nbmodel.open(builder.path.parent) as registry:
        difference = registry.diff("one", "two")
        difference.html()
        return {change.name: change for change in difference.sections.get(section, ())}


@pytest.mark.parametrize("columns", [5, True, "text", None, {"a": 1}, [1, None, []]])
def test_a_profile_without_a_list_of_columns_is_compared_by_its_other_fields(builder, columns):
    planted(
        builder, "one", **{"profile.json": b'{"rows": 3, "columns": [{"name": "a", "min": 1}]}'}
    )
    odd = json.dumps({"rows": 4, "columns": columns}).encode()
    planted(builder, "two", **{"profile.json": odd})
    rows = changes(builder, "data")
    assert (rows["rows"].before, rows["rows"].after, rows["rows"].note) == ("3", "4", "+1")
    assert rows["a min"].after == "-"


@pytest.mark.parametrize("section", ["data", "parameters", "counts"])
def test_a_whole_number_beyond_any_float_has_no_difference(builder, section):
    for name, number in (("one", 1), ("two", HUGE)):
        fields = {"params": {"n": number}, "counts": {"n": number}}
        files = {
            "model.json": manifest.dumps(manifest_of(name, **fields)),
            "profile.json": json.dumps({"rows": number}).encode(),
        }
        planted(builder, name, **files)
    change = changes(builder, section)["rows" if section == "data" else "n"]
    assert (change.before, change.after, change.note) == ("1", str(HUGE), "")


ODD_NOTES = {
    "no dtype": {"dtype": "no such type", "values": [2.0, 3.0]},
    "a dtype of dtypes": {"dtype": "f8,(1000000000)f8", "values": [2.0, 3.0]},
    "other values": {"values": [2.0, 3.0, 4.0]},
    "no values": {"values": []},
    "values beyond any float": {"values": [2.0, HUGE]},
    "a norm beyond any float": {"values": None, "norm": HUGE, "digest": "d"},
}


@pytest.mark.parametrize("name", ODD_NOTES)
def test_arrays_that_cannot_be_compared_are_reported_as_changed(builder, name):
    for model, fields in (
        ("one", ODD_NOTES[name] | {"values": [1.0, 1.0]}),
        ("two", ODD_NOTES[name]),
    ):
        note = {"dtype": "<f8", "shape": (2,)} | fields
        note["values"] = note["values"] and tuple(note["values"])
        data = manifest.dumps(manifest_of(model, arrays={"coef_": ArrayNote(**note)}))
        planted(builder, model, **{"model.json": data})
    with nbmodel.open(builder.path.parent) as registry:
        (change,) = registry.diff("one", "two").arrays
    assert change.remark.startswith("changed")


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (ArrayNote("<f8", (2,), buffer=7), "buffer 7"),
        (ArrayNote("<f8", (2,), buffer=HUGE), "buffer 1000"),
        (ArrayNote("<f8", (2,), buffer=0), "not of <f8"),
    ],
)
def test_an_array_without_a_buffer_is_refused(builder, note, why):
    values = ArrayNote("<f8", (2,), values=(1.0, 1.0))
    for model, array in (("one", values), ("two", note)):
        made = manifest_of(model, segments=["text"], arrays={"coef_": array})
        payload = type(made.payload)(segment("skeleton"), (segment("text"),), (Placement(0, 0, 4),))
        made = manifest_of(model, arrays={"coef_": array}, payload=payload)
        planted(builder, model, **{"model.json": manifest.dumps(made)})
    with nbmodel.open(builder.path.parent) as registry, pytest.raises(ManifestInvalid, match=why):
        registry.diff("one", "two")


def odd(**changes):
    document = json.loads(manifest.dumps(manifest_of()))
    for path, value in changes.items():
        *owners, key = path.split("__")
        node = document
        for owner in owners:
            node = node[owner]
        node[key] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"signature__inputs": [{"name": "a", "dtype": "int8", "shape": [-1, 1 << 63]}]},
        {"signature__inputs": [{"name": "a", "dtype": "int8", "shape": [1] * 65}]},
    ],
)
def test_a_shape_that_no_array_can_have_is_refused(changes):
    with pytest.raises(ManifestInvalid, match="shape"):
        manifest.loads(odd(**changes), "m@1")


def test_a_signature_of_many_wide_inputs_is_read_and_answered_in_time():
    from nbmodel.monitor.drift.references import references

    wide = Signature(tuple(Column(f"c{n}", "float32", (-1, 10_000)) for n in range(5_000)))
    text = manifest.dumps(manifest_of(signature=wide))
    read = manifest.loads(text, "m@1").signature
    columns = [{"name": "c7[0]", "kind": "number", "missing": 3}]
    references({"rows": 3, "columns": columns}, read)
    plain = Signature((Column("a", "int8", (-1,)), Column("b", "int8", (-1, 2))))
    columns = [{"name": name, "missing": 1} for name in ("a", "b[0]", "b[1]")]
    columns_read = references({"rows": 3, "columns": columns}, plain)
    assert [reference.name for reference in columns_read] == ["a", "b[0]", "b[1]"]
