"""The content of the answers, beyond their types."""

import json
import math
import subprocess
import threading

import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound, ReadOnlyRegistry
from nbmodel.records import Use
from nbmodel.versioning.registry import open_registry
from nbmodel.views import ACTIONS, QUESTIONS, answer
from tests.views.conftest import HOSTILE
from tests.views.test_contract import ACTION_EXAMPLES, QUESTION_EXAMPLES


@pytest.fixture
def built(bare_repo):
    """A registry made object by object, and its builder."""
    with open_registry(bare_repo.path) as registry:
        yield registry, bare_repo


def refs(result):
    return [row["ref"] for row in result["rows"]]


# -- dispatch --------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["nope", "", "__init__", "answer", "checkout"])
def test_unknown_verbs(shop, verb):
    with pytest.raises(InvalidValue):
        answer(shop, verb, {})


@pytest.mark.parametrize("verb", [*QUESTIONS, *ACTIONS])
def test_unknown_and_missing_arguments(shop, verb):
    with pytest.raises(InvalidValue, match="takes no argument"):
        answer(shop, verb, {"registry": shop})
    if "ref" in ACTION_EXAMPLES.get(verb, {}):
        with pytest.raises(InvalidValue, match="needs the argument 'ref'"):
            answer(shop, verb, {})


@pytest.mark.parametrize("verb", ACTIONS)
def test_a_read_only_registry_refuses_every_action(shop, verb):
    with nbmodel.open(shop.path, read_only=True) as registry:
        assert answer(registry, "registry", {})["readOnly"]
        with pytest.raises(ReadOnlyRegistry):
            answer(registry, verb, ACTION_EXAMPLES[verb])


def test_questions_change_nothing(shop):
    def everything():
        return subprocess.run(
            ["git", "--git-dir", str(shop.path), "for-each-ref"], check=True, capture_output=True
        ).stdout

    before = everything()
    for verb, examples in QUESTION_EXAMPLES.items():
        for args in examples:
            answer(shop, verb, args)
    assert everything() == before


def test_threads_get_the_same_answers(shop, monkeypatch):
    monkeypatch.setattr("nbmodel.views.trash.now", lambda: 1_800_000_000)
    cases = [(verb, args) for verb, examples in QUESTION_EXAMPLES.items() for args in examples]
    expected = [json.dumps(answer(shop, *case)) for case in cases]
    wrong = []

    def run():
        for case, wanted in zip(cases, expected, strict=True):
            if json.dumps(answer(shop, *case)) != wanted:
                wrong.append(case)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# -- registry, state -------------------------------------------------------------


def test_registry(shop):
    result = answer(shop, "registry", {})
    assert (result["name"], result["id"]) == ("my shop", shop.context.location.key)
    assert (result["models"], result["versions"]) == (3, 7)
    assert "auc" in result["metrics"]
    assert result["stages"] == ["live", "prod"]
    assert result["hint"] == ""


def test_an_empty_registry_says_what_to_do(built):
    registry, _ = built
    result = answer(registry, "registry", {})
    assert (result["models"], result["versions"], result["metrics"]) == (0, 0, [])
    assert "%model_commit" in result["hint"]
    assert answer(registry, "rows", {}) == {
        "rows": [],
        "offset": 0,
        "total": 0,
        "totalIsLowerBound": False,
        "sort": "-time",
        "hint": "",
        "models": {},
        "params": {},
    }
    assert answer(registry, "models", {}) == {"models": [], "ordered": False, "hint": ""}


def test_unreadable_versions_are_named(built):
    registry, repo = built
    tree = repo.tree(("100644", "model.json", repo.put("blob", b'{"format": 99}')))
    repo.set_ref("refs/heads/models/new/main", repo.commit(tree))
    result = answer(registry, "registry", {})
    ((unreadable),) = result["unreadable"]
    assert unreadable["ref"] == "new@1"
    assert "pip install -U nbmodel" in unreadable["reason"]
    assert "pip install -U nbmodel" in result["hint"]
    repo.version("churn")
    assert answer(registry, "registry", {})["hint"] == ""


