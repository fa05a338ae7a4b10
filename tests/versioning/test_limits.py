"""Files of a version and notes that are larger than those of any model.

The author of a version decides how much there is to read. Each file has a limit for the reader and
for the writer (`nbmodel.layout.MAX_FILE_BYTES`). A larger file is refused by name, after its size
and before its content is read, and every other version can still be used.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import nbmodel
from nbmodel import documents, layout, manifest
from nbmodel.errors import GitFailed, InvalidValue, ManifestInvalid, NbModelError, TooLarge
from nbmodel.records import Column, Signature
from nbmodel.refs import NOTES_REF
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.resolve import resolve
from tests.builder import Builder, manifest_of

MIB = 1 << 20


@pytest.fixture
def builder(tmp_path):
    made = Builder(tmp_path / ".nbmodel.git")
    yield made
    made.git.close()


def planted(builder, model="big", **files) -> str:
    """A version with these files beside its manifest."""
    blobs = {"model.json": manifest.dumps(manifest_of(model)), **files}
    entries = [("100644", name, builder.put("blob", data)) for name, data in sorted(blobs.items())]
    commit = builder.commit(builder.tree(*entries))
    builder.set_ref(f"refs/heads/models/{model}/main", commit)
    return commit


def opened(builder):
    return nbmodel.open(builder.path.parent)


# -- what a stranger brings ----------------------------------------------------


@pytest.mark.parametrize("name", sorted(layout.MAX_FILE_BYTES))
def test_a_file_beyond_its_limit_is_refused_by_name(builder, name):
    builder.version("small")
    planted(builder, **{name: b" " * (layout.max_bytes(name) + 1)})
    with opened(builder) as registry:
        assert "small@1" in registry.list().text()
        if name == "model.json":
            assert registry.list().unreadable == 1
            assert "at most 8,388,608 are read" in registry.verify().text()
            return
        assert registry.log("big")[0].ref == "big@1"
        registry.show("small")
        context = registry.context
        tree = snapshots.read(context, resolve(context, "big")).tree
        with pytest.raises(ManifestInvalid, match=f"{name} has .* bytes; at most"):
            tree.read(context.git, name)


def test_a_file_that_is_too_large_is_not_read(builder, monkeypatch):
    planted(builder, **{"profile.json": b" " * (9 * MIB)})
    with opened(builder) as registry:
        requests, objects = [], registry.context.git._objects
        real = objects._ask
        monkeypatch.setattr(objects, "_ask", lambda *q: requests.append(q[:2]) or real(*q))
        with pytest.raises(ManifestInvalid, match="profile"):
            registry.show("big", "data")
        assert ("contents", builder.put("blob", b" " * (9 * MIB))) not in requests


DOCUMENTS = {
    "parameters": {"params": {f"p{n}": n for n in range(10_001)}},
    "metrics": {"metrics": {f"m{n}": n for n in range(10_001)}},
    "tags": {"tags": {f"t{n}": "" for n in range(10_001)}},
    "a name": {"params": {"x" * 20_000: 1}},
    "a text": {"params": {"x": "y" * 70_000}},
    "a tag's text": {"tags": {"x": "y" * 70_000}},
    "columns": {"signature": {"inputs": [{"name": "", "dtype": "", "shape": []}] * 100_001,
                              "outputs": []}},
    "a summary": {"object": {"summary": "x" * 70_000}},
    "lists": {"uses": [[]] * 500_000},
}  # fmt: skip


@pytest.mark.parametrize("what", DOCUMENTS)
def test_documents_above_their_limits_are_refused(what):
    whole = json.loads(manifest.dumps(manifest_of()))
    for key, value in DOCUMENTS[what].items():
        whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
    with pytest.raises(ManifestInvalid, match=r"at most|characters"):
        manifest.loads(json.dumps(whole).encode(), "big@1")


@pytest.mark.parametrize("what", ["parameters", "metrics", "tags", "a name", "a text"])
def test_the_index_reads_the_other_versions(builder, what):
    builder.version("small")
    whole = json.loads(manifest.dumps(manifest_of("big")))
    for key, value in DOCUMENTS[what].items():
        whole[key] = {**whole[key], **value}
    planted(builder, **{"model.json": json.dumps(whole).encode()})
    with opened(builder) as registry:
        assert registry.list().unreadable == 1
        assert "small@1" in [row.ref for row in registry.list()]
        with pytest.raises(NbModelError):
            registry.show("big")


def test_deeply_nested_documents_are_refused():
    assert documents.loads("[" * 32 + "]" * 32, 1000)
    for deep in ("[" * 33 + "]" * 33, '{"a":' * 40 + "1" + "}" * 40, "[" * 300_000):
        with pytest.raises(ValueError, match="levels"):
            documents.loads(deep, 1 << 20)


def test_notes_that_are_too_large_are_left_out(builder):
    commit = builder.version("small")
    blob = builder.put("blob", b"x" * (layout.MAX_NOTES_BYTES + 1))
    builder.set_ref(NOTES_REF, builder.commit(builder.tree(("100644", commit, blob))))
    with opened(builder) as registry:
        assert "the notes: " in registry.show("small").text()
        assert "at most 4,194,304 are read" in registry.show("small").text()
        with pytest.raises(GitFailed, match="bytes; at most"):
            registry.annotate("small", "one more")


def test_many_large_manifests_are_skipped(builder):
    """After git sent one that is too large, the size of each is read first."""
    wanted = [builder.version("small", number=n + 1) for n in range(3)]
    for number in range(6):
        planted(builder, f"big{number}", **{"model.json": b"%d" % number * (9 * MIB)})
    with opened(builder) as registry:
        assert [row.commit for row in registry.log("small")] == wanted[::-1]
        assert registry.list().unreadable == 6


# -- what a user would write -----------------------------------------------------


def test_a_commit_above_the_limits_is_refused_with_advice(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        first = registry.commit({"n": 1}, "net").version
        many = {f"p{n}": n for n in range(10_001)}
        for facts, kind, words in (
            ({"params": many}, InvalidValue, r"10,00\d params"),
            ({"metrics": many}, InvalidValue, "10,001 metrics"),
            ({"tags": {"x": "y" * 70_000}}, InvalidValue, "a text of 70,000 characters"),
            ({"params": {"x" * 20_000: 1}}, InvalidValue, "a name of 20,000"),
            ({"message": "x" * 70_000}, TooLarge, "The message has 70,000 characters"),
        ):
            with pytest.raises(kind, match=words) as refused:
                registry.commit({"n": 2}, "net", **facts)
            assert "Nothing was committed" in str(refused.value)
            assert refused.value.hint
        assert list(registry.log("net")) == [first]


def test_a_profile_above_the_limit_is_reported(tmp_path):
    """A thousand columns of fifty long categories each."""
    texts = np.array([chr(200 + n) * 200 for n in range(50)] * 6, dtype=object)
    data = {f"c{n}": texts for n in range(500)}
    with nbmodel.open(tmp_path, create=True) as registry:
        with pytest.raises(TooLarge, match=r"profile.json would have") as refused:
            registry.commit({"n": 1}, "net", data=data)
        assert "without --data" in refused.value.hint
        assert len(registry.list()) == 0


def test_notes_are_refused_before_they_exceed_the_limit(tmp_path):
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit({"n": 1}, "net")
        for letter in "ab":
            registry.annotate("net", letter * (MIB + MIB // 2))
        with pytest.raises(TooLarge, match="Put long text into a file"):
            registry.annotate("net", "x" * (MIB + MIB // 2))
        assert len(registry.show("net").notes) == 2


# -- what the worst allowed costs ------------------------------------------------

WORST = textwrap.dedent("""
    import resource, sys, nbmodel
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    from nbmodel import views
    with nbmodel.open(sys.argv[1]) as registry:
        assert len(registry.list()) + registry.list().unreadable == 2
        shown = registry.show("big", "about", "data", "env", "files")
        len(shown.text()), len(shown.html())
        views.answer(registry, "version", {"ref": "big"})
        registry.diff("big", "small").text()
        registry.verify()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
