"""The count equals the number of listed rows, for every query and order."""

import pytest

from nbmodel.errors import InvalidQuery

QUERIES = ["", "a", "message", "auc > 0.5", "auc > 0.5 or auc < 0.2", "x = 1", "not model = price",
           "model = churn and auc > 0.3", "zzz", "auc in (0.1, 0.2)",
           "order by auc desc", "message order by tags.auc, x"]  # fmt: skip


@pytest.fixture
def many(bare_repo, index):
    for model, count in (("churn", 9), ("price", 5), ("risk", 1)):
        for number in range(1, count + 1):
            scores = {"auc": number / 10} if number % 4 else {}
            # The same name as a metric, a parameter and a tag: counted once.
            both = {"params": {"auc": number / 10, "x": 1}, "tags": {"auc": "0.9"}}
            bare_repo.version(model, number=number, metrics=scores, **both)
    index.refresh()
    return index


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("sort", ["", "-time", "name", "-size", "metrics.auc"])
@pytest.mark.parametrize("every", [True, False])
def test_the_count_equals_the_number_of_listed_rows(many, query, sort, every):
    listed = many.list(query, sort=sort, all_versions=every, limit=1000)
    assert many.count(query, all_versions=every) == (len(listed), True)


def test_counting_stops_at_the_cap(many):
    assert many.count("message", all_versions=True, cap=4) == (4, False)
    assert many.count("message", all_versions=True, cap=15) == (15, True)
    assert many.count("auc > 0", all_versions=True, cap=2) == (2, False)
    assert many.count(all_versions=True, cap=2) == (15, True)
    result, exact = many.count("not zzz and message", cap=1)
    assert result <= 2
    assert not exact


def test_a_query_with_a_syntax_error_is_refused(many):
    with pytest.raises(InvalidQuery):
        many.count("auc >")