def test_state_changes_with_commits_tags_and_notes(built):
    registry, repo = built
    seen = [answer(registry, "state", {})["state"]]

    def changed():
        seen.append(answer(registry, "state", {})["state"])
        assert answer(registry, "state", {})["state"] == seen[-1]
        assert answer(registry, "registry", {})["state"] == seen[-1]
        return seen[-1] not in seen[:-1]

    oid = repo.version()
    assert changed()
    repo.tag("churn@v1.0.0", oid)
    assert changed()
    registry.annotate("churn", "approved")
    assert changed()
    registry.annotate("churn", "approved again")
    assert changed()
    (repo.path / "HEAD").write_text("ref: refs/heads/elsewhere\n")
    assert not changed()


# -- rows ------------------------------------------------------------------------


def test_rows_bring_the_parameters_that_were_asked_for(shop):
    name = answer(shop, "registry", {})["params"][0]
    question = {"every": True}
    assert answer(shop, "rows", question)["params"] == {}
    asked = answer(shop, "rows", {**question, "params": [name, "no such parameter"]})
    assert list(asked["params"]) == [row["commit"] for row in asked["rows"]]
    assert all([key for key, _ in pairs] in ([], [name]) for pairs in asked["params"].values())
    assert any(asked["params"].values())


def test_rows_are_the_latest_or_all_versions(shop):
    result = answer(shop, "rows", {})
    assert {row["model"] for row in result["rows"]} == {"churn", "scaler", "ensemble"}
    assert (result["total"], result["totalIsLowerBound"]) == (3, False)
    result = answer(shop, "rows", {"every": True, "limit": 2, "offset": 6})
    assert (len(result["rows"]), result["offset"], result["total"]) == (1, 6, 7)
    result = answer(shop, "rows", {"query": "model = churn"})
    assert (len(result["rows"]), result["total"]) == (1, 1)
    result = answer(shop, "rows", {"query": "auc >= 0.6", "every": True, "sort": "auc"})
    assert refs(result) == ["churn@2", "churn@3", "churn@4"]
    result = answer(shop, "rows", {"every": True, "sort": "-auc", "limit": 1})
    assert (refs(result), result["total"], result["sort"]) == (["churn@4"], 7, "-metrics.auc")
    result = answer(shop, "rows", {"query": "name = churn order by auc, date", "every": True})
    assert (refs(result)[:2], result["sort"]) == (["churn@1", "churn@2"], "metrics.auc")
    result = answer(shop, "rows", {"query": "order by auc", "sort": "-number", "limit": 1})
    assert (refs(result), result["sort"]) == (["churn@4"], "-number")
    assert answer(shop, "rows", {"offset": 50})["total"] == 3


def test_numbers_that_json_cannot_write_are_texts(shop):
    row = answer(shop, "version", {"ref": "churn"})["row"]
    metrics = dict(row["metrics"])
    assert (metrics["auc"], metrics["loss"]) == (0.8, "NaN")
    assert "Infinity" in metrics.values()


# -- version ---------------------------------------------------------------------


def test_version(shop):
    result = answer(shop, "version", {"ref": "churn@3"})
    about = dict(result["about"])
    assert "LogisticRegression" in about["object"]
    assert dict(result["params"])["C"] == "3.0"
    assert "C" not in result["defaults"]
    assert {"max_iter", "tol"} <= set(result["defaults"])
    assert result["uses"] == ["scaler@1"]
    assert result["usedBy"] == ["ensemble@1"]
    assert answer(shop, "version", {"ref": "scaler"})["usedBy"] == [
        *("churn@4", "churn@3", "churn@2", "churn@1")
    ]
    assert result["committedLocally"] is True
    assert result["card"].startswith("---")
    assert result["inputs"][0] == {"name": "x", "dtype": "float64", "shape": [-1]}
    assert result["profile"]["rows"] == 20
    assert {"model.json", "README.md", "payload/skeleton"} <= set(dict(result["files"]))
    assert dict(result["environment"])["python"]
    ((note),) = result["notes"]
    assert note["metrics"] == [("drift", "NaN")]
    assert HOSTILE not in note["text"]
    assert note["text"].startswith("<img src=x onerror=alert(1)>\\u202e")


