from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel import manifest
from nbmodel.errors import NbModelError
from nbmodel.records import Person, Release, StageMove
from nbmodel.repo import history, summaries
from nbmodel.repo.git import Git
from tests.builder import START, manifest_of, segment


def read_all(repo, known=()):
    tips = history.branches(history.listing(repo.git)).values()
    return list(history.versions(repo.git, tips, known))


def only(repo):
    (snapshot,) = read_all(repo)
    return snapshot


# -- refs --------------------------------------------------------------------


def test_only_refs_in_our_grammar_count(bare_repo):
    oid = bare_repo.version("churn", "main")
    for name in ("models/churn/a b", "models/-x/main", "models/a/b/c", "models/só/main", "main"):
        bare_repo.set_ref(f"refs/heads/{name}", oid)
    for name in ("v1.0.0", "churn@1.0.0", "churn@v1", "churn@prod", "churn#prod#0", "x/y@v1.0.0"):
        bare_repo.tag(name, oid)
    bare_repo.tag("churn@v1.2.0", oid)
    listed = history.listing(bare_repo.git)
    assert history.branches(listed) == {"refs/heads/models/churn/main": oid}
    assert list(history.tags(listed)) == ["churn@v1.2.0"]


def test_an_empty_repository_lists_nothing(bare_repo):
    listed = history.listing(bare_repo.git)
    assert (history.branches(listed), history.tags(listed)) == ({}, {})


def test_a_ref_without_an_object_is_reported_and_hides_no_other(bare_repo):
    oid = bare_repo.version()
    bare_repo.set_ref("refs/heads/models/churn/gone", "1" * 40)
    (bare_repo.path / "refs/heads/models/churn/bad").write_text("rubbish\n")
    result = {snapshot.info.commit: snapshot.why for snapshot in read_all(bare_repo)}
    assert result == {oid: "", "1" * 40: "there is no such object"}


# -- tags --------------------------------------------------------------------


def tags_of(repo):
    with history.reader(repo.git) as bulk:
        result = dict(history.read_tags(bulk, history.tags(history.listing(repo.git))))
    return {name: tag.record for name, tag in result.items() if tag.record is not None}


def test_tags_become_releases_and_stage_moves(bare_repo):
    oid = bare_repo.version()
    bare_repo.tag("churn@v1.2.0", oid, b"good\n", when=5)
    bare_repo.tag("churn#prod#3", oid, b"passed\n", when=6)
    bare_repo.tag("churn#prod!#4", oid, b"drifts", when=7)
    ann = Person("Ann", "ann@example.org")
    assert tags_of(bare_repo) == {
        "churn@v1.2.0": Release(
            model="churn", version="v1.2.0", commit=oid, author=ann, time=5, message="good"
        ),
        "churn#prod#3": StageMove(
            model="churn",
            stage="prod",
            counter=3,
            commit=oid,
            removed=False,
            author=ann,
            time=6,
            message="passed",
        ),
        "churn#prod!#4": StageMove(
            model="churn",
            stage="prod",
            counter=4,
            commit=oid,
            removed=True,
            author=ann,
            time=7,
            message="drifts",
        ),
    }


def test_a_rollback_names_what_it_retreats_from(bare_repo):
    oid = bare_repo.version()
    bare_repo.tag("churn#prod#2", oid, b"off on new region\n\nRolled-Back: " + b"ab" * 20 + b"\n")
    move = tags_of(bare_repo)["churn#prod#2"]
    assert (move.rolled_back, move.message) == ("ab" * 20, "off on new region")


@pytest.mark.parametrize("kind", ["PGP SIGNATURE", "SSH SIGNATURE", "SIGNED MESSAGE"])
def test_a_signature_is_not_part_of_the_message(bare_repo, kind):
    oid = bare_repo.version()
    text = f"good\n-----BEGIN {kind}-----\nabc\n-----END {kind}-----\n"
    bare_repo.tag("churn@v1.0.0", oid, text.encode())
    assert tags_of(bare_repo)["churn@v1.0.0"].message == "good"


