"""The reference pages in git that are generated from code agree with this code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from nbmodel import errors

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generated", DOCS / "_ext/generated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "errors.md"])
def test_a_page_in_git_is_that_of_the_code(generated, name):
    # Releases of Python break the lines of a usage at other words.
    expected = " ".join(generated.own_pages()[name]).split()
    assert (DOCS / "reference" / name).read_text().split() == expected, (
        "run python docs/_ext/generated.py"
    )


def test_every_error_has_a_section_without_optional_parts(generated):
    page = "\n".join(generated.error_classes())
    kinds = {kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)}
    assert set(re.findall(r"^## `(\w+)`", page, re.MULTILINE)) >= kinds
    assert "N secondsPLACE" not in page
    glued = re.findall(r"\w*[a-z.][A-Z]{2,}\w*", re.sub(r"`.*?`", "", page))
    assert glued == []
    assert not re.search(r"\b(HINT|ALSO|SHOWN|MORE|AGAIN|WAITING)\b", page)
    assert "matches COUNT versions: CANDIDATES." in page
