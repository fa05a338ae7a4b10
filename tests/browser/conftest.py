"""Real servers for the session, and one page for all tests. A test fails if the page did."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import registries, toy_kernel
from tests.browser.chromium import Watch, launch, watched
from tests.browser.lab import Lab
from tests.browser.processes import Server, ask, dashboard, jupyter_lab

expect.set_options(timeout=15_000)  # for a machine that does other work too

Kind = Callable[[Path], Path]  # makes a folder with a registry


# Not for the session: while Playwright runs, this thread has an event loop, and tests of other
# folders start their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


# -- JupyterLab ----------------------------------------------------------------


@pytest.fixture(scope="session")
def root(tmp_path_factory) -> Path:
    """The folder that JupyterLab shows. Each test makes its folders in it."""
    return tmp_path_factory.mktemp("lab") / "root"


@pytest.fixture(scope="session")
def lab_server(root, isolated_home, tmp_path_factory) -> Iterator[Server]:
    own = tmp_path_factory.mktemp("jupyter")
    toy_kernel.install(own / "data")
    with jupyter_lab(root, own) as server:
        yield server


@pytest.fixture(scope="package")
def lab_page(browser, lab_server) -> Iterator[tuple[Lab, Watch]]:
    with watched(browser) as (context, watch):
        yield Lab(context.new_page(), lab_server).load(), watch


@pytest.fixture
def lab(lab_page) -> Iterator[Lab]:
    """The page with nothing open and without a kernel. The test fails if the page did."""
    lab, watch = lab_page
    lab.reset()
    watch.forget()
    yield lab
    watch.assert_quiet()


@pytest.fixture(scope="session")
def templates(isolated_home, tmp_path_factory) -> Callable[[Kind], Path]:
    """A function that makes each kind of registry once, and copies it afterwards."""
    place = tmp_path_factory.mktemp("templates")
    return cache(lambda kind: kind(place / kind.__name__))


@pytest.fixture
def make(root, templates, request) -> Callable[..., str]:
    """A function that makes a folder of this test; returns its path as JupyterLab sees it."""
    own = root / re.sub(r"\W+", "-", request.node.nodeid.removeprefix("tests/browser/"))[:80]
    while own.exists():  # the test is run again: the server still knows the first folder
        own = own.with_name(f"{own.name}-again")

    def made(kind: Kind, name: str = "") -> str:
        folder = own / (name or kind.__name__)
        shutil.copytree(templates(kind), folder, symlinks=True)
        return str(folder.relative_to(root))

    return made


@pytest.fixture
def shop(make) -> str:
    """A folder with models and a notebook; its path as JupyterLab sees it."""
    return make(registries.shop)


# -- pages without JupyterLab --------------------------------------------------


@pytest.fixture(scope="session")
def dashboards(templates, tmp_path_factory) -> Iterator[Callable[[Kind], Server]]:
    """``nbmodel dashboard`` on a kind of registry, started once."""

    def started(kind: Kind) -> Server:
        own = tmp_path_factory.mktemp("dashboard")
        return stack.enter_context(dashboard(templates(kind), own))

    with ExitStack() as stack:
        yield cache(started)


@pytest.fixture(scope="session")
def files(templates, tmp_path_factory) -> Callable[[Kind], str]:
    """Address of ``nbmodel dashboard --static FILE`` of a kind of registry, written once."""

    def written(kind: Kind) -> str:
        path = tmp_path_factory.mktemp("static") / "models ü.html"
        ask(templates(kind), "dashboard", "--static", str(path), check=True)
        return path.as_uri()

    return cache(written)


@pytest.fixture
def page(browser) -> Iterator[Page]:
    """A separate page. The test fails if the page did."""
    with watched(browser) as (context, watch):
        yield context.new_page()
        watch.assert_quiet()


# -- reruns --------------------------------------------------------------------


# Names of tests that may run a second time, and the cause outside nbmodel that makes them fail now
# and then. What was run again is listed at the end of the run.
RERUNS: dict[str, str] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of `RERUNS` run a second time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.name in RERUNS:
            item.add_marker(pytest.mark.flaky(reruns=1))