def test_a_version_with_a_manifest_only(built):
    registry, repo = built
    oid = repo.version(uses=(Use("gone", "1" * 40),))
    result = answer(registry, "version", {"ref": f"churn@{oid}"})
    assert (result["card"], result["cells"], result["profile"]) == ("", "", None)
    assert result["uses"] == ["1" * 40]
    assert result["committedLocally"] is False


@pytest.mark.parametrize("damage", ["profile.json", "README.md"])
def test_a_damaged_part_is_reported_and_the_others_are_shown(built, damage):
    registry, repo = built
    manifest = repo.tree_of()
    data = registry.context.git.read(f"{manifest}:model.json").data
    files = {"README.md": b"# Card", "model.json": data, "profile.json": b'{"rows": 3}'}
    if damage == "profile.json":
        files[damage] = b"{not json"
    blobs = {name: repo.put("blob", content) for name, content in files.items()}
    tree = repo.tree(*(("100644", name, oid) for name, oid in sorted(blobs.items())))
    repo.set_ref("refs/heads/models/churn/main", repo.commit(tree))
    if damage == "README.md":
        repo.object_path(blobs[damage]).unlink()
    result = answer(registry, "version", {"ref": "churn"})
    assert damage in dict(result["about"])
    assert result["card"] == ("" if damage == "README.md" else "# Card")
    assert result["profile"] == (None if damage == "profile.json" else {"rows": 3})


@pytest.mark.parametrize(
    "profile",
    [
        {"columns": 5, "rows": "many"},
        {"columns": [1, None, [], {"name": 3, "histogram": [1], "top": [[1]], "min": {}}]},
        {"columns": [{"name": "a", "histogram": {"edges": [1], "counts": [1]}}]},
        {"columns": [{"name": "a", "mean": math.nan, "max": math.inf, "top": [["a", 1.5]]}]},
        {"columns": [{"name": "a" * 9, "missing": -1, "unique": 10**400, "std": 10**400}]},
        {"rows": 1, "columns": [{"name": HOSTILE, "dtype": HOSTILE, "top": [[HOSTILE, 2]]}]},
    ],
)
def test_the_valid_part_of_any_profile_is_shown(built, profile):
    from tests.views.contract import CONTRACT

    registry, repo = built
    data = registry.context.git.read(f"{repo.tree_of()}:model.json").data
    files = {"model.json": data, "profile.json": json.dumps(profile).encode()}
    entries = [("100644", name, repo.put("blob", content)) for name, content in files.items()]
    repo.set_ref("refs/heads/models/churn/main", repo.commit(repo.tree(*entries)))
    result = answer(registry, "version", {"ref": "churn"})
    json.dumps(result, allow_nan=False)
    CONTRACT.fits(result["profile"] or {}, ("name", "Profile", []))


# -- history, log, lineage ---------------------------------------------------------


def test_history(shop):
    result = answer(shop, "history", {"model": "churn"})
    assert [row["ref"] for row in result["versions"]][:2] == ["churn@1", "churn@2"]
    assert len(result["versions"]) == 5
    assert (result["branches"], result["hasMore"]) == (["exp", "main"], False)
    assert [(move["ref"], move["rolledBack"]) for move in result["moves"][:3]] == [
        *(("churn@2", False), ("churn@3", False), ("churn@2", True))
    ]
    result = answer(shop, "history", {"model": "churn", "limit": 2})
    assert (len(result["versions"]), result["hasMore"]) == (2, True)
    with pytest.raises(NotFound):
        answer(shop, "history", {"model": "chrun"})


