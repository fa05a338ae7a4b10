"""What a merge can name."""

import pytest

from nbmodel.errors import InvalidReference, InvalidValue
from nbmodel.merging.methods import method_names
from nbmodel.plugins import MERGE_METHODS, own_merge_method
from nbmodel.views import answer
from nbmodel.views.merging import TRAIN


def test_the_methods_are_those_that_need_no_rows(shop):
    methods = answer(shop, "merging", {"ref": "churn"})["methods"]
    assert methods == [name for name in method_names() if name not in TRAIN]
    assert {name for name in MERGE_METHODS if own_merge_method(name).trains} == TRAIN


def test_a_version_is_not_a_branch(shop):
    with pytest.raises(InvalidReference, match="name a model or a branch"):
        answer(shop, "merging", {"ref": "churn@2"})


@pytest.mark.parametrize(
    ("wrong", "what"),
    [({"how": "median"}, "no method of merging"), ({"how": "stack"}, "trains on rows")],
)
def test_a_wrong_merge_changes_nothing(shop, wrong, what):
    before = answer(shop, "state", {})
    with pytest.raises(InvalidValue, match=what):
        answer(shop, "merge", {"ref": "churn:exp", "into": "churn", **wrong})
    assert answer(shop, "state", {}) == before