def test_tags_gto_does_not_count_are_left_out(bare_repo):
    oid = bare_repo.version()
    inner = bare_repo.tag("churn@v1.0.0", oid)
    bare_repo.set_ref("refs/tags/churn@v2.0.0", oid)  # lightweight
    bare_repo.tag("churn@v3.0.0", inner, kind="tag")
    bare_repo.tag("churn@v4.0.0", bare_repo.put("blob", b"x"), kind="blob")
    bare_repo.set_ref("refs/tags/churn@v5.0.0", bare_repo.put("tag", b"rubbish"))
    assert list(tags_of(bare_repo)) == ["churn@v1.0.0"]


def test_a_tag_without_tagger_is_read(bare_repo):
    bare_repo.tag("churn@v1.0.0", bare_repo.version(), tagger=b"")
    release = tags_of(bare_repo)["churn@v1.0.0"]
    assert (release.author, release.time, release.message) == (Person("", ""), 0, "why")


# -- the walk ----------------------------------------------------------------


def test_each_version_comes_once_and_after_its_children(bare_repo):
    item, two = bare_repo.versions(2)
    side = bare_repo.version(branch="exp", number=3, parents=[two])
    merged = bare_repo.version(number=4, parents=[two, side])
    assert [s.info.commit for s in read_all(bare_repo)] in (
        [merged, side, two, item],
        [side, merged, two, item],
    )


def test_the_walk_ends_at_known_commits(bare_repo):
    oids = bare_repo.versions(5)
    assert [s.info.commit for s in read_all(bare_repo, known={oids[2]})] == [oids[4], oids[3]]


def test_a_shallow_clone_ends_at_its_oldest_commit(bare_repo, tmp_path):
    bare_repo.versions(3)
    clone = tmp_path / "shallow.git"
    subprocess.run(
        [
            *("git", "clone", "-q", "--bare", "--depth=1", "--no-single-branch"),
            *(bare_repo.path.as_uri(), str(clone)),
        ],
        check=True,
    )
    git = Git(clone)
    tips = history.branches(history.listing(git)).values()
    (snapshot,) = history.versions(git, tips)
    assert (snapshot.info.number, snapshot.why) == (3, "")


def test_every_field_of_the_manifest_is_read(bare_repo):
    params = {"C": 0.1, "n": 3, "on": True, "none": None, "text": "a\ud800ü"}
    oid = bare_repo.version(
        number=7,
        params=params,
        metrics={"auc": 0.9, "nan": float("inf"), "n": 3},
        tags={"team": "ads"},
        segments=("a", "bb"),
        message="größer".encode(),
        when=START,
    )
    info = only(bare_repo).info
    assert (info.commit, info.model, info.branch, info.number) == (oid, "churn", "main", 7)
    assert (info.params, info.metrics["nan"], info.tags) == (params, float("inf"), {"team": "ads"})
    assert (info.message, info.time, info.author) == (
        "größer",
        START,
        Person("Ann", "ann@example.org"),
    )
    assert info.size == len("skeleton") + 3
    wanted = tuple(segment(text).sha256 for text in ("skeleton", "a", "bb"))
    assert only(bare_repo).segments == wanted


# -- bad manifests -----------------------------------------------------------


def commit_of(repo, *entries):
    oid = repo.commit(repo.tree(*entries))
    repo.set_ref("refs/heads/models/churn/main", oid)
    return oid


def with_json(repo, data: bytes):
    return commit_of(repo, ("100644", "model.json", repo.put("blob", data)))


def test_a_commit_without_a_manifest_is_reported(bare_repo):
    oid = commit_of(bare_repo)
    snapshot = only(bare_repo)
    assert (snapshot.info.commit, snapshot.why) == (
        oid,
        "its model.json: its tree has none",
    )


def test_a_manifest_that_is_a_folder_is_reported(bare_repo):
    commit_of(bare_repo, ("40000", "model.json", bare_repo.tree()))
    assert only(bare_repo).why == "its model.json is a tree, not a file"


