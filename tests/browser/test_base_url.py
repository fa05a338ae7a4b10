"""``nbmodel dashboard --base-url`` behind nginx: everything stays under the path."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.panel import Panel, drawn_charts
from tests.browser.processes import TOKEN, dashboard
from tests.fixtures.proxies import nginx

PATH = "/team-1/models/"
NAME = "models.example.org"


@pytest.fixture(scope="module")
def proxied(templates, tmp_path_factory):
    """A dashboard, and two proxies: one passes the path on, the other removes it."""
    folder = tmp_path_factory.mktemp("proxied")
    options = ("--base-url", f"http://{NAME}{PATH}")
    with (
        dashboard(templates(registries.shop), folder, *options) as server,
        nginx(folder / "keeps", server.url, PATH) as keeps,
        nginx(folder / "removes", server.url, PATH, removes_path=True) as removes,
    ):
        yield {"keeps": keeps, "removes": removes, "direct": server.url}


@pytest.mark.parametrize("how", ["keeps", "removes"])
def test_the_dashboard_stays_under_its_path(page, proxied, how):
    asked, sockets = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(proxied[how] + PATH)
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    panel = Panel(page).wait()
    panel.open("churn@4")
    expect(drawn_charts(panel.tab("Metrics")).first).to_be_visible()
    assert sockets
    origin = urlsplit(proxied[how]).netloc
    for url in [*asked, *sockets, page.url]:
        if url.startswith(("http", "ws")):
            assert urlsplit(url).netloc == origin, url
            assert urlsplit(url).path.startswith(PATH), url
    cookies = page.context.cookies()
    assert cookies
    assert {cookie["path"] for cookie in cookies} == {PATH}


def test_the_path_without_a_slash_leads_to_the_page_and_no_other_path_exists(page, proxied):
    page.goto(f"{proxied['direct']}{PATH.rstrip('/')}")
    expect(page.get_by_label("Token")).to_be_visible()
    assert urlsplit(page.url).path.startswith(PATH)
    answer = page.goto(f"{proxied['keeps']}{PATH}api/contents?token={TOKEN}")
    assert answer.status in (403, 404)
    assert urlsplit(page.url).path.startswith(PATH)


def test_the_public_name_is_served_and_another_name_is_not(proxied):
    url = f"{proxied['direct']}{PATH}?token={TOKEN}"
    with urlopen(Request(url, headers={"Host": NAME}), timeout=60) as answer:
        assert f"ws://{NAME}" in answer.headers["Content-Security-Policy"]
    with pytest.raises(HTTPError) as refusal:
        urlopen(Request(url, headers={"Host": "evil.example.org"}), timeout=60)
    assert refusal.value.code == 403
