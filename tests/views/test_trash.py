"""What a dialog says of a deletion is what the deletion does; it deletes nothing else."""

from __future__ import annotations

import time

import pytest

from nbmodel.errors import InvalidReference, NotFound
from nbmodel.refs import TRASH_DAYS
from nbmodel.views import answer
from tests.views.conftest import HOSTILE


def test_a_branch_is_announced_as_it_is_deleted(own_shop):
    own_shop.release("churn:exp", version="v9.0.0")
    before = answer(own_shop, "deletion", {"ref": "churn:exp"})
    assert (before["isModel"], before["branches"]) == (False, ["exp"])
    assert before["labels"] == ["churn@v9.0.0"]
    assert "main" in before["others"]
    assert before["end"] == pytest.approx(time.time() + TRASH_DAYS * 86_400, abs=60)
    result = own_shop.delete("churn:exp")
    assert result.versions == before["versions"]
    assert result.entries[0].end == pytest.approx(before["end"], abs=60)


def test_a_model_is_announced_with_all_that_goes(own_shop):
    own_shop.promote("churn@4", "live")
    before = answer(own_shop, "deletion", {"ref": "churn"})
    assert before["isModel"]
    assert before["branchCount"] == len(before["branches"]) > 1
    assert "churn@live" in before["labels"]
    assert own_shop.delete("churn").versions == before["versions"]
    with pytest.raises(NotFound):
        answer(own_shop, "deletion", {"ref": "churn"})


@pytest.mark.parametrize(
    "ref", ["churn@4", "churn@live", "churn@v1.0.0", "churn@latest", "churn~1"]
)
def test_the_action_deletes_models_and_branches_only(own_shop, ref):
    own_shop.promote("churn@4", "live")
    before = answer(own_shop, "state", {})
    for verb in ("deletion", "delete"):
        with pytest.raises(InvalidReference, match="name a model or a branch"):
            answer(own_shop, verb, {"ref": ref})
    assert answer(own_shop, "state", {}) == before


def test_the_trash_lists_what_can_be_restored(own_shop):
    own_shop.delete("churn:exp", HOSTILE)
    own_shop.delete("churn")
    own_shop.delete("scaler")
    entries = answer(own_shop, "trash", {})["entries"]
    assert {entry["ref"]: entry["isModel"] for entry in entries} == {"churn": True, "scaler": True}
    assert answer(own_shop, "sharing", {})["trash"] >= len(entries)
    answer(own_shop, "restore", {"ref": "churn"})
    exp, _ = sorted(answer(own_shop, "trash", {})["entries"], key=lambda each: each["ref"])
    assert (exp["ref"], exp["isModel"], exp["problem"]) == ("churn:exp", False, "")
    assert "\u202e" not in exp["message"] + exp["author"]
    result = answer(own_shop, "restore", {"ref": "churn:exp", "branch": "again"})
    assert result == {"text": "churn:exp is back: churn:again", "ref": ""}
