"""``nbmodel dashboard``: shows everything, and changes nothing, for any message it receives."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hostile, registries
from tests.browser.panel import TABS, Panel, drawn_charts, link_to
from tests.browser.processes import TOKEN, Server, ask, dashboard


@pytest.fixture
def served(dashboards) -> Server:
    return dashboards(registries.shop)


def visited(page: Page, server: Server) -> Panel:
    """The panel on the page of the dashboard."""
    page.goto(server.at("/"))
    return Panel(page)


def test_everything_can_be_seen(page, served):
    panel = visited(page, served).wait()
    expect(page).to_have_title("shop · models")
    expect(page.get_by_text("read-only").filter(visible=True)).to_be_visible()
    panel.expect_refs("demand@1", "price@1", "churn@4")
    panel.filter.press_sequentially("pri")
    panel.expect_refs("price@1")
    panel.filter.fill("")
    panel.every()
    panel.open("churn@4")
    for name in TABS:
        expect(panel.tab(name)).not_to_be_empty()
    expect(drawn_charts(panel.tab("Metrics")).first).to_be_visible()
    link_to(panel.tab("Lineage"), "churn@2").click()
    expect(panel.title).to_have_text("churn@2")
    details = panel.compare("churn@1", "churn@4")
    expect(details.get_by_role("table", name="Changed parameters")).to_contain_text("0.001")


def test_nothing_offers_to_change_anything(page, served):
    panel = visited(page, served).wait()
    panel.open("demand@1")
    expect(
        panel.details.get_by_role("group", name="Actions on").get_by_role("button")
    ).to_have_count(0)
    panel.tab("Card")
    for label in ("Promote", "Release", "Roll back", "Check out", "Edit card"):
        expect(page.get_by_role("button", name=label)).to_have_count(0)


def test_a_model_to_open_on_can_be_named(page, templates, tmp_path):
    with dashboard(templates(registries.shop), tmp_path, "--model", "price") as server:
        panel = visited(page, server)
        expect(panel.title).to_have_text("price@1")


# -- messages of a viewer ------------------------------------------------------

_SEND = """async ([kernel, messages]) => {
  const url = new URL(`/api/kernels/${kernel}/channels?session_id=raw`, location.href);
  url.protocol = 'ws:';
  const socket = new WebSocket(url);
  await new Promise((done, failed) => { socket.onopen = done; socket.onerror = failed; });
  const heard = [];
  const last = new Promise(done => {
    socket.onmessage = ({data}) => {
      const message = JSON.parse(data);
      const content = message.content?.data?.content ?? {};
      heard.push([message.header.msg_type, content]);
      if (content.id === 'last') done();
    };
    socket.onclose = done;
  });
  for (const [type, content] of messages)
    socket.send(JSON.stringify({
      channel: type.startsWith('interrupt') ? 'control' : 'shell', content,
      header: {msg_id: crypto.randomUUID(), msg_type: type, session: 'raw', username: '',
               date: new Date().toISOString(), version: '5.3'},
      parent_header: {}, metadata: {},
    }));
  await Promise.race([last, new Promise(done => setTimeout(done, 20000))]);
  socket.close();
  return heard;
}"""
_CODE = "import nbmodel; nbmodel.commit({'evil': 1}, 'evil'); open('evil.txt', 'w')"
_CHANGES = {
    "promote": {"ref": "churn@1", "stage": "prod", "message": "evil"},
    "rollback": {"ref": "churn@prod", "message": "evil"},
    "release": {"ref": "churn@4", "version": "v6.6.6"},
    "card": {"ref": "churn@4", "text": "evil"},
    "approve": {"ref": "churn@4", "message": "evil"},
    "delete": {"ref": "churn"},
    "restore": {"ref": "churn"},
    "push": {"remote": "origin", "prune": True},
    "pull": {"fetch": "all"},
    "checkout": {"ref": "churn@1", "variable": "evil", "trust": True},
    "commit": {"name": "evil"},
    "__class__": {},
}


def _asked(comm: str, number: object, verb: str, args: object) -> tuple[str, object]:
    content = {"id": number, "verb": verb, "args": args}
    return "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}


def _attacks(comm: str) -> list[tuple[str, object]]:
    """Messages that a viewer might send, and a last question, whose answer marks the end."""
    run = {"code": _CODE, "silent": False, "store_history": True, "user_expressions": {"x": _CODE}}
    state = {"verbs": ["promote", "release"], "initial": {}, "opening": {}, "_esm": "alert(1)"}
    fake = {"_model_module": "anywidget", "_model_name": "AnyModel", "_view_name": "AnyView"}
    return [
        ("execute_request", run),
        ("execute_request", {**run, "silent": True}),
        ("complete_request", {"code": "open('evil.txt', 'w').", "cursor_pos": 22}),
        ("inspect_request", {"code": "open('evil.txt', 'w')", "cursor_pos": 3, "detail_level": 1}),
        ("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": state}}),
        ("comm_open", {"comm_id": "raw", "target_name": "jupyter.widget", "data": {"state": fake}}),
        *(_asked(comm, verb, verb, args) for verb, args in _CHANGES.items()),
        *(_asked("raw", f"raw {verb}", verb, args) for verb, args in _CHANGES.items()),
        *(_asked(comm, n, what, what) for n, what in enumerate(([], {}, None, 1, "x" * 100_000))),
        _asked(comm, "last", "state", {}),
    ]


def test_raw_messages_change_nothing(page, served, templates):
    folder = templates(registries.shop)
    page.goto(served.at("/") + "#/versions")  # this view asks for news only
    Panel(page).wait()
    before = registries.refs(folder), sorted(folder.iterdir())
    config = json.loads(page.locator("#jupyter-config-data").inner_text())
    shown = page.locator("script[type='application/vnd.voila.cell-output+json']").all_inner_texts()
    (comm,) = {
        part["comm"]
        for text in shown
        for part in json.loads(text)["data"].values()
        if isinstance(part, dict) and "comm" in part
    }
    heard = page.evaluate(_SEND, [config["kernelId"], _attacks(comm)])
    replies = {content["id"]: content for _, content in heard if "id" in content}
    assert "answer" in replies["last"]  # it has read all messages before, and still runs
    for verb in ("promote", "rollback", "release", "card", "delete", "restore", "push", "pull"):
        assert replies[verb]["error"]["kind"] == "ReadOnlyRegistry", replies[verb]
    asked_by_the_page = "news"
    done = {name for name, told in replies.items() if "answer" in told}
    assert done <= {"last", asked_by_the_page}
    assert not [kind for kind, _ in heard if kind in ("execute_reply", "execute_result")]
    assert (registries.refs(folder), sorted(folder.iterdir())) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/nbmodel/api/promote"),
        ("GET", "/nbmodel/api/registry"),
        ("PUT", "/api/contents/evil.ipynb"),
        ("GET", "/api/contents"),
        ("POST", "/api/kernels"),
        ("POST", "/api/terminals"),
        ("POST", "/api/sessions"),
        ("GET", "/voila/files/registry.ipynb"),
        ("GET", "/files/registry.ipynb"),
        ("GET", "/voila/render/registry.ipynb"),
        ("GET", "/voila/tree"),
    ],
)
def test_nothing_else_is_served(served, method, path):
    body = json.dumps(_CHANGES["promote"]).encode() if method != "GET" else None
    request = Request(served.url + path, body, {"Authorization": f"token {TOKEN}"}, method=method)
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=20)
    assert refused.value.code in (403, 404, 405)


def test_without_the_token_nothing_is_seen(page, served):
    answer = page.goto(f"{served.url}/")
    assert "churn" not in page.content()
    assert answer.status in (401, 403) or "login" in page.url


def test_the_page_may_load_and_run_its_own_files_only(page, served):
    answer = page.goto(served.at("/"))
    policy = dict(
        part.strip().split(" ", 1)
        for part in answer.headers["content-security-policy"].split(";")
        if part.strip()
    )
    assert policy["default-src"] == "'none'"
    assert "'unsafe" not in policy["script-src"]
    Panel(page).wait()
    assert (
        page.evaluate("document.querySelectorAll('script:not([src]):not([type*=json])').length")
        == 0
    )


def test_the_side_panel_does_not_come_along(page, served):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    visited(page, served).wait()
    assert page.get_by_role("tree", name="Models").count() == 0
    assert not [url for url in asked if "nbmodel-lab" in url or "/nbmodel/api" in url]


# -- errors --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (hostile.empty, "There are no versions yet."),
        (hostile.newer, "cannot be read"),
        (hostile.damaged, "cannot be read"),
    ],
)
def test_a_registry_in_trouble_says_so(page, dashboards, kind, words):
    visited(page, dashboards(kind))
    expect(page.locator("body")).to_contain_text(words)


def test_a_missing_registry_is_not_served(templates):
    ended = ask(templates(hostile.missing), "dashboard", "--no-browser")
    assert ended.returncode == 1
    assert "--repo PATH" in ended.stderr
