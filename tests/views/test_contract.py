"""Every answer has the types that the front end expects."""

import inspect
import json

import pytest

from nbmodel.views import ACTIONS, KERNEL_ACTIONS, QUESTIONS, answer
from tests.fixtures.keys import User
from tests.fixtures.projects import git
from tests.views.conftest import HOSTILE
from tests.views.contract import CONTRACT, verbs

QUESTION_EXAMPLES = {
    "registry": [{}],
    "sharing": [{}],
    "home": [{}, {"limit": 1}, {"offset": 1}],
    "rows": [
        {},
        {"every": True, "limit": 2},
        {"query": "auc > 0.6", "sort": "-auc"},
        {"params": ["C"]},
    ],
    "version": [{"ref": "churn"}, {"ref": "churn@3"}, {"ref": "churn:exp"}, {"ref": "ensemble"}],
    "file": [],  # its arguments are digests: `test_files` asks
    "history": [{"model": "churn"}, {"model": "churn", "limit": 2}],
    "timeline": [{"model": "churn"}, {"model": "churn", "limit": 2}, {"model": "scaler"}],
    "audit": [{"model": "churn"}, {"model": "churn", "limit": 2}, {"model": "scaler"}],
    "alertHistory": [{"model": "churn"}, {"model": "churn", "limit": 1}, {"model": "scaler"}],
    "lineage": [{"ref": "churn"}, {"ref": "scaler"}, {"ref": "ensemble", "limit": 1}],
    "diff": [{"before": "churn@1", "after": "churn@4"}, {"before": "scaler", "after": "churn"}],
    "models": [{}, {"query": "experiment"}],
    "log": [{"model": "churn"}, {"model": "churn", "branch": "exp", "limit": 1}],
    "sparklines": [{"models": ["churn", "scaler", "nothing"]}],
    "monitor": [
        {"ref": "churn"},
        {"ref": "churn@live", "since": "3d", "until": "1h", "window": "12h"},
        {"ref": "scaler"},
    ],
    "distribution": [
        {"version": "churn@2", "stage": "live", "column": "x"},
        {"version": "churn@2", "stage": "live", "column": "out.predict", "window": "2d"},
        {"version": "churn@1", "stage": "", "column": HOSTILE, "time": 1},
    ],
    "monitoringState": [{"model": "churn"}, {"model": "scaler"}],
    "health": [{"models": ["churn", "scaler", "nothing"]}],
    "traffic": [{"models": ["churn", "scaler", "nothing"]}],
    "firing": [{}],
    "deletion": [{"ref": "churn"}, {"ref": "churn:exp"}, {"ref": "scaler"}],
    "trash": [{}],
    "merging": [{"ref": "churn"}, {"ref": "churn:exp"}, {"ref": "scaler"}],
    "state": [{}],
}
ACTION_EXAMPLES = {
    "promote": {"ref": "churn@4", "stage": "prod", "message": "better"},
    "rollback": {"ref": "churn@prod", "message": "worse"},
    "release": {"ref": "churn@4", "bump": "major", "message": ""},
    "card": {"ref": "churn", "text": "# Churn\n\nOur own words.\n", "message": "say more"},
    "approve": {"ref": "churn@4", "message": "looked at it"},
    "delete": {"ref": "churn:exp", "message": "too slow"},
    "restore": {"ref": "churn:exp"},
    "push": {"remote": "backup"},
    "pull": {"remote": "backup", "fetch": "all"},
}
KERNEL_EXAMPLES = {
    "merge": {"ref": "churn:exp", "into": "churn", "how": "theirs", "message": "better"},
}
BEFORE = {"rollback": "promote", "restore": "delete"}  # what must have happened
# Those that are not about one version.
OF_NO_VERSION = {"delete", "restore", "push", "pull"}
CASES = [(verb, args) for verb, examples in QUESTION_EXAMPLES.items() for args in examples]