def test_log_pages(shop):
    first = answer(shop, "log", {"model": "churn", "limit": 3})
    assert (refs(first), first["hasMore"]) == (["churn@4", "churn@3", "churn@2"], True)
    for before in (first["rows"][-1]["ref"], first["rows"][-1]["commit"]):
        rest = answer(shop, "log", {"model": "churn", "limit": 3, "before": before})
        assert (refs(rest), rest["hasMore"]) == (["churn@1"], False)
    assert refs(answer(shop, "log", {"model": "churn", "branch": "exp"}))[0] == "churn:exp@3"


def test_lineage(shop):
    for ref in ("churn@3", "scaler", "ensemble"):
        result = answer(shop, "lineage", {"ref": ref})
        names = {node["commit"]: node["ref"] for node in result["nodes"]}
        edges = {(names[e["from"]], names[e["to"]], e["kind"]) for e in result["edges"]}
        assert {"scaler@1", "churn@3", "ensemble@1"} <= set(names.values())
        assert ("scaler@1", "churn@3", "uses") in edges
        assert ("churn@3", "ensemble@1", "uses") in edges
        place = {commit: number for number, commit in enumerate(names)}
        parents = [e for e in result["edges"] if e["kind"] == "parent"]
        assert all(place[e["to"]] < place[e["from"]] for e in parents)
    result = answer(shop, "lineage", {"ref": "churn@3"})
    names = {node["commit"]: node["ref"] for node in result["nodes"]}
    assert ("churn@2", "churn:exp@3", "parent") in {
        (names[e["from"]], names[e["to"]], e["kind"]) for e in result["edges"]
    }
    result = answer(shop, "lineage", {"ref": "churn@3", "limit": 1})
    assert result["hasMore"]
    assert "churn@3" in {node["ref"] for node in result["nodes"]}


# -- diff, models, sparklines ------------------------------------------------------------


def test_diff(shop):
    result = answer(shop, "diff", {"before": "churn@1", "after": "churn@2"})
    changes = {s["title"]: {c["name"]: c for c in s["changes"]} for s in result["sections"]}
    assert changes["metrics"]["auc"]["after"] == "0.6"
    assert changes["parameters"]["C"]["note"] == "+1"
    assert {array["path"] for array in result["arrays"]} >= {"coef_"}
    assert result["storedBytes"] >= result["sharedBytes"] >= 0


def test_models(shop):
    result = {model["name"]: model for model in answer(shop, "models", {})["models"]}
    churn = result["churn"]
    assert (churn["versions"], churn["branches"]) == (5, ["exp", "main"])
    assert (churn["latest"]["ref"], churn["releases"]) == ("churn@4", ["v0.1.0"])
    assert [(stage, number) for stage, _, number in churn["stages"]] == [("live", 2), ("prod", 2)]
    assert "metric" in answer(shop, "models", {"query": "metrics.acu > 0"})["hint"]
    models = answer(shop, "models", {"query": "experiment"})["models"]
    assert [model["name"] for model in models] == ["churn"]


def test_sparklines_follow_the_first_parents_of_the_latest_version(built):
    registry, repo = built
    main = [repo.version(number=n + 1, metrics={"auc": n / 100}) for n in range(30)]
    repo.version(branch="exp", number=31, parents=[main[4]], metrics={"auc": 9.0})
    repo.version("odd", metrics={"loss": math.nan})
    repo.version("odd", number=2, metrics={"loss": 1e999})
    repo.version("plain")
    result = answer(registry, "sparklines", {"models": ["churn", "odd", "plain", "gone"]})[
        "sparklines"
    ]
    assert result["churn"] == {"metric": "auc", "values": [n / 100 for n in range(10, 30)]}
    assert result["odd"] == {"metric": "loss", "values": ["NaN", "Infinity"]}
    assert set(result) == {"churn", "odd"}
