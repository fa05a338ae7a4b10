"""axe-core, the accessibility checker, run inside a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
# Of the whole page, which may hold several panels with regions of the same name.
PAGE_RULES = {"landmark-unique"}
# All rules that read colors: what another color scheme of the same page can break.
COLOR_RULES = ("color-contrast", "link-in-text-block")


def assert_accessible(page: Page, *roots: str, rules: Sequence[str] = ()) -> None:
    """Assert that axe finds nothing inside the elements that `roots` select.

    Parameters
    ----------
    page : Page
    *roots : str
        CSS selectors of our own parts; each must be there.
    rules : Sequence[str]
        The rules to check; without them, every rule.
    """
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(SOURCE.read_text())
    for root in roots:
        assert page.locator(root).count(), f"{root} is not on the page"
    found = page.evaluate(
        """([roots, rules]) => window.axe.run(
          {include: roots.map(root => [root])},
          {resultTypes: ['violations'], ...(rules.length && {runOnly: rules})},
        ).then(result => result.violations)""",
        [list(roots), list(rules)],
    )
    findings = [
        "\n".join(
            [f"{rule['impact']} {rule['id']}", rule["help"], *map(_described, rule["nodes"][:4])]
        )
        for rule in found
        if rule["id"] not in PAGE_RULES
    ]
    assert not findings, "\n".join(findings)


def _described(node: dict[str, str]) -> str:
    return f"    {node['html'][:200]}\n    {node['failureSummary']}"
