from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmodel.errors import InvalidQuery, InvalidValue
from nbmodel.index import Index
from tests.builder import Builder

DAY = 86_400
JUNE = int(datetime(2025, 6, 30, 12, 30, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """churn 1-3 and exp, price 1-2: small enough to know every answer."""
    folder = tmp_path_factory.mktemp("search")
    repo = Builder(folder / "r.git")
    item = repo.version(
        message=b"baseline on new region",
        when=JUNE,
        params={"C": 1.0, "solver": "lbfgs", "fit_intercept": True, "seed": "7", "none": None},
        metrics={"auc": 0.90, "f1": 0.5},
        tags={"team": "ads", "round": "3", "data": "2025-06"},
        segments=("x" * 5_000_000,),
    )
    two = repo.version(
        number=2,
        message="größer, calibrated".encode(),
        when=JUNE + DAY,
        who=b"Ben <ben@example.net>",
        params={"C": 0.1, "solver": "saga"},
        metrics={"auc": 0.95, "test.auc": 0.8, "my metric": 4},
    )
    repo.version(number=3, message=b"100% _wild_ 'quoted'", when=JUNE + 2 * DAY)
    repo.version(branch="exp", number=2, parents=[item], when=JUNE + 3 * DAY, tags={"team": "ops"})
    now = int(datetime.now(UTC).timestamp())
    forest = {"type": "sklearn.ensemble._forest.RandomForestClassifier", "summary": "200 trees"}
    repo.version("price", when=now - 10 * DAY, params={"auc": 3, "n": 100}, **forest)
    repo.version("price", number=2, when=now - DAY, flavor="torch", type="torch.nn.Linear")
    repo.tag("churn@v1.2.0", two)
    repo.tag("churn#prod#1", item)
    repo.tag("churn#prod#2", two)
    repo.tag("churn#Staging#1", item)
    opened = Index(folder / "index", repo.git)
    opened.refresh()
    yield opened
    opened.close()
    repo.git.close()


ALL = ["price@2", "price@1", "churn:exp@2", "churn@3", "churn@2", "churn@1"]


def find_refs(index, query, **options):
    return [v.ref for v in index.list(query, **({"all_versions": True} | options))]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ALL),
        # words
        ("baseline", ["churn@1"]),
        ("BASE", ["churn@1"]),
        ("base region", ["churn@1"] * 0),
        ("baseline reg", ["churn@1"]),
        ('"new region"', ["churn@1"]),
        ('"region new"', []),
        ('"new reg"', []),
        ("grosser", ["churn@2"]),
        ("groß", ["churn@2"]),
        ("großer", ["churn@2"]),
        ("ben", ["churn@2"]),
        ("randomforest", ["price@1"]),
        ("solver", ["churn@2", "churn@1"]),
        ("saga", ["churn@2"]),
        ("ads", ["churn@1"]),
        ("trees", ["price@1"]),
        ("price", ["price@2", "price@1"]),
        ("b", []),
        ("price or saga", ["price@2", "price@1", "churn@2"]),
        ("not price", ALL[2:]),
        ("not not price", ALL[:2]),
        ("---", []),
        ("100%", ["churn@3", "price@1"][:1]),
        # names, branches
        ("name = churn", ALL[2:]),
        ("model = CHURN", ALL[2:]),
        ("name != churn", ALL[:2]),
        ("name ~ HUR", ALL[2:]),
        ("name in (price, nothing)", ALL[:2]),
        ("name not in (price)", ALL[2:]),
        ("branch = exp", ["churn:exp@2"]),
        # stages, releases
        ("stage = prod", ["churn@2"]),
        ("stage = staging", ["churn@1"]),
        ("stage != prod", [r for r in ALL if r != "churn@2"]),
        ('stage ~ ""', ["churn@2", "churn@1"]),
        ("release = v1.2.0", ["churn@2"]),
        ("release ~ v1", ["churn@2"]),
        # types
        ("type = RandomForestClassifier", ["price@1"]),
        ("type = sklearn.ensemble._forest.RandomForestClassifier", ["price@1"]),
        ("type = ForestClassifier", []),
        ("type ~ forest", ["price@1"]),
        ("flavor = torch", ["price@2"]),
        ("author = ben", ["churn@2"]),
        ("author = BEN@example.net", ["churn@2"]),
        ("author ~ example.org", [r for r in ALL if r != "churn@2"]),
        # numbers
        ("metrics.auc > 0.9", ["churn@2"]),
        ("metrics.auc >= 0.9", ["churn@2", "churn@1"]),
        ("auc = .9", ["churn@1"]),
        ("auc > 1", []),
        ("params.auc > 1", ["price@1"]),
        ("n >= 1e2", ["price@1"]),
        ("test.auc < 1", ["churn@2"]),
        ('metrics."my metric" = 4', ["churn@2"]),
        ("metrics.unheard = 4", []),
        ("auc in (0.9, 0.95)", ["churn@2", "churn@1"]),
        ("not auc > 0.9", [r for r in ALL if r != "churn@2"]),
        ("number = 3", ["churn@3"]),
        ("number > 1 name = price", ["price@2"]),
        ("size > 4MB", ["churn@1"]),
        ("size < 5000kB", ALL[:-1]),
        # params and tags
        ("params.C = 0.1", ["churn@2"]),
        ("C = 0.10", ["churn@2"]),
        ("C ~ 0.1", ["churn@2"]),
        ("solver = LBFGS", ["churn@1"]),
        ("solver < m", ["churn@1"]),
        ("fit_intercept = true", ["churn@1"]),
        ("params.none = none", ["churn@1"]),
        ("seed = 7", ["churn@1"]),
        ('seed = "7"', ["churn@1"]),
        ("tags.round > 2", ["churn@1"]),
        ("tags.data = 2025-06", ["churn@1"]),
        ("team in (ads, ops)", ["churn:exp@2", "churn@1"]),
        # messages
        ("message ~ CALIB", ["churn@2"]),
        ("message ~ '100%'", ["churn@3"]),
        ("message ~ _", ["churn@3"]),
        # dates
        ("date = 2025-06-30", ["churn@1"]),
        ("date <= 2025-06-30", ["churn@1"]),
        ("date < 2025-06-30", []),
        ("date > 2025-06-30", ALL[:-1]),
        ("date >= 2025-07-01 date < 2025-07-02", ["churn@2"]),
        ("date = 2025-06-30T12:30", ["churn@1"]),
        ("date = '2025-06-30 14:30:00+02:00'", ["churn@1"]),
        ("date >= 7d", ["price@2"]),
        ("date > 2w", ["price@2", "price@1"]),
        ("date < 2w", ALL[2:]),
        ("date > 999999y", ALL),
        # together
        ("baseline auc > 0.8", ["churn@1"]),
        ("baseline auc > 0.9", []),
        ("(baseline or calibrated) and auc >= 0.9 and not stage = prod", ["churn@1"]),
        ("(stage = prod auc > 0.9) or (price torch)", ["price@2", "churn@2"]),
        ("stage = prod or message ~ wild", ["churn@3", "churn@2"]),
    ],
)
def test_queries_find_the_expected_versions(index, query, wanted):
    assert find_refs(index, query) == wanted