def test_a_tree_with_dots_and_links_does_no_harm(bare_repo):
    blob = bare_repo.put("blob", manifest.dumps(manifest_of()))
    commit_of(
        bare_repo,
        *(("40000", name, bare_repo.tree()) for name in ("..", ".GIT", "--upload-pack=x")),
        ("120000", "model.json", blob),
        ("160000", "module", "2" * 40),
    )
    assert only(bare_repo).why == ""


def test_a_newer_format_is_named(bare_repo):
    document = json.loads(manifest.dumps(manifest_of())) | {"format": 99}
    with_json(bare_repo, json.dumps(document).encode())
    assert only(bare_repo).why.startswith("format 99 is newer than this nbmodel reads")


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xff\xfe", b"[]", b"null", b"{}", b'{"format": true}', b'{"format": 1}'),
        *(b"[" * 100_000, b'{"format": ' + b"9" * 5000 + b"}", b"x" * 1_000_000),
    ],
)
def test_an_invalid_manifest_has_a_short_reason(bare_repo, data):
    with_json(bare_repo, data)
    why = only(bare_repo).why
    assert why.startswith("its model.json is")
    assert len(why) < 400


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["model"], "../x"),
        (["model"], 7),
        (["branch"], ""),
        (["number"], -1),
        (["number"], 1.0),
        (["number"], 1 << 70),
        (["params"], {"x": []}),
        (["params"], []),
        (["metrics"], {"auc": "high"}),
        (["metrics"], {"auc": True}),
        (["metrics"], {"auc": None}),
        (["tags"], {"a": 1}),
        (["object", "type"], None),
        (["object", "summary"], {}),
        (["payload", "segments"], "abc"),
        (["payload", "segments"], [{"sha256": "A" * 64, "blake3": "a" * 64, "size": 1}]),
        (["payload", "skeleton", "size"], -5),
        (["payload", "skeleton", "sha256"], "../../etc"),
    ],
)
def test_wrong_types_are_refused(bare_repo, path, value):
    document = json.loads(manifest.dumps(manifest_of()))
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with_json(bare_repo, json.dumps(document).encode())
    assert only(bare_repo).why


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from(["format", "model", "branch", "number", "params", "metrics", "tags"])


@given(field=FIELDS, value=VALUES)
def test_history_reads_manifests_as_strictly_as_the_manifest_module(field, value):
    """Whatever `manifest.loads` takes is taken, with the same meaning; the rest is not."""
    document = json.loads(manifest.dumps(manifest_of())) | {field: value}
    data = json.dumps(document).encode()
    commit = history.Commit(oid="0" * 40, parents=(), author=Person("", ""), time=0, message="")
    result = summaries.summarize(commit, data)
    try:
        wanted = manifest.loads(data, "x")
    except NbModelError:
        assert result.why
    else:
        info = result.info
        if wanted.number < 1 << 62:
            assert not result.why
            assert (info.model, info.branch, info.number) == (
                *(wanted.model, wanted.branch),
                wanted.number,
            )
            assert repr((info.params, info.metrics, info.tags)) == repr(
                (wanted.params, wanted.metrics, wanted.tags)
            )


# -- bad commits -------------------------------------------------------------


def test_a_huge_message_is_cut(bare_repo):
    bare_repo.version(message=b"x" * 5_000_000)
    message = only(bare_repo).info.message
    assert len(message) == 65536
    assert message.endswith("x…")


def test_a_commit_that_is_all_message_is_not_read(bare_repo):
    bare_repo.version(message=b"x" * 9_000_000)
    assert "bytes; at most" in only(bare_repo).why


@pytest.mark.parametrize(
    ("who", "extra", "name"),
    [
        ("Jürgen <j@x>".encode("latin-1"), b"", "Jürgen"),
        ("Jürgen <j@x>".encode("latin-1"), b"encoding ISO-8859-1", "Jürgen"),
        ("山田 <j@x>".encode("shift_jis"), b"encoding Shift_JIS", "山田"),
        ("山田 <j@x>".encode(), b"encoding rot13", "山田"),
        ("山田 <j@x>".encode(), b"encoding zip_codec", "山田"),
        (b"<j@x>", b"", ""),
        (b"A < B <j@x>", b"", "A"),
        (b"A" * 100_000 + b" <j@x>", b"", "A" * 400),
    ],
)
def test_odd_authors_are_read(bare_repo, who, extra, name):
    bare_repo.version(who=who, extra=extra)
    snapshot = only(bare_repo)
    assert (snapshot.info.author.name, snapshot.why) == (name, "")


