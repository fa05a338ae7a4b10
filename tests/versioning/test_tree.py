"""The additional files of format 2 are in every copy of a version."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace

import pytest
from blake3 import blake3

from nbmodel import manifest as manifests
from nbmodel.records import Attachment, Module, Segment
from nbmodel.repo.commits import NewCommit, write
from nbmodel.store import lfs_format
from nbmodel.versioning.verbs.commit_files import git_attributes
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git
from tests.versioning.verbs.test_card import with_words

SOURCE = "LIMIT = 3  # é\r\n".encode()
NOTES = b"notes\r\n"
PLOT = b"\x89PNG\r\n" * 40_000


def _segment(data: bytes) -> Segment:
    return Segment(hashlib.sha256(data).hexdigest(), blake3(data).hexdigest(), len(data))


@pytest.fixture
def grown(registry, pipeline):
    """A version with a module, a small and a large file, acceptance rows and a run."""
    return add(registry, registry.commit(pipeline, "churn").version)


def add(registry, tip, **tampered):
    names = git(registry.path, "ls-tree", "-r", "--name-only", tip.commit).splitlines()
    files = {n: registry.context.git.read(f"{tip.commit}:{n}").data for n in names}
    (stored,) = registry.context.store.put([[memoryview(PLOT)]])
    files |= {
        "files/0000": NOTES,
        "files/0001": lfs_format.write_pointer(stored.segment),
        "modules/pkg/helpers.py": SOURCE,
        "acceptance.json": b"{}\n",
        "run/cells.py": b"1 + 1\n",
    }
    manifest = replace(
        manifests.loads(files["model.json"], "churn"),
        number=tip.number + 1,
        files=(
            Attachment("files/0000", "notes ü.txt", _segment(NOTES)),
            Attachment("files/0001", "roc curve.png", stored.segment),
        ),
        modules=(Module("modules/pkg/helpers.py", "pkg.helpers", _segment(SOURCE).sha256),),
    )
    files["model.json"] = manifests.dumps(manifest)
    files[".gitattributes"] = git_attributes(files)
    files |= {path.replace("__", "/"): content for path, content in tampered.items()}
    change = NewCommit(
        "refs/heads/models/churn/main", [tip.commit], files, tip.author, tip.time, "grown"
    )
    write(registry.context.git, change)
    return registry


def test_an_export_contains_every_file_in_full_and_loads(grown, tmp_path, data, pipeline):
    grown.export("churn", tmp_path / "out")
    assert (tmp_path / "out" / "files" / "0000").read_bytes() == NOTES
    assert (tmp_path / "out" / "files" / "0001").read_bytes() == PLOT
    assert (tmp_path / "out" / "modules" / "pkg" / "helpers.py").read_bytes() == SOURCE
    loaded = load_folder(tmp_path / "out")
    assert (loaded.predict(data[0]) == pipeline.predict(data[0])).all()


def test_a_checkout_by_stock_git_and_git_lfs_has_the_same_bytes(grown, tmp_path, data):
    grown.release("churn@2", version="v1.0.0")
    out = tmp_path / "clone"
    settings = ["-c", "core.autocrlf=true", "-c", "advice.detachedHead=false"]
    subprocess.run(
        ["git", *settings, "clone", "--quiet", "-b", "churn@v1.0.0", str(grown.path), str(out)],
        check=True,
        env=None,
    )
    assert (out / "modules" / "pkg" / "helpers.py").read_bytes() == SOURCE
    assert (out / "files" / "0000").read_bytes() == NOTES
    attribute = git(out, "check-attr", "filter", "files/0000", "files/0001", "payload/0000")
    assert attribute.splitlines() == [
        "files/0000: filter: unspecified",
        "files/0001: filter: lfs",
        "payload/0000: filter: lfs",
    ]


def test_sizes_are_those_of_the_files_themselves(grown):
    sizes = grown.show("churn").files
    assert (sizes["files/0000"], sizes["files/0001"]) == (len(NOTES), len(PLOT))
    assert sizes["modules/pkg/helpers.py"] == len(SOURCE)


def test_a_card_edit_shares_the_files(grown):
    edited = grown.edit_card("churn", with_words(grown.card("churn").card)).version
    listed = [
        dict(line.split("\t")[::-1] for line in git(grown.path, "ls-tree", "-r", c).splitlines())
        for c in (edited.commit, f"{edited.commit}~1")
    ]
    changed = {path for path in listed[0] if listed[0][path] != listed[1].get(path)}
    assert changed == {"README.md", "model.json"}
    assert listed[0].keys() == listed[1].keys()
    one, two = (grown.show(f"churn@{n}").manifest for n in (2, 3))
    assert (one.files, one.modules) == (two.files, two.modules)
    assert grown.verify()


def test_garbage_collection_keeps_what_a_large_file_needs(grown):
    assert grown.gc(force=True, grace=0).garbage == []
    assert grown.verify()


@pytest.mark.parametrize(
    ("tampered", "words"),
    [
        ({"modules__pkg__helpers.py": b"LIMIT = 4\n"}, "helpers.py is not what was committed"),
        ({"files__0000": b"other"}, "is damaged"),
        ({"files__0001": b"other"}, "is damaged"),
        ({"files__0001": lfs_format.write_pointer(_segment(b"x"))}, "names another segment"),
    ],
)
def test_verify_reports_files_that_differ_from_the_commit(registry, pipeline, tampered, words):
    add(registry, registry.commit(pipeline, "churn").version, **tampered)
    findings = registry.verify().findings
    assert [(f.where, words in f.problem) for f in findings] == [("churn@2", True)]