def test_a_word_may_be_a_commit_id(index):
    commit = index.list("number = 3")[0].commit
    for word in (commit, commit[:7], commit[:12].upper(), f"churn@{commit[:8]}"):
        assert find_refs(index, word) == ["churn@3"]
    assert find_refs(index, f"price@{commit[:8]}") == []
    assert find_refs(index, f"{commit[:7]} sklearn") == ["churn@3"]


def test_search_shows_one_row_for_each_model(index):
    assert find_refs(index, "", all_versions=False) == ["price@2", "churn@3"]
    assert find_refs(index, "stage = prod", all_versions=False) == ["churn@2"]
    assert find_refs(index, "name ~ r", all_versions=False) == ["price@2", "churn:exp@2"]


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("time", ALL[::-1]),
        ("name", [*ALL[2:], *ALL[:2]]),
        ("-name", ALL),
        ("number", ["price@1", "churn@1", "price@2", "churn:exp@2", "churn@2", "churn@3"]),
        ("metrics.auc", ["churn@1", "churn@2", *ALL[:4]]),
        ("-auc", ["churn@2", "churn@1", *ALL[:4]]),
        ("-size", ["churn@1", *ALL[:-1]]),
    ],
)
def test_results_are_sorted_by_each_key(index, sort, wanted):
    assert find_refs(index, "", sort=sort) == wanted
    words = find_refs(index, "sklearn or torch", sort=sort)
    assert words == wanted


