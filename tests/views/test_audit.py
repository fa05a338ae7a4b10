"""The audit of a model as JSON: its facts, their signatures, and what is wrong."""

import pytest

from nbmodel.errors import NotFound
from nbmodel.views import answer
from tests.fixtures.projects import git


def test_the_answer_is_that_of_the_verb(shop):
    result = shop.audit("churn")
    seen = answer(shop, "audit", {"model": "churn", "limit": 3})
    assert [fact["what"] for fact in seen["facts"]] == [f.event.what for f in result.facts[:3]]
    assert seen["total"] == len(result.facts) == sum(amount for _, amount in seen["states"])
    assert seen["problems"] == len(seen["findings"]) == len(result.findings)
    assert "\u202e" not in str(seen)  # of the hostile author and messages


def test_a_removed_move_is_a_finding(own_shop):
    assert answer(own_shop, "audit", {"model": "churn"})["findings"] == []
    git(own_shop.path, "tag", "--delete", "churn#prod#2")
    findings = answer(own_shop, "audit", {"model": "churn"})["findings"]
    assert any(finding["where"].startswith("churn#prod") for finding in findings)


def test_a_model_that_is_nowhere_has_no_audit(shop):
    with pytest.raises(NotFound):
        answer(shop, "audit", {"model": "nothing"})
