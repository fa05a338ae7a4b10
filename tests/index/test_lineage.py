"""Which versions were made from which, in both directions, from a refresh and from a note."""

from nbmodel.index import Index
from nbmodel.records import Use
from nbmodel.repo import history


def refs(infos):
    return [info.ref for info in infos]


def test_uses_are_recorded_on_every_way_into_the_index(bare_repo, index, tmp_path):
    base = bare_repo.version("base")
    index.refresh()
    oid = bare_repo.version(uses=(Use("base", base),))
    with history.reader(bare_repo.git) as bulk:
        (snapshot,) = history.read_summaries(bulk, history.read_commits(bulk, [oid]))
    assert snapshot.info.uses == (Use("base", base),)
    index.note(snapshot.info, "refs/heads/models/churn/main", snapshot.segments)
    (used,) = index.by_commit(base)
    assert refs(index.users(used, 10)) == ["churn@1"]
    index.refresh()
    assert index.latest("churn").uses == snapshot.info.uses
    fresh = Index(tmp_path / "fresh", bare_repo.git)
    fresh.refresh()
    assert fresh.latest("churn") == index.latest("churn")
    assert refs(fresh.users(used, 10)) == ["churn@1"]
    fresh.close()


def test_deleting_a_version_deletes_its_uses(bare_repo, index):
    base = bare_repo.version("base")
    bare_repo.version(uses=(Use("base", base),))
    index.refresh()
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    index.refresh()
    (used,) = index.by_commit(base)
    assert index.users(used, 10) == []
    assert refs(index.lineage(used, 10).versions) == ["base@1"]


def test_a_use_of_another_model_at_that_commit_does_not_count(bare_repo, index):
    base = bare_repo.version("base")
    bare_repo.version(uses=(Use("other", base),))
    index.refresh()
    (used,) = index.by_commit(base)
    assert index.users(used, 10) == []


def test_lineage_shows_a_window_around_a_version(bare_repo, index):
    oids = bare_repo.versions(20)
    index.refresh()
    for number, limit, expected in (
        (10, 5, [12, 11, 10, 9, 8]),
        (20, 3, [20, 19, 18]),
        (1, 3, [3, 2, 1]),
        (10, 1, [10]),
        (2, 4, [4, 3, 2, 1]),
    ):
        (center,) = index.by_commit(oids[number - 1])
        result = index.lineage(center, limit)
        assert [v.number for v in result.versions] == expected
        assert result.more
    assert not index.lineage(center, 20).more


def test_lineage_follows_uses_for_three_steps(bare_repo, index):
    oid = bare_repo.version("m0")
    for step in range(1, 8):
        oid = bare_repo.version(f"m{step}", uses=(Use(f"m{step - 1}", oid),))
    index.refresh()
    result = index.lineage(index.latest("m3"), 50)
    # Three steps up and down; and what the outermost were made from.
    assert refs(result.versions) == [f"m{n}@1" for n in range(6, -1, -1)]
    assert [(a.model, b.model) for a, b in sorted(result.uses, key=lambda p: p[0].model)] == [
        (f"m{n}", f"m{n + 1}") for n in range(6)
    ]


def test_lineage_ends_at_its_limit(bare_repo, index):
    base = bare_repo.version("base")
    for n in range(30):
        bare_repo.version(f"m{n}", uses=(Use("base", base), Use("base", base)))
    index.refresh()
    result = index.lineage(index.latest("base"), 10)
    assert len(result.versions) == 11
    assert result.more
