"""Questions and actions over HTTP, valid and invalid ones."""

import asyncio
import json
import subprocess
import threading
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

import pytest
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

import nbmodel
from nbmodel.versioning.methods import sharing as sharing_methods
from nbmodel.views import ACTIONS, QUESTIONS
from tests.builder import Builder
from tests.fixtures.keys import User
from tests.fixtures.projects import git
from tests.jupyter_server.conftest import replied
from tests.views.contract import CONTRACT, verbs
from tests.views.test_contract import ACTION_EXAMPLES, BEFORE, QUESTION_EXAMPLES


async def test_about_names_the_versions(ask):
    assert await ask("about") == (200, {"nbmodel": nbmodel.__version__, "api": 1})


@pytest.mark.parametrize("verb", QUESTIONS)
async def test_each_question_is_answered(watched, ask, verb):
    for args in QUESTION_EXAMPLES[verb]:
        status, answer = await ask(verb, args)
        assert status == 200
        CONTRACT.fits(answer, verbs("Questions")[verb][1])


@pytest.fixture
def signer(tmp_path, monkeypatch):
    """A user with an SSH key."""
    user = User(tmp_path / "home", monkeypatch)
    user.set("gpg.format", "ssh")
    user.set("user.signingkey", user.make_key())


@pytest.mark.parametrize("verb", ACTIONS)
async def test_each_action_is_performed(shop, ask, act, verb, tmp_path, signer):
    git(tmp_path, "init", "--quiet", "--bare", "backup.git")
    git(shop, "remote", "add", "backup", str(tmp_path / "backup.git"))
    if verb in BEFORE:
        await act(BEFORE[verb], ACTION_EXAMPLES[BEFORE[verb]])
    _, before = await ask("state")
    status, answer = await act(verb, ACTION_EXAMPLES[verb])
    assert status == 200
    CONTRACT.fits(answer, verbs("Actions")[verb][1])
    assert (await ask("state") == (200, before)) == (verb == "pull")  # an empty remote has no news


async def test_a_page_of_a_version_is_sent_as_json(shop, jp_fetch, http_server_client, jp_base_url):
    (shop / "page.html").write_text("<script>alert(1)</script>")
    with nbmodel.open(shop) as registry:
        registry.annotate("churn@1", files=[shop / "page.html"])
        digest = registry.show("churn@1").attached[0].content.sha256
    args = json.dumps({"ref": "churn@1", "sha256": digest})
    params = {"args": args, "path": "my shop/a.ipynb"}
    response = await jp_fetch("nbmodel", "api", "file", params=params)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"<script" not in response.body
    with pytest.raises(HTTPClientError) as refused:  # without the token
        await http_server_client.fetch(f"{jp_base_url}nbmodel/api/file?{urlencode(params)}")
    assert refused.value.code == 403


# -- who may ask ---------------------------------------------------------------


@pytest.mark.parametrize("verb", ["about", "registry", "state"])
async def test_strangers_are_refused(shop, http_server_client, jp_base_url, verb):
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(f"{jp_base_url}nbmodel/api/{verb}?path=my+shop")
    assert refused.value.code == 403
    assert b"churn" not in refused.value.response.body


async def test_strangers_change_nothing(shop, http_server_client, jp_base_url):
    body = json.dumps({"args": ACTION_EXAMPLES["promote"], "path": "my shop/a.ipynb"})
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(
            f"{jp_base_url}nbmodel/api/promote", method="POST", body=body
        )
    assert refused.value.code == 403
    with nbmodel.open(shop) as registry:
        assert registry.show("churn@prod").version.number == 2


async def logged_in(client, base, token):
    """Cookies of a browser that saw the login page and logged in."""
    cookies = SimpleCookie()
    for page in ("login", f"login?token={token}"):
        sent = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        answer = await client.fetch(
            f"{base}{page}",
            headers={"Cookie": sent} if sent else {},
            raise_error=False,
            follow_redirects=False,
        )
        for header in answer.headers.get_list("Set-Cookie"):
            cookies.load(header)
    return {name: morsel.value for name, morsel in cookies.items()}


