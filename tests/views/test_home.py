"""home: what is live in each stage, since when, by whom and why, and whether it is better."""

from __future__ import annotations

import pytest

import nbmodel
from nbmodel.config import NbModel
from nbmodel.errors import InvalidValue
from nbmodel.views import answer
from tests.fixtures.projects import make_project
from tests.views.conftest import HOSTILE


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """``price`` with a rolled-back prod and two more stages; ``churn``; two without a stage."""
    registry = nbmodel.open(make_project(tmp_path_factory.mktemp("home"), author="Ann"))
    for number, (mape, cost) in enumerate([(0.3, 10.0), (0.2, 12.0), (0.25, 11.0)]):
        registry.commit(
            {"n": number}, "price", f"v{number + 1}", metrics={"cost": cost, "mape": mape}
        )
    registry.commit({"w": 1}, "churn", "one", metrics={"auc": float("nan")})
    registry.commit({"w": 2}, "churn", "two", metrics={"recall": 0.5})
    registry.commit({"w": 3}, "plain", "no metric")
    costs = {"spend": 3.5, "ähnlich_Score": 1.0}
    registry.commit({"w": 4}, "costs", HOSTILE, metrics=costs, lower_is_better=[*costs])
    registry.promote("price@1", "prod", "first")
    registry.promote("price@2", "prod", HOSTILE)
    registry.promote("price@3", "prod", "cheaper")
    registry.rollback("price#prod", "too dear")
    registry.promote("price@3", "rger-test", "try", new_stage=True)
    registry.promote("price@3", "staging", "next")
    registry.promote("churn@2", "prod")
    return registry


def tiles(registry, **given):
    home = answer(registry, "home", given)
    return {(tile["row"]["model"], tile["stage"]): tile for tile in home["tiles"]}


def test_stages_that_people_look_for_come_first(stages):
    assert list(tiles(stages)) == [
        ("churn", "prod"),
        ("price", "prod"),
        ("price", "staging"),
        ("price", "rger-test"),
    ]


def test_a_tile_says_who_gave_the_stage_when_and_why(stages):
    tile = tiles(stages)["price", "prod"]
    assert tile["row"]["ref"] == "price@2"
    assert (tile["author"], tile["message"], tile["rolledBack"]) == ("Ann", "too dear", True)
    move = stages.context.index.stages("price")["prod"]
    assert tile["since"] == move.time


def test_the_change_is_against_the_version_that_was_live_before(stages):
    tile = tiles(stages)["price", "prod"]
    assert tile["before"] == "price@3"
    # "cost" was stated first, and nobody declared which of its values are better.
    assert tile["metric"] == {"name": "cost", "value": 12.0, "before": 11.0, "verdict": ""}


def test_the_line_of_a_tile_ends_at_the_version_that_is_live(stages):
    found = tiles(stages)
    assert found["price", "prod"]["history"] == [10.0, 12.0]
    assert found["price", "staging"]["history"] == [10.0, 12.0, 11.0]
    assert found["churn", "prod"]["history"] == ["NaN"]  # of churn@1; churn@2 lacks it


def test_the_configured_main_metric_decides_and_its_direction_is_known(stages):
    NbModel.instance().main_metric = "mape"
    try:
        found = tiles(stages)
        assert found["price", "prod"]["metric"] == {
            "name": "mape", "value": 0.2, "before": 0.25, "verdict": "better",
        }  # fmt: skip
        # Models without it fall back to the first metric of their first version.
        assert found["churn", "prod"]["metric"] is None
        assert found["price", "staging"]["metric"]["before"] is None
    finally:
        NbModel.instance().main_metric = ""


def test_a_declared_metric_has_a_direction_in_the_whole_registry_whatever_its_name(stages):
    directions = answer(stages, "registry", {})["metricDirections"]
    # "cost" is unknown; "auc" was never a number.
    assert directions == {
        "mape": "lower",
        "recall": "higher",
        "spend": "lower",
        "ähnlich_Score": "lower",
    }


def test_models_without_a_stage_are_listed_with_their_main_metric(stages):
    unstaged = answer(stages, "home", {})["unstaged"]
    assert unstaged["total"] == 2
    assert {each["row"]["model"]: each["metric"] for each in unstaged["models"]} == {
        "costs": {"name": "spend", "value": 3.5, "before": None, "verdict": ""},
        "plain": None,
    }


def test_tiles_come_in_pages(stages):
    first = answer(stages, "home", {"limit": 3})
    second = answer(stages, "home", {"limit": 3, "offset": 3})
    assert (len(first["tiles"]), len(second["tiles"])) == (3, 1)
    assert first["total"] == second["total"] == 4
    assert second["unstaged"] == {"models": [], "total": 0}


def test_a_stage_that_is_given_again_is_live_since_the_first_time(tmp_path):
    registry = nbmodel.open(make_project(tmp_path))
    registry.commit({"w": 1}, "net", "one")
    registry.promote("net@1", "prod", "go")
    first = registry.context.index.stages("net")["prod"].time
    registry.commit({"w": 2}, "net", "two")
    registry.promote("net@2", "dev", "go")
    tile = tiles(registry)["net", "prod"]
    assert (tile["since"], tile["message"], tile["before"]) == (first, "go", "")


def test_rows_say_which_version_holds_each_stage_of_their_model(stages):
    facts = answer(stages, "rows", {})["models"]
    assert facts["price"]["mainMetric"] == "cost"
    assert [(held["stage"], held["ref"], held["value"]) for held in facts["price"]["stages"]] == [
        ("prod", "price@2", 12.0),
        ("rger-test", "price@3", 11.0),
        ("staging", "price@3", 11.0),
    ]
    assert facts["churn"]["stages"][0]["value"] is None
    assert facts["plain"] == {"mainMetric": "", "stages": []}


def test_a_metric_that_was_not_recorded_cannot_be_declared(stages):
    with pytest.raises(InvalidValue, match="no metric 'spent'") as error:
        stages.commit({"w": 5}, "costs", metrics={"spend": 1.0}, lower_is_better=["spent"])
    assert "spend" in error.value.hint


def test_the_path_of_the_registry_is_in_no_answer(stages):
    assert str(stages.path) not in str([answer(stages, "registry", {}), answer(stages, "home", {})])


def test_the_main_metric_is_the_one_that_was_stated_first_also_in_a_rebuilt_index(tmp_path):
    with nbmodel.open(make_project(tmp_path, author="Ann")) as registry:
        stated = {"recall": 0.5, "precision": 0.75, "accuracy": 0.9}
        registry.commit({"w": 1}, "churn", metrics=stated)
        assert registry.context.index.main_metrics(["churn"]) == {"churn": "recall"}
        noted = [*registry.show("churn@1").version.metrics]
        registry.context.index.rebuild()
        assert registry.context.index.main_metrics(["churn"]) == {"churn": "recall"}
        assert [*registry.show("churn@1").version.metrics] == noted
        assert noted == ["recall", "accuracy", "precision"]