""")


@pytest.mark.stress
def test_the_largest_documents_are_read_within_time_and_memory_limits(builder):
    """Every file as large, and of as many parts, as may be: below 2 GiB of addresses."""
    builder.version("small")
    columns = tuple(Column(f"column {n}", "float64", (-1,)) for n in range(30_000))
    largest = manifest_of(
        "big", params={f"p{n}": "x" * 60 for n in range(9_000)},
        metrics={f"m{n}": n / 7 for n in range(9_000)}, tags={f"t{n}": "y" for n in range(9_000)},
        signature=Signature(columns, columns[:10]),
        environment={f"d{n}": "1.0" for n in range(9_000)},
    )  # fmt: skip
    row = {"name": "n", "dtype": "f", "kind": "number", "missing": 0, "top": [["a", 1]]}
    profile = {"rows": 3, "fingerprint": "x", "columns": [row] * 90_000}
    planted(builder, **{
        "model.json": manifest.dumps(largest),
        "profile.json": json.dumps(profile).encode(),
        "cells.py": b"x = 1\n" * (layout.max_bytes("cells.py") // 6),
        "README.md": b"# t\n" * (MIB // 4),
        "requirements.txt": b"a==1\n" * (MIB // 5),
    })  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", WORST, builder.path.parent], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    print(f"{int(done.stdout):,} KiB at most")
    assert int(done.stdout) < 1 << 20