async def test_a_form_on_another_page_changes_nothing(
    shop, http_server_client, jp_base_url, jp_serverapp
):
    token = jp_serverapp.identity_provider.token
    cookies = await logged_in(http_server_client, jp_base_url, token)
    assert any(name.startswith("username") for name in cookies)
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    body = json.dumps({"args": ACTION_EXAMPLES["promote"], "path": "my shop/a.ipynb"})
    url = f"{jp_base_url}nbmodel/api/promote"

    async def post(**headers):
        headers["Cookie"] = sent
        return await replied(
            http_server_client.fetch(url, method="POST", body=body, headers=headers)
        )

    assert (await post())[0] == 403
    assert (await post(**{"X-XSRFToken": "0" * 32}))[0] == 403
    with nbmodel.open(shop) as registry:
        assert registry.show("churn@prod").version.number == 2
    assert (await post(**{"X-XSRFToken": cookies["_xsrf"]}))[0] == 200
    with nbmodel.open(shop) as registry:
        assert registry.show("churn@prod").version.number == 4


# -- read-only -----------------------------------------------------------------


class TestReadOnly:
    @pytest.fixture
    def jp_server_config(self):
        extensions = {"ServerApp": {"jpserver_extensions": {"nbmodel.jupyter_server": True}}}
        return Config({**extensions, "NbModel": {"read_only": True}})

    @pytest.mark.parametrize("verb", ACTIONS)
    async def test_no_action_is_done(self, shop, ask, act, verb):
        before = await ask("state")
        status, answer = await act(verb, ACTION_EXAMPLES[verb])
        assert (status, answer["kind"]) == (403, "ReadOnlyRegistry")
        assert await ask("state") == before
        assert (await ask("registry"))[1]["readOnly"] is True


# -- questions -----------------------------------------------------------------


@pytest.mark.parametrize("verb", ["nope", "promote", "__class__", "checkout", "a" * 500, "%2e%2e"])
async def test_an_unknown_question_is_not_found(shop, ask, verb):
    status, answer = await ask(verb)
    assert (status, answer["kind"]) == (404, "NotFound")
    assert len(answer["what"]) < 300


@pytest.mark.parametrize("verb", ["nope", "rows", "state"])
async def test_an_unknown_action_is_not_found(shop, act, verb):
    status, answer = await act(verb)
    assert (status, answer["kind"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("rows", {"limit": "5"}),
        ("rows", {"limit": 10**9}),
        ("rows", {"limit": 0}),
        ("rows", {"limit": True}),
        ("rows", {"limit": 1.5}),
        ("rows", {"offset": -1}),
        ("rows", {"every": 1}),
        ("rows", {"query": None}),
        ("rows", {"query": "x" * 3000}),
        ("rows", {"query": "auc >"}),
        ("rows", {"sort": "nothing"}),
        ("rows", {"self": 1}),
        ("rows", {"registry": 1}),
        ("version", {}),
        ("version", {"ref": ["churn"]}),
        ("sparklines", {"models": "churn"}),
        ("sparklines", {"models": [1]}),
        ("sparklines", {"models": ["a"] * 1001}),
        ("state", {"x": 1}),
    ],
)
async def test_wrong_arguments_are_refused(shop, ask, verb, args):
    status, answer = await ask(verb, args)
    assert status == 400
    assert answer["kind"] in ("InvalidValue", "InvalidQuery")


@pytest.mark.parametrize("args", ["[]", "1", "null", '"x"', "{", "[" * 5000, ""])
async def test_args_that_are_not_an_object_are_refused(shop, jp_fetch, args):
    params = {"path": "my shop", "args": args}
    status, answer = await replied(jp_fetch("nbmodel", "api", "rows", params=params))
    if args == "":
        assert status == 200
    else:
        assert (status, answer["kind"]) == (400, "InvalidValue")


@pytest.mark.parametrize("body", ["", "[]", "1", "{", '{"args": []}', '{"args": {}, "path": 5}'])
async def test_a_body_that_is_not_a_request_is_refused(shop, jp_fetch, body):
    request = jp_fetch("nbmodel", "api", "promote", method="POST", body=body)
    status, answer = await replied(request)
    assert (status, answer["kind"]) == (400, "InvalidValue")


