"""The panel as a user finds it: by roles and names, the same in each user interface."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

TABS = (
    "Card", "Metrics", "Evaluation", "Figures", "Timeline", "Audit", "Parameters", "Data", "Cells",
    "Environment", "Files", "Lineage",
)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """A panel; `within` is the page, or the part of the page that holds the panel."""

    within: Locator | Page

    @property
    def filter(self) -> Locator:
        """The search box above the table."""
        return self.within.get_by_role("searchbox", name="Filter versions")

    @property
    def table(self) -> Locator:
        """The table of versions."""
        return self.within.get_by_role("grid", name="Versions")

    @property
    def rows(self) -> Locator:
        """The rows of versions, without the headings and without placeholders."""
        return self.table.locator("tbody tr[data-commit]")

    @property
    def details(self) -> Locator:
        """The details of the chosen version."""
        return self.within.get_by_role("region", name="Details")

    @property
    def title(self) -> Locator:
        """The title of the details."""
        return self.details.get_by_role("heading", level=2).first

    @property
    def tiles(self) -> Locator:
        """The tiles of the overview."""
        return self.within.get_by_role("article")

    def view(self, name: str) -> Locator:
        """The link to a view: Overview, or All versions."""
        return self.within.get_by_role("navigation", name="Views").get_by_text(name, exact=True)

    def wait(self) -> Panel:
        """Wait until the table has rows; from the overview, go to the table first."""
        expect(self.rows.first.or_(self.view("All versions")).first).to_be_visible()
        if not self.table.is_visible():
            self.view("All versions").click()
        expect(self.rows.first).to_be_visible()
        return self

    def refs(self) -> list[str]:
        """References in the order of the rows."""
        return self.rows.locator("td.nbm-cell-version").all_inner_texts()

    def expect_refs(self, *refs: str) -> None:
        """Wait until the rows are these."""
        expect(self.rows.locator("td.nbm-cell-version")).to_have_text(list(refs))

    def row(self, ref: str) -> Locator:
        """The row of a version."""
        named = self.table.page.get_by_role("gridcell", name=ref, exact=True)
        return self.rows.filter(has=named)

    def every(self) -> None:
        """Show every version, not the latest of each model."""
        switch = self.within.get_by_role("switch", name="Every version")
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")

    def open(self, ref: str) -> None:
        """Click a version; its details are shown."""
        self.row(ref).click()
        expect(self.title).to_have_text(ref)

    def tab(self, name: str) -> Locator:
        """Choose a tab; return its content once it is drawn."""
        # A kernel on a busy machine takes its time for the first answer about a version.
        self.details.get_by_role("tab", name=name, exact=True).click(timeout=60_000)
        return self.tab_body

    @property
    def tab_body(self) -> Locator:
        """The content of the chosen tab, once it is drawn."""
        body = self.details.get_by_role("tabpanel")
        expect(body.get_by_role("status", name="Loading")).to_have_count(0)
        return body

    def mark(self, *refs: str) -> None:
        """Choose versions for a comparison."""
        for ref in refs:
            self.within.get_by_role("checkbox", name=f"Compare {ref}", exact=True).click()

    def compare(self, *refs: str) -> Locator:
        """Mark versions and compare them."""
        self.mark(*refs)
        self.within.get_by_role("button", name="Compare").first.click()
        expect(self.title).to_have_text("Comparison")
        expect(self.details.get_by_role("status", name="Loading")).to_have_count(0)
        return self.details

    def button(self, label: str) -> Locator:
        """A button for an action on the chosen version."""
        return self.details.get_by_role("group", name="Actions on").get_by_role(
            "button", name=label, exact=True
        )

    def do(self, label: str, **answers: str) -> None:
        """Press a button, fill in its dialog, and wait until the action has ended."""
        self.button(label).click()
        answer(self.within, label, **answers)

    @property
    def said(self) -> Locator:
        """The result of the last action."""
        return self.within.locator(".nbm-said")


def link_to(lineage: Locator, ref: str) -> Locator:
    """A version in the graph of the lineage."""
    own = lineage.page.locator("b").get_by_text(ref, exact=True)
    return lineage.get_by_role("link").filter(has=own)


def answer(within: Locator | Page, action: str, **answers: str) -> None:
    """Fill a dialog's fields by their names, confirm it, and wait until it has closed."""
    dialog = fill(within, **answers)
    dialog.get_by_role("button", name=action, exact=True).click()
    expect(dialog).to_have_count(0)


def fill(within: Locator | Page, **answers: str) -> Locator:
    """Fill a dialog's fields by their names; return the dialog."""
    dialog = within.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for name, value in answers.items():
        field = dialog.locator(f"[name={name}]")
        if field.evaluate("each => each.localName") == "select":
            field.select_option(value)
        else:
            field.fill(value)
    return dialog


def drawn_charts(within: Locator | Page) -> Locator:
    """Charts in which plotly has drawn something."""
    return within.locator(".js-plotly-plot:has(.main-svg .trace)")
