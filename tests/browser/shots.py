"""Pictures of the faces, for the README and for whoever looks them over.

python -m tests.browser.shots docs     # panel.png, sidepanel.png, dashboard.png, monitor.png
python -m tests.browser.shots FOLDER --width 1920 --dark
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import monitored, registries
from tests.browser.chromium import launch, watched
from tests.browser.lab import Lab
from tests.browser.panel import Panel, drawn_charts
from tests.browser.processes import dashboard, jupyter_lab
from tests.browser.sidepanel import side_panel

HEIGHT = 800


def main() -> None:
    """Take all pictures, in a home of their own."""
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
        browser = launch(playwright)
        monitored.watched(place / "root" / "shop")
        in_lab(browser, place, options.folder, look, options.dark)
        in_dashboard(browser, place, options.folder, look)
        browser.close()


def in_lab(browser: Browser, place: Path, folder: Path, look: dict, dark: bool) -> None:
    """The side panel beside a notebook, and a panel in it."""
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
        save(lab.page, folder / "sidepanel.png")
        lab.command("application:toggle-left-area")
        ran = lab.run_through("%model_panel churn")
        show(Panel(ran.area))
        ran.cell.evaluate("cell => cell.scrollIntoView({block: 'start'})")
        save(lab.page, folder / "panel.png")


def in_dashboard(browser: Browser, place: Path, folder: Path, look: dict) -> None:
    """The read-only page."""
    serving = dashboard(place / "root" / "shop", place / "dashboard")
    with serving as server, watched(browser, **look) as (context, _):
        page = context.new_page()
        page.goto(server.at("/"))
        panel = Panel(page).wait()
        panel.every()
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
    """Take a picture once everything has settled."""
    page.wait_for_timeout(800)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
