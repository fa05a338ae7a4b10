"""The page on disk, read back as a browser reads it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import stat
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser

import pytest

import nbmodel
from nbmodel.dashboard import static_page
from nbmodel.errors import AlreadyExists, InvalidValue, WriteFailed
from tests.dashboard.conftest import EVIL


class Elements(HTMLParser):
    """Tags with their attributes, and the text of scripts and title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements = []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        self.open = True

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.elements[-1][2] += data


@pytest.fixture(scope="module")
def page(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "models.html"
    with nbmodel.open(folder, read_only=True) as registry:
        written = static_page.write(registry, path)
    assert written.size == path.stat().st_size
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page).elements


def data_of(elements):
    (text,) = [e[2] for e in elements if e[1].get("id") == "nbmodel-data"]
    return json.loads(gzip.decompress(base64.b64decode(text, validate=True)))


def test_the_page_contains_the_registry_and_no_row_of_data(elements):
    data = data_of(elements)
    assert data["format"] == 1
    assert data["registry"]["models"] == 2
    assert {row["ref"] for row in data["rows"]} >= {"net@1", "net@2", "net@3", "top@1"}
    assert data["versions"].keys() == {row["commit"] for row in data["rows"]}
    assert {"NaN"} <= {value for row in data["rows"] for _, value in row["metrics"]}


def test_hostile_text_adds_no_element_to_the_page(page, elements):
    tags = [tag for tag, _, _ in elements]
    assert tags[:7] == ["html", "head", *["meta"] * 5]
    assert tags[7:] == ["title", "link", "style", "body", "script", "script"]
    assert page.count("</script") == 2
    assert "<!--" not in page
    assert EVIL in json.dumps(data_of(elements), ensure_ascii=False)
    assert unescape(re.search("<title>(.*?)</title>", page)[1]) == "my models <i> · models"


def test_the_policy_allows_only_the_script_of_the_page(elements):
    (policy,) = [e[1]["content"] for e in elements if e[1].get("http-equiv")]
    script = elements[-1][2]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    assert "unsafe-eval" not in policy


def test_the_page_loads_nothing_from_elsewhere(elements):
    for tag, attrs, _ in elements:
        assert "src" not in attrs, tag
        assert attrs.get("href", "data:,") == "data:,"


def test_a_page_is_replaced_but_another_file_is_not(folder, tmp_path):
    path = tmp_path / "models.html"
    with nbmodel.open(folder, read_only=True) as registry:
        static_page.write(registry, path)
        again = static_page.write(registry, path, limit=2)
        assert (again.versions, again.total) == (2, 5)
        assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444
        path.write_text("<p>my thesis</p>")
        with pytest.raises(AlreadyExists, match="--force"):
            static_page.write(registry, path)
        assert path.read_text() == "<p>my thesis</p>"
        static_page.write(registry, path, force=True)
    assert static_page.MARK in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["models.html"]


def test_a_path_that_cannot_be_written_is_refused(folder, tmp_path):
    with nbmodel.open(folder, read_only=True) as registry:
        for path in (tmp_path, tmp_path / "none" / "x.html"):
            with pytest.raises(InvalidValue, match="cannot be a file's name"):
                static_page.write(registry, path)
        with pytest.raises(InvalidValue, match="0 versions"):
            static_page.write(registry, tmp_path / "x.html", limit=0)
        with pytest.raises(WriteFailed, match="Could not write"):
            static_page.write(registry, tmp_path / ("x" * 300))
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_an_empty_registry_names_the_next_step(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        written = static_page.write(registry, tmp_path / "x.html")
    assert written.versions == 0
    data = data_of(Elements((tmp_path / "x.html").read_text()).elements)
    assert "%model_commit" in data["registry"]["hint"]


def test_the_command_prints_what_it_wrote(folder, tmp_path):
    args = ["dashboard", "--repo", str(folder), "--static", "x.html", "--limit", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "nbmodel.cli", *args],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.match(r"x\.html  3 versions of 5  [\d.]+ MB  ", done.stdout)