@pytest.mark.parametrize(
    ("header", "time"),
    [
        (b"", 0),
        (b"author\ncommitter", 0),
        (b"author Ann\ncommitter Ann", 0),
        (b"author Ann <a@b>\ncommitter Ann <a@b> yesterday", 0),
        (b"committer Ann <a@b> -5 +0000", 0),
        (b"committer Ann <a@b> 999999999999999999999999 +0000", 253402300799),
        (b"committer A <a@b> 7 +0000\ncommitter B <a@b> 9 +0000", 7),
    ],
)
def test_commits_without_sensible_headers_are_read(bare_repo, header, time):
    head = b"tree " + bare_repo.tree_of().encode() + b"\n" + header
    oid = bare_repo.put("commit", head.rstrip(b"\n") + b"\n\nmessage")
    bare_repo.set_ref("refs/heads/models/churn/main", oid)
    snapshot = only(bare_repo)
    assert (snapshot.why, snapshot.info.time, snapshot.info.message) == ("", time, "message")
    assert snapshot.info.when.year >= 1970


def test_a_signature_adds_no_parent(bare_repo):
    extra = b"gpgsig -----BEGIN SSH SIGNATURE-----\n parent " + b"3" * 40 + b"\n author Eve <e@x> 1"
    bare_repo.version(extra=extra)
    info = only(bare_repo).info
    assert (info.parents, info.author.name) == ((), "Ann")


def test_a_branch_that_points_to_a_blob_is_reported(bare_repo):
    blob = bare_repo.put("blob", b"x")
    (snapshot,) = history.versions(bare_repo.git, [blob])
    assert snapshot.why == "it is a blob, not a commit"


# -- the reader --------------------------------------------------------------


def test_a_damaged_object_hides_no_other(bare_repo):
    blobs = [bare_repo.put("blob", b"%d" % n) for n in range(2000)]
    for bad in (0, 700, 701, 1999):
        bare_repo.object_path(blobs[bad]).write_bytes(b"rubbish")
    blobs.insert(5, "4" * 40)
    with history.reader(bare_repo.git) as bulk:
        answers = list(bulk.read(blobs))
    assert [a.spec for a in answers] == blobs
    assert [n for n, a in enumerate(answers) if a.why] == [0, 5, 701, 702, 2000]
    assert answers[1].data == b"1"


def test_thousands_of_complaints_do_not_block(bare_repo):
    """Each missing path costs git a word, each unreadable object a line on stderr."""
    tree = bare_repo.tree(*(("100644", f"f{n}", "5" * 40) for n in range(1500)))
    commit = bare_repo.commit(tree)
    with history.reader(bare_repo.git) as bulk:
        answers = list(bulk.read(f"{commit}:f{n}" for n in range(3000)))
    assert len(answers) == 3000
    assert all(answer.why for answer in answers)


def test_an_object_over_the_limit_is_skipped(bare_repo):
    blobs = [bare_repo.put("blob", text) for text in (b"a" * 10, b"b" * 3_000_000, b"c" * 10)]
    with history.BulkReader(bare_repo.git, limit=1000) as bulk:
        result = [(a.kind, len(a.data), a.why[:24]) for a in bulk.read(blobs)]
    assert result == [("blob", 10, ""), ("", 0, "it has 3,000,000 bytes; "), ("blob", 10, "")]


def test_a_reader_that_stopped_half_way_reads_the_next_object(bare_repo):
    blobs = [bare_repo.put("blob", b"%d" % n * 1000) for n in range(600)]
    with history.reader(bare_repo.git) as bulk:
        assert next(bulk.read(blobs)).data == b"0" * 1000
        assert [a.data for a in bulk.read(blobs[9:11])] == [b"9" * 1000, b"10" * 1000]
