"""Pictures of the user interfaces, for README and docs and for a review by eye.

python -m tests.browser.shots docs/_static     # all pictures of README and docs
python -m tests.browser.shots FOLDER --width 1920 --dark
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import monitored, registries
from tests.browser.chromium import launch, watched
from tests.browser.lab import Lab
from tests.browser.panel import Panel, drawn_charts
from tests.browser.processes import dashboard, jupyter_lab
from tests.browser.sidepanel import side_panel

HEIGHT = 800
QUICKSTART_HEIGHT = 865  # of the window, so that the whole difference is visible
SETTLE_MS = 800
QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
HEALTH_DOT = ".nbm-lab-health"
SECOND_COMMIT = '%model_commit clf -m "C=0.1"'

expect.set_options(timeout=30_000)  # for a machine that does other work too


def main() -> None:
    """Take all pictures, with a temporary home directory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    look = {
        "viewport": {"width": options.width, "height": HEIGHT},
        "color_scheme": "dark" if options.dark else "light",
    }
    with TemporaryDirectory() as scratch, sync_playwright() as playwright:
        place = Path(scratch)
        os.environ |= {"HOME": str(place / "home"), "XDG_CACHE_HOME": str(place / "cache")}
        (place / "home").mkdir()
        (place / "home" / ".gitconfig").write_text("[user]\nname = Ann\nemail = ann@example.org\n")
        browser = launch(playwright)
        monitored.watched(place / "root" / "shop")
        shutil.copy(QUICKSTART, place / "root")
        in_lab(browser, place, options.folder, look, options.dark)
        in_dashboard(browser, place, options.folder, look)
        browser.close()


def in_lab(browser: Browser, place: Path, folder: Path, look: dict, dark: bool) -> None:
    """The side panel beside a notebook, a panel in it, and the quickstart."""
    running = jupyter_lab(place / "root", place / "jupyter")
    with running as server, watched(browser, **look) as (context, _):
        lab = Lab(context.new_page(), server).load(f"shop/{registries.NOTEBOOK}")
        lab.theme("JupyterLab Dark" if dark else "JupyterLab Light")
        lab.open(f"shop/{registries.NOTEBOOK}")
        lab.run_all()
        panel = side_panel(lab)
        panel.unfold("churn", "main")
        panel.choose("@3", "churn@3")
        lab.run_through("%model_log churn")
        expect(panel.line("churn").locator(HEALTH_DOT)).to_be_visible(timeout=90_000)
        save(lab.page, folder / "sidepanel.png")
        for toast in lab.page.locator(".jp-Notification-Toast-Close").all():
            toast.click()
        lab.command("application:toggle-left-area")
        ran = lab.run_through("%model_panel churn")
        show(Panel(ran.area))
        ran.cell.evaluate("cell => cell.scrollIntoView({block: 'start'})")
        save(lab.page, folder / "panel.png")
        quickstart(lab, folder / "quickstart.png")


def quickstart(lab: Lab, path: Path) -> None:
    """The notebook from its second commit to the difference between the two versions."""
    width = lab.page.evaluate("window.innerWidth")
    lab.page.set_viewport_size({"width": width, "height": QUICKSTART_HEIGHT})
    lab.open(QUICKSTART.name)
    lab.run_all(patience=180)
    cells = nbformat.read(QUICKSTART, as_version=4).cells
    at = next(n for n, cell in enumerate(cells) if cell.source.startswith(SECOND_COMMIT))
    lab.cell(at).evaluate("cell => cell.scrollIntoView({block: 'start'})")
    lab.page.wait_for_timeout(SETTLE_MS)
    front = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    front.locator(".jp-WindowedPanel-outer").screenshot(path=path)


def in_dashboard(browser: Browser, place: Path, folder: Path, look: dict) -> None:
    """The read-only page."""
    serving = dashboard(place / "root" / "shop", place / "dashboard")
    with serving as server, watched(browser, **look) as (context, _):
        page = context.new_page()
        page.goto(server.at("/"))
        panel = Panel(page)
        expect(panel.tiles.first).to_have_attribute("data-health", "bad", timeout=60_000)
        save(page, folder / "overview.png")
        panel.wait().every()
        show(panel)
        save(page, folder / "dashboard.png")
        monitor = panel.tab("Monitor")
        expect(drawn_charts(monitor).first).to_be_visible(timeout=60_000)
        save(page, folder / "monitor.png")


def show(panel: Panel) -> None:
    """A version with its charts."""
    panel.wait().open("churn@3")
    expect(drawn_charts(panel.tab("Metrics")).first).to_be_visible()


def save(page: Page, path: Path) -> None:
    """Take a picture after animations have ended."""
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
