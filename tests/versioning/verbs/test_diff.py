"""Diff, section by section, with the exact values of both sides."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression, Ridge

from nbmodel.errors import NotFound, SegmentDamaged

AGES = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0], "income": [10, 20, 30, 45]})
CITIES = pd.DataFrame(
    {"age": [1.0, 2.0, 3.0, 6.0], "income": [10, 20, 30, 45], "city": [1, 1, 2, 2]}
)
TARGET = 2 * AGES.age + 1


@pytest.fixture
def two(registry):
    """A model, and another model with other metrics, parameters, tags and data."""
    registry.commit(
        LinearRegression().fit(AGES, TARGET),
        "net",
        metrics={"auc": 0.9, "loss": 1},
        params={"seed": 1, "old": "a"},
        tags={"team": "a"},
        data=AGES,
    )
    registry.commit(
        Ridge(alpha=0.5).fit(CITIES, TARGET),
        "net",
        metrics={"auc": 0.95, "f1": 0.5},
        params={"seed": 2},
        tags={"team": "b"},
        data=CITIES,
    )
    return registry.diff("net@1", "net@2")


def rows(result, section):
    return [(c.name, c.before, c.after, c.note) for c in result.sections[section]]


def inside(result):
    return [(a.path, a.shape, a.describe()) for a in result.arrays]


def linear(inputs):
    layer = torch.nn.Linear(inputs, 2)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.bias.fill_(0.0)
    return layer


def test_the_direction_of_a_metric_is_not_dropped(registry):
    for alpha, lower in ((1.0, ["cost"]), (2.0, [])):
        model = Ridge(alpha).fit(AGES, TARGET)
        registry.commit(model, "net", metrics={"cost": alpha}, lower_is_better=lower)
    difference = registry.diff("net@1", "net@2")
    assert "cost" in difference.text()
    assert "lower_is_better" not in difference.text()


def test_the_object(two):
    assert rows(two, "object") == [
        (
            "type",
            "sklearn.linear_model._base.LinearRegression",
            "sklearn.linear_model._ridge.Ridge",
            "",
        ),
        ("summary", "LinearRegression", "Ridge", ""),
    ]


def test_metrics_with_their_difference(two):
    assert rows(two, "metrics") == [
        ("auc", "0.9", "0.95", "+0.05"),
        ("loss", "1", "-", ""),
        ("f1", "-", "0.5", ""),
    ]


def test_parameters_of_the_user_and_of_the_object(two):
    assert set(rows(two, "parameters")) >= {
        ("old", "a", "-", ""),
        ("seed", "1", "2", "+1"),
        ("alpha", "-", "0.5", ""),
        ("solver", "-", "auto", ""),
    }
    assert "fit_intercept" not in {name for name, *_ in rows(two, "parameters")}


def test_tags(two):
    assert rows(two, "tags") == [("team", "a", "b", "")]


def test_the_signature(two):
    assert rows(two, "signature") == [("input city", "-", "int64[-1]", "")]


def test_the_data(two):
    fingerprint, *others = rows(two, "data")
    assert fingerprint[0] == "fingerprint"
    assert fingerprint[1] != fingerprint[2]
    assert others == [
        ("age mean", "2.5", "3", "+0.5"),
        ("age max", "4", "6", "+2"),
        ("age std", "1.118", "1.871", "+0.7528"),
        ("city dtype", "-", "int64", ""),
        ("city missing", "-", "0", ""),
        ("city min", "-", "1", ""),
        ("city mean", "-", "1.5", ""),
        ("city max", "-", "2", ""),
        ("city std", "-", "0.5", ""),
    ]


def test_data_of_another_length(registry):
    registry.commit({"n": 1}, "net", data=AGES)
    registry.commit({"n": 1}, "net", data=AGES[:3])
    assert rows(registry.diff("net@1", "net@2"), "data")[0] == ("rows", "4", "3", "-1")


def test_the_environment(registry, monkeypatch):
    def commit(distributions):
        monkeypatch.setattr(
            "nbmodel.versioning.verbs.commit.environment.distributions", lambda _: distributions
        )
        registry.commit({"n": 1}, "net")

    commit({"numpy": "2.0.0", "gone": "1.0", "same": "3"})
    commit({"numpy": "2.1.0", "same": "3", "new": "0.1"})
    assert rows(registry.diff("net@1", "net@2"), "environment") == [
        ("gone", "1.0", "-", ""),
        ("numpy", "2.0.0", "2.1.0", ""),
        ("new", "-", "0.1", ""),
    ]


def test_the_python_of_another_environment(registry, monkeypatch):
    registry.commit({"n": 1}, "net")
    monkeypatch.setattr("nbmodel.versioning.verbs.commit.platform.python_version", lambda: "3.99.0")
    registry.commit({"n": 1}, "net")
    ((name, _, after, note),) = rows(registry.diff("net@1", "net@2"), "environment")
    assert (name, after, note) == ("python", "3.99.0", "")


def test_arrays_by_the_norm_of_their_change(registry):
    weights = np.arange(1 << 17, dtype=float)
    registry.commit({"w": weights, "b": np.zeros(3)}, "net")
    moved = weights.copy()
    moved[0] += 3
    moved[1] += 4
    registry.commit({"w": moved, "b": np.zeros(4), "c": np.ones(2)}, "net")
    result = registry.diff("net@1", "net@2")
    assert inside(result) == [
        ("b", "(3,) <f8 -> (4,) <f8", "another shape"),
        ("w", "(131072,)", "moved by 5 (0.00%)"),
        ("c", "(2,)", "added"),
    ]
    assert result.arrays[1].relative == pytest.approx(5 / np.linalg.norm(weights))
    assert result.shared == 0


def test_a_small_array_is_compared_without_its_segment(registry):
    registry.commit({"b": np.array([3.0, 4.0])}, "net")
    registry.commit({"b": np.array([3.0, 5.0])}, "net")
    assert inside(registry.diff("net@1", "net@2")) == [("b", "(2,)", "moved by 1 (20.00%)")]


def test_a_large_array_that_did_not_change_is_shared(registry):
    weights = np.ones(1 << 17)
    registry.commit({"w": weights, "n": 1}, "net")
    registry.commit({"w": weights, "n": 2}, "net")
    result = registry.diff("net@1", "net@2")
    assert (result.shared, result.arrays) == (1 << 20, [])
    assert {name: rows(result, name) for name in result.sections} == {
        "parameters": [("n", "1", "2", "+1")]
    }
    assert result.text().splitlines()[0] == "net@1 .. net@2  (1.05 MB of 1.05 MB shared)"


def test_the_layers_of_a_network(registry):
    layer = linear(3)
    registry.commit(layer, "net")
    with torch.no_grad():
        layer.weight[0, 0] = 4.0
    registry.commit(layer, "net")
    registry.commit(linear(4), "net")
    registry.commit(torch.nn.Sequential(linear(4)), "net")
    assert inside(registry.diff("net@1", "net@2")) == [("weight", "(2, 3)", "moved by 3 (122.47%)")]
    wider = registry.diff("net@2", "net@3")
    assert inside(wider) == [("weight", "(2, 3) <f4 -> (2, 4) <f4", "another shape")]
    assert rows(wider, "counts") == [("parameters", "8", "10", "+2")]
    assert rows(wider, "parameters") == [("in_features", "3", "4", "+1")]
    assert rows(wider, "signature") == [("input input", "float32[-1, 3]", "float32[-1, 4]", "")]
    assert inside(registry.diff("net@3", "net@4")) == [
        ("bias", "(2,)", "removed"),
        ("weight", "(2, 4)", "removed"),
        ("0.bias", "(2,)", "added"),
        ("0.weight", "(2, 4)", "added"),
    ]


def test_equal_versions_have_no_differences(registry, pipeline):
    registry.commit(pipeline, "churn", metrics={"auc": float("nan")})
    registry.commit(pipeline, "churn", metrics={"auc": float("nan")})
    result = registry.diff("churn@1", "churn@2")
    assert (bool(result), dict(result.sections), result.arrays) == (False, {}, [])
    assert "churn@1 .. churn@2: no differences" in result.text()


def test_versions_of_two_models(registry):
    registry.commit({"n": 1}, "one", params={"seed": 1})
    registry.commit({"n": 1}, "two", params={"seed": 3})
    assert rows(registry.diff("one", "two"), "parameters") == [("seed", "1", "3", "+2")]


def test_a_version_that_is_not_there(registry):
    registry.commit({"n": 1}, "net")
    with pytest.raises(NotFound, match="net:main has no version 2; its latest is 1"):
        registry.diff("net@1", "net@2")


def test_values_whose_segment_is_in_another_clone(registry):
    weights = np.ones(1 << 17)
    registry.commit({"w": weights}, "net")
    registry.commit({"w": weights * 2}, "net")
    shutil.rmtree(registry.path / "lfs/objects")
    assert inside(registry.diff("net@1", "net@2")) == [
        ("w", "(131072,)", "changed; its segment is not in this clone")
    ]


def test_damaged_values_are_an_error(registry):
    weights = np.ones(1 << 17)
    registry.commit({"w": weights}, "net")
    registry.commit({"w": weights * 2}, "net")
    for path in (registry.path / "lfs/objects").rglob("?" * 64):
        path.chmod(0o644)
        path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(SegmentDamaged):
        registry.diff("net@1", "net@2")


def test_the_table_has_both_references_as_headings(two):
    lines = two.text().splitlines()
    assert lines[0].startswith("net@1 .. net@2  (0 B of ")
    assert ["metrics", "net@1", "net@2", "change"] in [line.split() for line in lines]
    assert ["auc", "0.9", "0.95", "+0.05"] in [line.split() for line in lines]
    assert "<th>metrics</th>" in two.html().replace(' class="num"', "")
