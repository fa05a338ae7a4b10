"""Every command is documented, and what the documents show exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

import nbmodel
from nbmodel import plugins
from nbmodel.commands.table import COMMANDS, MAGICS, SHELL
from nbmodel.versioning.registry import Registry

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
GENERATED = {"commands.md", "errors.md"}
PAGES = README + "".join(
    path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")) if path.name not in GENERATED
)
HERE = "https://github.com/nbmodel/nbmodel/blob/main/"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_in_changelog_and_explains_itself(command):
    written = f"nbmodel {command.name}" if command.shell_only else f"%model_{command.name}"
    assert written in CHANGELOG
    assert command.help.endswith(".")
    assert written in command.examples
    for argument in command.arguments:
        assert argument.options.get("help"), argument.flags


def test_no_document_shows_a_command_that_does_not_exist():
    notebook = nbformat.read(ROOT / "notebooks/quickstart.ipynb", 4)
    text = PAGES + CONTRIBUTING + CHANGELOG + "\n".join(cell.source for cell in notebook.cells)
    assert set(re.findall(r"(?<!%)%model_(\w+)", text)) == set(MAGICS)
    for name in re.findall(r"`nbmodel ([a-z]+)\b", PAGES):
        assert name in SHELL


@pytest.mark.parametrize("verb", nbmodel.VERBS)
def test_a_verb_of_the_python_api_has_a_docstring(verb):
    assert getattr(Registry, verb).__doc__
    assert getattr(nbmodel, verb).__doc__ == getattr(Registry, verb).__doc__


def links(text: str) -> list[str]:
    """Files of ours that a text links to, on this disk or at the host."""
    links = re.findall(r"\]\(([^)#]+)\)", text)
    raw = HERE.replace("github.com", "raw.githubusercontent.com").replace("/blob", "")
    ours = [link.removeprefix(HERE).removeprefix(raw) for link in links]
    return [link for link in ours if not link.startswith("http")]


@pytest.mark.parametrize("link", links(README + CONTRIBUTING))
def test_the_target_of_a_link_exists(link):
    assert (ROOT / link).exists()


def test_the_layer_map_names_every_folder():
    folders = [p.name for p in (ROOT / "nbmodel").iterdir() if (p / "__init__.py").exists()]
    for folder in folders:
        assert f"`{folder}/`" in CONTRIBUTING


def test_the_paths_that_answer_where_something_is_exist():
    table = CONTRIBUTING.partition("## Where is ...?")[2].partition("\n## ")[0]
    paths = re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", table)
    assert len(paths) > 15
    for path in paths:
        folder = "labextension/src" if path.endswith(".ts") else "nbmodel"
        assert (ROOT / folder / path).exists() or (ROOT / path).exists(), path


def test_the_readme_lists_the_extras_that_users_install():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for_developers = {"docs", "dev", "examples", "stress", "test"}
    cells = "".join(re.findall(r"^\| (`[^|]+) \|", README, re.MULTILINE))
    assert (
        set(re.findall(r"`(\w+)`", cells)) == {*project["optional-dependencies"]} - for_developers
    )


def test_every_framework_is_in_the_readme_and_has_an_extra():
    pyproject = (ROOT / "pyproject.toml").read_text()
    for framework in plugins.FRAMEWORKS:
        assert f"`{framework.name}`" in README
        assert re.search(rf"^{framework.name} = \[", pyproject, re.MULTILINE)
