"""JupyterLab's side panel as a user finds it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab


@dataclass(frozen=True)
class SidePanel:
    """The panel named Models, opened."""

    lab: Lab

    @property
    def root(self) -> Locator:
        """The whole panel."""
        return self.lab.page.get_by_role("region", name="Models")

    @property
    def tree(self) -> Locator:
        """The tree of models, branches and versions."""
        return self.root.get_by_role("tree", name="Models")

    @property
    def details(self) -> Locator:
        """The details of the chosen version, below the tree."""
        return self.root.get_by_role("region", name="Details")

    @property
    def search(self) -> Locator:
        """The search box above the tree."""
        return self.root.get_by_role("searchbox", name="Search models")

    def line(self, name: str) -> Locator:
        """The line of a model, a branch, or of a version as ``@3``."""
        own = self.lab.page.locator(".nbm-lab-name").get_by_text(name, exact=True)
        return self.tree.get_by_role("treeitem").filter(has=own)

    def names(self) -> list[str]:
        """Names of all lines."""
        return self.tree.locator(".nbm-lab-name").all_inner_texts()

    def unfold(self, *names: str) -> None:
        """Open lines one after another."""
        for name in names:
            line = self.line(name)
            if line.get_attribute("aria-expanded") != "true":
                line.locator(".nbm-lab-twisty").click()
            expect(line).to_have_attribute("aria-expanded", "true")

    def choose(self, name: str, ref: str) -> None:
        """Click a line; the details show the version."""
        self.line(name).click()
        expect(self.details.get_by_role("heading", level=2)).to_have_text(ref)

    def resize(self, width: int) -> None:
        """Drag the border of the panel."""
        box = self.root.bounding_box()
        mouse = self.lab.page.mouse
        mouse.move(box["x"] + box["width"] + 1, 300)
        mouse.down()
        mouse.move(box["x"] + width, 300, steps=3)
        mouse.up()

    def menu(self, name: str, label: str) -> None:
        """Choose from the context menu of a line."""
        self.line(name).click(button="right")
        self.lab.page.get_by_role("menuitem", name=label).click()


def side_panel(lab: Lab) -> SidePanel:
    """Open the side panel."""
    lab.command("nbmodel:reveal")
    panel = SidePanel(lab)
    expect(panel.root).to_be_visible()
    return panel