def test_the_tables_are_those_of_the_contract():
    assert set(QUESTIONS) == set(verbs("Questions")) == set(QUESTION_EXAMPLES)
    assert set(ACTIONS) == set(verbs("Actions")) == set(ACTION_EXAMPLES)
    assert {*KERNEL_ACTIONS, "checkout"} == set(verbs("KernelActions"))
    assert set(KERNEL_ACTIONS) == set(KERNEL_EXAMPLES)


@pytest.mark.parametrize(
    ("verb", "function"),
    [*QUESTIONS.items(), *ACTIONS.items(), *KERNEL_ACTIONS.items()],
    ids=lambda value: str(value)[:20],
)
def test_arguments_are_those_of_the_contract(verb, function):
    ask, _ = {**verbs("Questions"), **verbs("Actions"), **verbs("KernelActions")}[verb]
    promised = {} if ask[0] == "name" else ask[1]  # Record<string, never>
    _, *taken = inspect.signature(function).parameters.values()
    assert {parameter.name for parameter in taken} == set(promised)
    for parameter in taken:
        assert parameter.kind is parameter.KEYWORD_ONLY
        needed = parameter.default is parameter.empty
        optional, kind = promised[parameter.name]
        assert not (needed and optional), parameter.name
        words = {"str": ("name", "string", []), "int": ("name", "number", [])}
        words |= {"bool": ("name", "boolean", []), "list[str]": ("array", words["str"])}
        assert kind == words[parameter.annotation]


@pytest.mark.parametrize(("verb", "args"), CASES)
def test_answers_have_the_types_of_the_contract(shop, verb, args):
    result = json.loads(json.dumps(answer(shop, verb, args), allow_nan=False))
    CONTRACT.fits(result, verbs("Questions")[verb][1])


@pytest.fixture
def signer(tmp_path, monkeypatch):
    """A user with an SSH key."""
    user = User(tmp_path / "home", monkeypatch)
    user.set("gpg.format", "ssh")
    user.set("user.signingkey", user.make_key())


@pytest.mark.parametrize("verb", KERNEL_EXAMPLES)
def test_answers_of_a_kernel_have_the_types_of_the_contract(own_shop, verb):
    result = answer(own_shop, verb, KERNEL_EXAMPLES[verb])
    CONTRACT.fits(result, verbs("KernelActions")[verb][1])
    assert result["ref"].startswith("churn@")


@pytest.mark.parametrize("verb", ACTION_EXAMPLES)
def test_answers_of_actions_have_the_types_of_the_contract(own_shop, verb, tmp_path, signer):
    git(tmp_path, "init", "--quiet", "--bare", "backup.git")
    own_shop.add_remote("backup", str(tmp_path / "backup.git"))
    if verb in BEFORE:
        answer(own_shop, BEFORE[verb], ACTION_EXAMPLES[BEFORE[verb]])
    result = answer(own_shop, verb, ACTION_EXAMPLES[verb])
    CONTRACT.fits(result, verbs("Actions")[verb][1])
    assert result["ref"] == "" if verb in OF_NO_VERSION else result["ref"].startswith("churn@")


def test_the_contract_refuses_answers_of_another_type(shop):
    shape = verbs("Questions")["registry"][1]
    good = answer(shop, "registry", {})
    for bad in (
        {**good, "extra": 1},
        {name: value for name, value in good.items() if name != "hint"},
        {**good, "models": "3"},
        {**good, "models": True},
        {**good, "unreadable": [{"ref": "a", "commit": "b"}]},
        {**good, "metrics": [1]},
    ):
        with pytest.raises(AssertionError):
            CONTRACT.fits(bad, shape)


def test_answers_contain_no_control_or_direction_characters(shop):
    for verb, args in CASES:
        result = json.dumps(answer(shop, verb, args), ensure_ascii=False)
        if verb == "version":  # except the card, which a user edits and sends back
            result = json.dumps({**answer(shop, verb, args), "card": ""}, ensure_ascii=False)
        assert "\u202e" not in result, verb
        assert "\\u0007" not in result, verb
