"""JupyterLab under a path, behind nginx, as a server of one user of JupyterHub runs."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.chromium import watched
from tests.browser.lab import Lab
from tests.browser.panel import Panel
from tests.browser.processes import TOKEN, jupyter_lab
from tests.browser.sidepanel import SidePanel
from tests.fixtures.proxies import nginx

BASE = "/user/nina"


@pytest.fixture(scope="module")
def single_user(tmp_path_factory, isolated_home):
    """A server under `BASE`, as the proxy shows it."""
    folder = tmp_path_factory.mktemp("single")
    registries.shop(folder / "root" / "shop")
    with jupyter_lab(folder / "root", folder / "own", base=BASE) as server:
        origin = server.url.removesuffix(BASE)
        with nginx(folder / "proxy", origin, f"{BASE}/") as address:
            yield replace(server, url=f"{address}{BASE}")


def test_panels_work_under_the_path(browser, single_user):
    with watched(browser) as (context, watch):
        page = context.new_page()
        urls = []
        page.on("request", lambda request: urls.append(request.url))
        lab = Lab(page, single_user).load()
        lab.open(f"shop/{registries.NOTEBOOK}")
        lab.run_through("%load_ext nbmodel")
        Panel(lab.run_through("%model_panel").area).wait()
        expect(SidePanel(lab).line("churn")).to_be_visible()
        watch.assert_quiet()
    assert any("/nbmodel/api/" in url for url in urls)
    paths = [urlsplit(url).path for url in urls if url.startswith("http")]
    assert all(path.startswith(f"{BASE}/") for path in paths)


def test_the_token_may_be_in_a_header(single_user):
    url = f"{single_user.url}/nbmodel/api/registry?path=shop"
    request = Request(url, headers={"Authorization": f"token {TOKEN}"})
    with urlopen(request, timeout=30) as answer:
        assert json.load(answer)["models"] == 3
    with pytest.raises(HTTPError) as refusal:
        urlopen(url, timeout=30)
    assert refusal.value.code == 403