async def test_a_body_that_is_too_large_is_refused(shop, act):
    status, answer = await act("card", {"ref": "churn", "text": "x" * (5 << 20)})
    assert status == 413
    status, answer = await act("card", {"ref": "churn", "text": "x" * ((1 << 20) + 1)})
    assert (status, answer["kind"]) == (400, "InvalidValue")


@pytest.mark.parametrize(
    "name",
    ["--upload-pack=x", "../../etc/passwd", "churn; rm -rf ~", "<img/src=x>", "churn\n", "a\0b",
     "churn@" + "9" * 400, "churn~999999999", "\ud800", "\u202e", "churn@HEAD", "refs/heads/main"],
)  # fmt: skip
async def test_hostile_names(shop, ask, act, name):
    for verb, args in (
        ("version", {"ref": name}),
        ("lineage", {"ref": name}),
        ("history", {"model": name}),
        ("log", {"model": name}),
        ("log", {"model": "churn", "branch": name}),
        ("log", {"model": "churn", "before": name}),
        ("diff", {"before": name, "after": "churn"}),
    ):
        status, answer = await ask(verb, args)
        assert status in (400, 404), (verb, answer)
    before = await ask("state")
    for verb, args in (
        ("promote", {"ref": name, "stage": "prod", "message": ""}),
        ("promote", {"ref": "churn", "stage": name, "message": ""}),
        ("rollback", {"ref": name, "message": "x"}),
        ("release", {"ref": "churn", "version": name}),
        ("release", {"ref": "churn", "bump": name}),
    ):
        status, answer = await act(verb, args)
        assert status in (400, 404), (verb, answer)
    assert await ask("state") == before
    status, answer = await ask("sparklines", {"models": [name]})
    assert (status, answer) == (200, {"sparklines": {}})


async def test_a_conflict_has_its_own_status(shop, act):
    taken = {"ref": "churn@4", "version": "v0.1.0"}  # churn@2 has it
    status, answer = await act("release", taken)
    assert (status, answer["kind"]) == (409, "AlreadyExists")


# -- which registry --------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["../", "my shop/../../x.ipynb", "..", "a/../../..", "/../../etc"],
)
async def test_a_path_outside_of_the_root_is_refused(shop, ask, path):
    status, answer = await ask("registry", path=path)
    assert (status, answer["kind"]) == (400, "InvalidValue")


@pytest.mark.parametrize("repo", [".", "my shop", "~", "\0", "../x"])
async def test_repo_must_be_absolute(shop, ask, repo):
    status, answer = await ask("registry", repo=repo)
    assert (status, answer["kind"]) == (400, "InvalidValue")


async def test_each_notebook_has_its_own_registry(shop, ask, jp_root_dir, tmp_path):
    other = Builder(jp_root_dir / "other" / ".nbmodel.git")
    other.version("price")
    other.git.close()
    for path in ("other/deep.ipynb", "other", "/other/"):
        assert [row["model"] for row in (await ask("rows", path=path))[1]["rows"]] == ["price"]
    here = await ask("registry")
    assert here[1]["name"] == "my shop"
    assert here[1]["models"] == 3
    by_repo = await ask("registry", path="my shop", repo=str(jp_root_dir / "other"))
    assert by_repo[1]["models"] == 1
    by_git_dir = await ask("registry", path="", repo=str(shop))
    assert by_git_dir[1]["models"] == 3


async def test_a_nearer_registry_is_seen_at_once(shop, ask):
    (shop / "sub").mkdir()
    assert (await ask("registry", path="my shop/sub/a.ipynb"))[1]["models"] == 3
    subprocess.run(["git", "init", "--quiet", str(shop / "sub")], check=True)
    status, answer = await ask("registry", path="my shop/sub/a.ipynb")
    assert (status, answer["models"]) == (200, 0)
    assert "%model_commit" in answer["hint"]


async def test_a_folder_without_a_registry_is_not_found(ask, jp_root_dir):
    (jp_root_dir / "bare land").mkdir()
    for path in ("bare land/a.ipynb", "nowhere/at/all.ipynb"):
        status, answer = await ask("registry", path=path)
        assert (status, answer["kind"]) == (404, "RegistryNotFound")
        assert "%model_commit" in answer["hint"]