def test_the_best_version_of_each_model(index):
    assert find_refs(index, "auc > 0", sort="-auc", all_versions=False) == ["churn@2"]


def test_pages_split_the_results(index):
    pages = [find_refs(index, "", limit=2, offset=at) for at in range(0, 8, 2)]
    assert [ref for page in pages for ref in page] == ALL
    assert find_refs(index, "sklearn", limit=2, offset=3) == ["churn@2", "churn@1"]
    assert find_refs(index, "", limit=0) == []


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("acu > 0.9", "there is no field, metric, parameter or tag 'acu'"),
        ("acu > 0.9", "Did you mean auc"),
        ("x = 1", "fields are name, model, branch, stage"),
        ("auc > high", "'high' is not a number (at character 7)"),
        ('auc > "0.9"', "'0.9' is not a number"),
        ("auc ~ 9", "a number can be compared with"),
        ("a number > x", "'x' is not a number (at character 12)"),
        ("name < b", "text can be compared with"),
        ("date > yesterday", "'yesterday' is not a date"),
        ("date ~ soon", "is not a date"),
        ("date ~ 2025-06-30", "a date can be compared with"),
        ("date > 2025-13-01", "is not a date"),
        ("size > big", "is not a size"),
    ],
)
def test_an_invalid_condition_is_refused_with_the_reason(index, query, why):
    with pytest.raises(InvalidQuery) as caught:
        index.list(query)
    assert why in str(caught.value)


def test_unknown_sorts_are_refused(index):
    with pytest.raises(InvalidValue, match="Cannot sort by 'colour'"):
        index.list(sort="-colour")


def test_dates_ago_count_from_now(index):
    hours = (datetime.now(UTC) - timedelta(days=1)).hour
    assert 0 <= hours < 24
    assert find_refs(index, "date > 36h") == ["price@2"]
    assert find_refs(index, "date > 12h") == []


FIELDS = st.sampled_from(
    [
        *("name", "branch", "stage", "release", "type", "flavor", "author", "date", "number"),
        *("message", "size", "auc", "metrics.auc", "C", "params.C", "tags.team", "seed", "solver"),
    ]
)
VALUES = st.sampled_from(["1", "0.9", "prod", "7d", "2025-06-30", "''", "1e999", "v1", "10MB"])
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "~"])
CONDITIONS = st.builds("{} {} {}".format, FIELDS, OPERATORS, VALUES | st.text(max_size=8))
QUERIES = st.recursive(
    CONDITIONS | st.text(max_size=12),
    lambda inner: st.one_of(
        st.builds("({} or {})".format, inner, inner),
        st.builds("{} {}".format, inner, inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    query=QUERIES | st.builds("{} order by {} desc, {}".format, QUERIES, FIELDS, FIELDS),
    sort=st.sampled_from(["", "-time", "name", "-auc", "size", "-solver"]),
    every=st.booleans(),
)
def test_any_text_is_searched_or_refused(index, query, sort, every):
    try:
        answer = index.list(query, sort=sort, all_versions=every)
    except InvalidQuery:
        return
    assert {v.ref for v in answer} <= set(ALL)


@settings(deadline=None)
@given(left=CONDITIONS, right=CONDITIONS)
def test_and_or_and_not_are_set_operations(index, left, right):
    try:
        a, b = set(find_refs(index, left)), set(find_refs(index, right))
    except InvalidQuery:
        return
    assert set(find_refs(index, f"({left}) and ({right})")) == a & b
    assert set(find_refs(index, f"({left}) or ({right})")) == a | b
    assert set(find_refs(index, f"not ({left})")) == set(ALL) - a
    assert set(find_refs(index, f"sklearn and ({left})")) == a - {"price@2"}


@pytest.mark.parametrize("few", [0, 1, 3])
def test_every_query_plan_finds_the_same_versions(index, few, monkeypatch):
    queries = ["sklearn auc > 0.8", "name = churn C < 2", "stage = prod or author ~ ben", "churn"]
    wanted = [find_refs(index, query, sort=sort) for query in queries for sort in ("-time", "-auc")]
    monkeypatch.setattr("nbmodel.index.search.MAX_LISTED_MATCHES", few)
    again = [find_refs(index, query, sort=sort) for query in queries for sort in ("-time", "-auc")]
    assert again == wanted
