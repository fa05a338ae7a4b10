"""The commands and options that the pages show exist."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from nbmodel import errors
from nbmodel.commands.table import MAGICS, SHELL

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    page for page in sorted(DOCS.rglob("*.md"))
    if "_build" not in page.parts and not re.fullmatch(r"commands|errors|http_.*", page.stem)
]  # fmt: skip
CODE_RE = re.compile(r"^```.*\n((?:.*\n)*?)```$|`([^`\n]+)`", re.M)
COMMAND_RE = re.compile(r"(?:(?<!%)%model_|(?:^|[!|;=] ?)nbmodel )([a-z]+)(.*)", re.M)
OPTION_RE = re.compile(r"(?<=\s)--[a-z][a-z-]*")


def code_of(text: str) -> str:
    """The blocks and spans of code of a page, a line each."""
    return "\n".join("".join(groups) for groups in CODE_RE.findall(text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_command_that_a_page_shows_exists(page):
    for match in COMMAND_RE.finditer(code_of(page.read_text())):
        name, rest = match.groups()
        commands = MAGICS if "%model_" in match[0] else SHELL
        if name == "work":  # %%model_work marks a cell
            continue
        assert name in commands, match[0]
        known = {flag for argument in commands[name].arguments for flag in argument.flags}
        assert set(OPTION_RE.findall(rest)) <= {*known, "--help"}, match[0]


def test_the_messages_that_troubleshooting_explains_are_those_of_the_errors():
    page = (DOCS / "troubleshooting.md").read_text()
    headings = re.findall(r'^## `(\w+)`: (?:"(.*)")?', page, re.MULTILINE)
    assert len(headings) >= 8
    for name, message in headings:
        source = re.sub(r"\{[^{}]*\}", "...", inspect.getsource(getattr(errors, name)))
        words = message.replace("A figure needs plotly", "... needs ...")
        assert words.rstrip(".") in source, name