async def test_more_registries_than_may_stay_open_all_answer(ask, jp_root_dir):
    folders = [f"r{number}" for number in range(11)]
    for folder in folders:
        builder = Builder(jp_root_dir / folder / ".nbmodel.git")
        builder.version(folder)
        builder.git.close()
    for _ in range(2):
        answers = await asyncio.gather(*(ask("rows", path=folder) for folder in folders))
        assert [answer["rows"][0]["model"] for _, answer in answers] == folders


# -- registries in a bad state ---------------------------------------------------


async def test_a_version_of_a_newer_format_is_listed_as_unreadable(shop, ask):
    manifest = json.dumps({"format": 99})
    stream = (
        "commit refs/heads/models/future/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx"
        f"M 100644 inline model.json\ndata {len(manifest)}\n{manifest}\n"
    )
    fast_import = ["git", "-C", str(shop), "fast-import", "--quiet"]
    subprocess.run(fast_import, input=stream.encode(), check=True)
    _, answer = await ask("registry")
    assert [(u["ref"], "newer" in u["reason"]) for u in answer["unreadable"]] == [
        ("future@1", True)
    ]
    status, answer = await ask("version", {"ref": "future"})
    assert (status, answer["kind"]) == (422, "ManifestTooNew")
    assert "pip install -U nbmodel" in answer["hint"]
    status, answer = await ask("version", {"ref": "churn"})
    assert status == 200


async def test_a_partial_clone_says_git_fetch(shop, ask, jp_root_dir):
    subprocess.run(["git", "-C", str(shop), "config", "uploadpack.allowFilter", "true"], check=True)
    clone = ["git", "clone", "--quiet", "--mirror", "--filter=blob:none", shop.as_uri()]
    subprocess.run([*clone, str(jp_root_dir / "half")], check=True)
    status, answer = await ask("registry", path="half")
    assert status == 200
    assert answer["versions"] == len(answer["unreadable"]) > 0
    assert "not in this clone" in answer["hint"]
    assert "git fetch" in answer["hint"]
    status, answer = await ask("rows", path="half")
    assert status == 200
    assert "git fetch" in answer["rows"][0]["summary"]
    status, answer = await ask("version", {"ref": "churn"}, path="half")
    assert (status, answer["kind"]) == (500, "GitFailed")
    assert "git fetch" in answer["hint"]


# -- many at once ----------------------------------------------------------------


async def test_many_requests_at_the_same_time(watched, ask, act):
    questions = [
        (verb, args) for verb, replies_ in QUESTION_EXAMPLES.items() for args in replies_
    ] * 4
    replies_ = [ask(verb, args) for verb, args in questions]
    moves = [
        act("promote", {"ref": f"churn@{n % 4 + 1}", "stage": f"s{n}", "message": "", "new": True})
        for n in range(12)
    ]
    replies = await asyncio.gather(*replies_, *moves)
    assert {status for status, _ in replies} == {200}
    stages = {name for name, *_ in (await ask("models"))[1]["models"][0]["stages"]}
    assert stages == {"live", "prod", *(f"s{n}" for n in range(12))}


async def test_commits_of_others_are_seen(shop, ask):
    _, before = await ask("state")
    with nbmodel.open(shop) as registry:
        registry.commit([1, 2, 3], "fresh", "from a kernel")
    _, after = await ask("state")
    assert after != before
    assert (await ask("rows", {"query": "fresh"}))[1]["rows"][0]["ref"] == "fresh@1"


async def test_paths_with_special_characters(ask, jp_root_dir):
    folder = "ü & #1 %41?"
    builder = Builder(jp_root_dir / folder / ".nbmodel.git")
    builder.version("price")
    builder.git.close()
    assert quote(folder) != urlencode({"path": folder})
    assert (await ask("registry", path=f"{folder}/a.ipynb"))[1]["models"] == 1


async def test_pushes_that_wait_do_not_delay_other_answers(shop, ask, act, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(sharing_methods, "push", lambda *_, **__: gate.wait(60))
    waiting = [asyncio.ensure_future(act("push")) for _ in range(6)]
    try:
        assert (await ask("rows"))[0] == (await ask("health", {"models": ["churn"]}))[0] == 200
        assert not any(each.done() for each in waiting)
    finally:
        gate.set()
        await asyncio.gather(*waiting)
