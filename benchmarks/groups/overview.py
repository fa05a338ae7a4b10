"""The overview and the timeline, as a real browser sees them, on a large registry in use."""

from __future__ import annotations

import atexit
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

import nbmodel
from benchmarks import live_registry, page_scripts
from benchmarks.machine import MIB
from benchmarks.measurements import Line
from benchmarks.runner import Bench, Worker
from tests.browser.chromium import Watch, launch
from tests.browser.processes import Server, ask, dashboard

MODELS, VERSIONS = 1000, 100
SMALL_MODELS, SMALL_VERSIONS = 30, 5
PAGE_VERSIONS = 1000  # of the page on disk
WIDTHS = {390: 844, 1280: 900, 1920: 1080}  # pixels, with the height
PREHEAT_MS = 15_000  # until the dashboard's kernels wait again
MEMORY = 1024 * MIB  # of a browser, a server and a kernel
ROUNDS = 7


class Overview:
    """One browser; a dashboard and a page on disk for each of two registries."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.many, self.small = self.folder / "many.git", self.folder / "small.git"
        if not self.many.exists():
            live_registry.make(self.many, MODELS, VERSIONS)
            live_registry.make(self.small, SMALL_MODELS, SMALL_VERSIONS)
        self.stack = ExitStack()
        atexit.register(self.stack.close)
        self.browser = launch(self.stack.enter_context(sync_playwright()))
        self.stack.callback(self.browser.close)
        self.servers: dict[Path, Server] = {}
        with nbmodel.open(self.many) as registry:
            registry.list()  # the index is there, as after the first look

    # -- the dashboard ---------------------------------------------------------

    def preheated(self) -> dict[str, float]:
        """From GET to the tiles, and to the health of each, by a kernel that waited."""
        server = self._server(self.many)
        page, watch = self._page(1280, page_scripts.TILES)
        page.wait_for_timeout(PREHEAT_MS)
        return self._tiles(page, watch, server)

    def cold(self) -> dict[str, float]:
        """The same by a server that has just begun to answer."""
        page, watch = self._page(1280, page_scripts.TILES)
        with dashboard(self.many, self.folder / f"cold{time.monotonic_ns()}") as server:
            return self._tiles(page, watch, server)

    def timeline(self) -> list[float]:
        """From a click on the tab to a thousand events."""
        page, watch = self._page(1280)
        page.goto(self._server(self.many).at("/") + f"#/{live_registry.EVENTFUL}/5/params")
        page.locator("[role=tab][data-name=params][aria-selected=true]").wait_for()
        page.wait_for_timeout(PREHEAT_MS)  # its server makes another kernel meanwhile
        seconds = page.evaluate(page_scripts.OPEN_TIMELINE, live_registry.EVENTS)
        return [self._closed(page, watch, seconds)]

    # -- layout shifts and the page on disk --------------------------------------

    def shifts(self, width: int) -> dict[str, float]:
        """Layout shift of the dashboard and the page on disk, from GET until all is quiet."""
        shift = {}
        for size, registry in (("large", self.many), ("small", self.small)):
            for face, url in (
                ("dashboard", self._server(registry).at("/")),
                ("static", self._written(registry).as_uri()),
            ):
                page, watch = self._page(width, page_scripts.TILES)
                page.goto(url, wait_until="commit")
                page.evaluate("window.healthDrawn")
                page.evaluate(page_scripts.QUIET)
                value = page.evaluate("window.shifted")
                shift[f"{face}-{size}"] = self._closed(page, watch, value)
        return shift

    def static(self) -> dict[str, float]:
        """Opening the page on disk: its tiles with health, and its largest contentful paint."""
        page, watch = self._page(1280, page_scripts.TILES)
        page.goto(self._written(self.many).as_uri(), wait_until="commit")
        health = page.evaluate("window.healthDrawn")
        page.evaluate(page_scripts.QUIET)
        largest = page.evaluate("window.largestPaint")
        return {"health": health, "largest": self._closed(page, watch, largest)}

    # -- without a browser -------------------------------------------------------

    def log(self) -> list[float]:
        """``%model_log --stages``: the tables of a thousand events."""
        begin = time.perf_counter()
        with nbmodel.open(self.many) as registry:
            registry.timeline(live_registry.EVENTFUL, limit=live_registry.EVENTS).html()
        return [time.perf_counter() - begin]

    # -- parts -------------------------------------------------------------------

    def _page(self, width: int, script: str = "") -> tuple[Page, Watch]:
        """A page without a cache, watched for requests to other machines."""
        page = self.browser.new_page(viewport={"width": width, "height": WIDTHS[width]})
        page.set_default_timeout(60_000)
        page.add_init_script(page_scripts.PAINTED + page_scripts.SHIFTS + script)
        watch = Watch()
        watch.page(page)
        return page, watch

    def _tiles(self, page: Page, watch: Watch, server: Server) -> dict[str, float]:
        page.goto(server.at("/"), wait_until="commit")
        tiles, health = page.evaluate("Promise.all([tilesDrawn, healthDrawn])")
        return {"tiles": tiles, "health": self._closed(page, watch, health)}

    def _closed(self, page: Page, watch: Watch, value: float) -> float:
        watch.assert_quiet()
        page.close()
        return value

    def _server(self, registry: Path) -> Server:
        if registry not in self.servers:
            serving = dashboard(registry, self.folder / f"voila-{registry.stem}")
            self.servers[registry] = self.stack.enter_context(serving)
        return self.servers[registry]

    def _written(self, registry: Path) -> Path:
        path = self.folder / f"{registry.stem}.html"
        if not path.exists():
            limit = str(PAGE_VERSIONS)
            ask(registry, "dashboard", "--static", str(path), "--limit", limit, check=True)
        return path


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("overview")
    with bench.worker("benchmarks.groups.overview:Overview", folder=folder) as side:
        samples = bench.in_turn(
            ROUNDS,
            memory=MEMORY,
            preheated=lambda: [side.call("preheated")],
            timeline=lambda: side.call("timeline"),
            static=lambda: [side.call("static")],
            log=lambda: side.call("log"),
            **{f"shifts{width}": _shifts(side, width) for width in WIDTHS},
            cold=lambda: [side.call("cold")],
        )
    shutil.rmtree(folder)
    shifts = [each for width in WIDTHS for each in samples[f"shifts{width}"]]
    return [*_time_lines(samples), *_shift_lines(shifts)]


def _shifts(side: Worker, width: int) -> Callable[[], list[dict[str, float]]]:
    return lambda: [side.call("shifts", width=width)]


def _time_lines(samples: dict[str, list[Any]]) -> list[Line]:
    def part(side: str, name: str) -> list[float]:
        return [each[name] for each in samples[side]]

    work = f"{MODELS * VERSIONS:,} versions, {MODELS:,} models, {live_registry.STAGES} stages"
    events = f"{live_registry.EVENTS:,} events"
    return [
        Line("overview-tiles", f"{work}: GET to all tiles, preheated", "s",
             part("preheated", "tiles"), target=1.5),
        Line("overview-health", "the same: to the health of each", "s",
             part("preheated", "health"), target=1.5),
        Line("overview-cold", "the same: a server that has just started, to all tiles", "s",
             part("cold", "tiles")),
        Line("overview-cold-health", "the same: to the health of each", "s",
             part("cold", "health")),
        Line("overview-timeline", f"timeline of {events}: click to rows", "s",
             samples["timeline"], target=0.5),
        Line("overview-log", "the same: %model_log --stages, its tables", "s", samples["log"],
             target=0.5),
        Line("overview-largest", f"page on disk of {PAGE_VERSIONS:,} versions: largest "
             "contentful paint", "s", part("static", "largest"), target=1.5),
        Line("overview-static", "the same: to the health of each tile", "s",
             part("static", "health")),
    ]  # fmt: skip


def _shift_lines(shifts: list[dict[str, float]]) -> list[Line]:
    names = {"dashboard": "dashboard", "static": "page on disk"}
    return [
        Line(f"overview-shift-{face}-{size}", f"{names[face]}, {size} registry: highest layout "
             "shift of 390, 1280, 1920 pixels", "shift",
             [max(each[f"{face}-{size}"] for each in shifts)], target=0.02)
        for face in names for size in ("large", "small")
    ]  # fmt: skip
