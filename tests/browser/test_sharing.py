"""Push and pull from the side panel and from the panel of a notebook, over a real remote."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

import nbmodel
from tests.browser import registries
from tests.browser.axe import assert_accessible
from tests.browser.lab import Lab
from tests.browser.panel import Panel, answer
from tests.browser.sidepanel import SidePanel, side_panel


@pytest.fixture
def team(root, shop):
    """A bare repository that the shop has as ``origin``."""
    remote = (root / shop).with_name("team.git")
    registries.git(root / shop, "init", "--quiet", "--bare", str(remote))
    registries.git(root / shop, "remote", "add", "origin", str(remote))
    return remote


def colleague(team, message: str) -> None:
    """Another person clones, commits a version of price, and pushes."""
    folder = team.with_name(f"colleague {message}")
    nbmodel.clone(str(team), folder)
    with nbmodel.open(folder) as registry:
        registries.commit(registry, "price", 0.9, message)
        registry.push()


def button(within: Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name, exact=True)


def opened(lab: Lab, folder: str) -> SidePanel:
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    return side_panel(lab)


def test_the_side_panel_pushes_and_pulls(lab, shop, team, root):
    panel = opened(lab, shop)
    distance = panel.root.locator(".nbm-lab-distance")
    expect(distance).to_have_text("origin: 7 ahead")
    button(panel.root, "Push").click()
    dialog = lab.page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Push to origin")
    expect(dialog).to_contain_text("origin lacks 7 versions")
    assert_accessible(lab.page, "dialog")
    answer(lab.page, "Push")
    expect(lab.notification("Pushed to origin")).to_be_visible()
    expect(distance).to_have_text("origin: nothing to push")
    assert "churn@v0.1.0" in registries.tags(team)

    colleague(team, "theirs")
    with nbmodel.open(root / shop) as registry:
        registries.commit(registry, "price", 0.8, "mine")
    expect(distance).to_have_text("origin: 1 ahead")
    button(panel.root, "Push").click()
    button(dialog, "Push").click()
    expect(dialog.get_by_role("alert")).to_contain_text("price has versions there")
    expect(dialog.get_by_role("alert")).to_contain_text("ull")  # what to do next
    button(dialog, "Cancel").click()

    button(panel.root, "Pull").click()
    answer(lab.page, "Pull")
    expect(lab.notification("Both have new versions of price")).to_be_visible()
    expect(distance).to_have_text("origin: 1 ahead")
    panel.unfold("price")
    expect(panel.line("ann")).to_be_visible()


def test_the_panel_of_a_notebook_pushes_and_pulls(lab, shop, team, root):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    panel = Panel(lab.run_through("%model_panel").area).wait()
    expect(panel.row("price@1")).to_contain_text("1 ahead")
    expect(panel.row("churn@4")).to_contain_text("5 ahead")
    button(panel.within, "Push").click()
    answer(panel.within, "Push")
    expect(panel.said).to_contain_text("Pushed to origin")
    expect(panel.within.get_by_text("origin: nothing to push")).to_be_visible()
    expect(panel.row("price@1")).not_to_contain_text("ahead")
    colleague(team, "new prices")
    button(panel.within, "Pull").click()
    answer(panel.within, "Pull", fetch="all")
    expect(panel.row("price@2")).to_contain_text("new prices")
    assert "new prices" in registries.git(root / shop, "log", "--format=%s", "models/price/main")


def test_a_push_by_a_command_is_seen(lab, shop, team):
    panel = opened(lab, shop)
    shown = Panel(lab.run_through("%model_panel").area).wait()
    lab.run_through("%model_push price")
    expect(shown.row("price@1")).not_to_contain_text("ahead")
    expect(panel.root.locator(".nbm-lab-distance")).to_have_text("origin: 6 ahead")


def test_without_a_remote_nothing_about_it_is_shown(lab, shop):
    panel = opened(lab, shop)
    expect(panel.line("price")).to_be_visible()
    assert not button(panel.root, "Push").count()
    shown = Panel(lab.run_through("%model_panel").area).wait()
    expect(button(shown.within, "Push")).to_have_count(0)
    lab.command("nbmodel:push")
    expect(lab.notification("This registry has no remote")).to_be_visible()
