"""The saved output of a panel: the widget with a kernel, and the static view without one."""

from __future__ import annotations

from playwright.sync_api import expect

from nbmodel.widgets.saved_view import NOTE
from tests.browser import hostile, registries
from tests.browser.chromium import live_markup
from tests.browser.panel import Panel


def reopened(lab, path):
    """The last output of a notebook that is opened again without its kernel."""
    lab.command("docmanager:save")
    lab.command("kernelmenu:shutdown")
    lab.command("application:close-all")
    lab.open(path)
    return lab.page.locator(".jp-NotebookPanel .jp-OutputArea-output").last


def test_the_widget_is_shown_with_a_kernel_and_the_saved_view_without(lab, shop):
    path = f"{shop}/{registries.NOTEBOOK}"
    lab.open(path)
    lab.run_through("%load_ext nbmodel")
    ran = lab.run_through("%model_panel")
    Panel(ran.area).wait()
    expect(ran.area.get_by_text(NOTE)).to_be_hidden()
    saved = reopened(lab, path)
    expect(saved.get_by_text(NOTE)).to_be_visible()
    expect(saved.get_by_text("churn@3").first).to_be_visible()
    expect(saved.get_by_text("Error displaying widget")).to_be_hidden()


def test_hostile_text_in_a_saved_view_is_text(lab, make):
    folder = make(hostile.hostile)
    path = f"{folder}/{registries.NOTEBOOK}"
    lab.open(path)
    lab.run_through("%load_ext nbmodel")
    lab.run_through("%model_panel")
    saved = reopened(lab, path)
    expect(saved.get_by_text(NOTE)).to_be_visible()
    assert live_markup(lab.page) == []
