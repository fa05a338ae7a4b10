"""The faces, as a real browser sees them: from the deed to the paint that shows its outcome."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import nbmodel
from benchmarks import page_scripts, synthetic_registry
from benchmarks.machine import MIB
from benchmarks.measurements import Line
from benchmarks.runner import Bench
from tests.browser.chromium import Watch, launch
from tests.browser.lab import Lab, shut_down
from tests.browser.processes import Server, ask, dashboard, jupyter_lab
from tests.browser.registries import NOTEBOOK, data, notebook, project

MODELS, VERSIONS = 1000, 100
FEW_MODELS = 10  # of the page on disk
SIZE = {"width": 1280, "height": 900}
TYPED = "fraud-00"  # then one more digit, which leaves other rows each time
MEMORY = 1024 * MIB  # of a browser, a server and a kernel
COMMIT = "import nbmodel, os; nbmodel.commit({'n': 1}, 'news' + str(os.getpid()))"


class Faces:
    """One browser, one JupyterLab, one dashboard on the large registry; one page on disk."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.root = self.folder / "root"
        stack = ExitStack()
        atexit.register(stack.close)
        self.root.mkdir()
        self.many = self.root / ".nbmodel.git"
        synthetic_registry.make(self.many, MODELS, VERSIONS)
        with nbmodel.open(self.root) as registry:
            registry.list()  # the index is there, as after the first look
        notebook(self.root / NOTEBOOK, "%load_ext nbmodel")
        self.lab_server = stack.enter_context(jupyter_lab(self.root, self.folder / "lab"))
        self.stack = stack
        self.dashboard: Server | None = None
        self.browser = launch(stack.enter_context(sync_playwright()))
        stack.callback(self.browser.close)

    def _page(self, script: str = "") -> tuple[Page, Watch]:
        """A page without a cache, watched for requests to other machines."""
        page = self.browser.new_page(viewport=SIZE)
        page.set_default_timeout(60_000)
        page.add_init_script(page_scripts.PAINTED + script)
        watch = Watch()
        watch.page(page)
        return page, watch

    # -- JupyterLab ------------------------------------------------------------

    def lab(self) -> dict[str, float]:
        """One loaded page: side panel after ready; panel after its cell; rows after a key."""
        page, watch = self._page(page_scripts.SIDE_PANEL)
        lab = Lab(page, self.lab_server).load(NOTEBOOK)
        side = page.evaluate("window.sidePanelFilled")
        lab.open(NOTEBOOK)
        lab.run_through("%load_ext nbmodel")
        panel = page.evaluate(page_scripts.RUN_PANEL)
        keys = self._keys(page)
        news = self._news(page)
        watch.assert_quiet()
        page.close()
        shut_down(self.lab_server)
        return {"side": side, "panel": panel, "key": keys, "news": news}

    def _keys(self, page: Page) -> float:
        """Median over ten keys: from the key to the rows that it leaves."""
        page.get_by_role("navigation", name="Views").get_by_text("All versions").click()
        box = page.get_by_role("searchbox", name="Filter versions")
        box.fill(TYPED)
        seconds = []
        for digit in "0123456789":
            page.wait_for_timeout(400)  # a person's pause; nothing is under way
            page.evaluate(page_scripts.AWAIT_ROWS)
            page.keyboard.press(digit)
            seconds.append(page.evaluate("window.rowsPainted"))
            page.keyboard.press("Backspace")
        return sorted(seconds)[len(seconds) // 2]

    def _news(self, page: Page) -> float:
        """From another process's commit to its line in the side panel."""
        page.evaluate("window.jupyterapp.commands.execute('nbmodel:reveal')")
        page.evaluate(page_scripts.AWAIT_LINE)
        subprocess.run([sys.executable, "-c", COMMIT], cwd=self.root, check=True)
        return page.evaluate("window.linePainted") - self._committed(page)

    def _committed(self, page: Page) -> float:
        """The moment of the last commit, on the page's own clock."""
        newest = max(path.stat().st_mtime for path in self.many.glob("refs/heads/models/news*/*"))
        return newest - page.evaluate("performance.timeOrigin / 1000")

    # -- the dashboard ---------------------------------------------------------

    def voila(self) -> list[float]:
        """From GET to the panel and its charts drawn, by a kernel that waited."""
        if self.dashboard is None:
            model = synthetic_registry.model_name(500)
            serving = dashboard(self.many, self.folder / "voila", "--model", model)
            self.dashboard = self.stack.enter_context(serving)
        page, watch = self._page(page_scripts.CHARTS)
        page.wait_for_timeout(8000)  # until its kernels wait again
        page.goto(self.dashboard.at("/"), wait_until="commit")
        seconds = page.evaluate("window.chartsDrawn")
        watch.assert_quiet()
        page.close()
        return [seconds]

    # -- the page on disk ------------------------------------------------------

    def size(self) -> list[float]:
        """Bytes of the page of 1,000 versions."""
        path = self._written()
        return [float(path.stat().st_size)]

    def static(self) -> list[float]:
        """From opening the page to its rows painted."""
        page, watch = self._page(page_scripts.ROWS)
        page.goto(self._written().as_uri(), wait_until="commit")
        seconds = page.evaluate("window.rowsDrawn")
        watch.assert_quiet()
        page.close()
        return [seconds]

    def _written(self) -> Path:
        path = self.folder / "models.html"
        if not path.exists():
            limit = str(FEW_MODELS * VERSIONS)
            few = _real_commits(self.folder / "few")
            ask(few, "dashboard", "--static", str(path), "--limit", limit, check=True)
        return path


def _real_commits(folder: Path) -> Path:
    """1,000 versions made by real commits. Each has a profile of a separate sample."""
    inputs, truth = data()
    with nbmodel.open(project(folder)) as registry:
        for number in range(FEW_MODELS * VERSIONS):
            name = synthetic_registry.model_name(number % FEW_MODELS)
            sample = inputs.sample(frac=0.5, random_state=number)
            model = LogisticRegression(C=1 + number / 100, max_iter=20)
            model.fit(StandardScaler().fit_transform(sample), truth[sample.index])
            metrics = {"auc": 1 - 1 / (number + 2), "loss": 1 / (number + 2)}
            registry.commit(model, name, f"sample {number}", metrics=metrics, data=sample)
    return folder


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("faces")
    with bench.worker("benchmarks.groups.faces:Faces", folder=folder) as side:
        pages = bench.in_turn(5, memory=MEMORY, lab=lambda: [side.call("lab")])["lab"]
        others = bench.in_turn(
            5,
            memory=MEMORY,
            voila=lambda: side.call("voila"),
            static=lambda: side.call("static"),
        )
        size = side.call("size")
    shutil.rmtree(folder)
    lab = {name: [page[name] for page in pages] for name in ("panel", "key", "side", "news")}
    work = f"{MODELS * VERSIONS:,} versions in {MODELS:,} models"
    return [
        Line("faces-panel", f"{work}: %model_panel in JupyterLab, cell to painted tiles", "s",
             lab["panel"], target=1.0),
        Line("faces-key", "the same: a key in the filter to new rows", "s", lab["key"],
             target=0.15),
        Line("faces-side", "the same: side panel filled after JupyterLab is ready", "s",
             lab["side"], target=2.0),
        Line("faces-news", "the same: another process's commit to its line there", "s",
             lab["news"], target=2.0),
        Line("faces-voila", "the same: dashboard, GET to all charts drawn, preheated", "s",
             others["voila"], target=3.0),
        Line("faces-static", "page on disk of 1,000 versions: open to painted rows", "s",
             others["static"], target=2.0),
        Line("faces-size", "the same: its size", "B", size, target=8e6),
    ]  # fmt: skip
