"""file: the content of attachments, for user interfaces."""

import base64
import os

import plotly.express as px
import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound, TooLarge
from nbmodel.views import answer
from nbmodel.views.files import MAX_BYTES
from tests.fixtures.projects import make_project
from tests.views.conftest import HOSTILE
from tests.views.contract import CONTRACT

NAME = HOSTILE.replace("\u202e", "").replace("\x07", "")  # a name of a file cannot have these


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = make_project(tmp_path_factory.mktemp("figures") / "shop")
    (folder / "large.bin").write_bytes(os.urandom(MAX_BYTES + 1))
    (folder / "other.txt").write_text("other")
    with nbmodel.open(folder) as registry:
        figure = px.line(x=[1, 2], y=[1, 2], title=HOSTILE)
        registry.commit({"a": 1}, "churn", figures={NAME: figure}, files=[folder / "large.bin"])
        registry.commit({"a": 1}, "other", files=[folder / "other.txt"])
        registry.annotate("churn", HOSTILE, figures={"later": figure})
        yield registry


def attachments(shop, ref):
    return answer(shop, "version", {"ref": ref})["attachments"]


def test_a_version_lists_what_its_commit_and_its_notes_attach(shop):
    version = answer(shop, "version", {"ref": "churn"})
    CONTRACT.fits(version, ("name", "Version", []))
    found = version["attachments"]
    assert [(f["title"], f["kind"], f["author"]) for f in found] == [
        (NAME, "plotly", ""), ("large.bin", "other", ""), ("later", "plotly", "Ann"),
    ]  # fmt: skip
    assert version["notes"][0]["files"] == ["later.plotly.json"]


def test_its_content_is_in_base64(shop):
    for file in attachments(shop, "churn")[::2]:
        found = answer(shop, "file", {"ref": "churn", "sha256": file["sha256"]})
        CONTRACT.fits(found, ("name", "FileContent", []))
        assert base64.b64decode(found["data"]) == shop.file("churn", file["name"])


def test_a_large_file_is_not_sent(shop):
    digest = attachments(shop, "churn")[1]["sha256"]
    with pytest.raises(TooLarge, match=r"nbmodel\.file\('churn@1', 'large\.bin'\)"):
        answer(shop, "file", {"ref": "churn", "sha256": digest})


def test_a_file_of_another_version_is_not_given(shop):
    digest = attachments(shop, "other")[0]["sha256"]
    for sha256 in (digest, "", "0" * 64, "../../etc/passwd", HOSTILE):
        with pytest.raises(NotFound):
            answer(shop, "file", {"ref": "churn", "sha256": sha256})
    for arguments in ({"ref": "churn"}, {"ref": "churn", "sha256": 3}, {"sha256": digest}):
        with pytest.raises(InvalidValue):
            answer(shop, "file", arguments)
