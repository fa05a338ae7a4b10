"""Notes: text that is only ever added, by any number of writers, in any clone."""

import json
import math
import subprocess
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmodel.errors import NbModelError
from nbmodel.records import Note, Person
from nbmodel.refs import NOTES_REF
from nbmodel.repo import notes
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import create_bare
from tests.repo.test_commits import is_clean, stock

ANN = Person("Ann", "ann@example.org")
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
NOTES = st.builds(
    Note,
    st.builds(Person, TEXTS, TEXTS),
    st.integers(0, 2**40),
    TEXTS.filter(
        lambda text: (
            text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        )
    ),
    st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False), max_size=3),
)


def note(text, time=1_700_000_000, **metrics):
    return Note(ANN, time, text, metrics)


def test_a_note_reads_back(bare_repo):
    commit, other = bare_repo.version(), bare_repo.version(number=2)
    notes.add(bare_repo.git, commit, note("first", 5, auc=0.9))
    notes.add(bare_repo.git, other, note("of another"))
    notes.add(bare_repo.git, commit, note("second", 4))
    assert notes.read(bare_repo.git, commit) == [note("second", 4), note("first", 5, auc=0.9)]
    assert notes.read(bare_repo.git, other) == [note("of another")]
    assert notes.read(bare_repo.git, "1" * 40) == []
    assert is_clean(bare_repo.path)


def test_stock_git_shows_them_and_the_branch_does_not_move(bare_repo):
    commit = bare_repo.version()
    notes.add(bare_repo.git, commit, note("evaluated on May", auc=0.91))
    shown = stock(bare_repo.path, "notes", "--ref", "nbmodel", "show", commit)
    assert json.loads(shown)["text"] == "evaluated on May"
    assert bare_repo.git.resolve("refs/heads/models/churn/main") == commit
    assert bare_repo.git.resolve("refs/notes/commits") is None


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(NOTES)
def test_any_note_reads_back(bare_repo, given_note):
    commit = bare_repo.version()
    notes.add(bare_repo.git, commit, given_note)
    assert notes.read(bare_repo.git, commit) == [given_note]


def test_a_metric_may_be_nan_or_infinite(bare_repo):
    commit = bare_repo.version()
    notes.add(bare_repo.git, commit, note("diverged", loss=math.nan, gain=-math.inf))
    (result,) = notes.read(bare_repo.git, commit)
    assert math.isnan(result.metrics["loss"])
    assert result.metrics["gain"] == -math.inf


def _add_many(place, commits, worker, count):
    git = Git(Path(place))
    for number in range(count):
        notes.add(git, commits[number % len(commits)], note(f"{worker}-{number}", number))
    git.close()


def test_notes_of_four_processes_are_all_kept(tmp_path):
    place = tmp_path / "registry.git"
    create_bare(place)
    tree = stock(place, "mktree").strip()
    who = ("-c", "user.name=Ann", "-c", "user.email=a@b")
    commits = [stock(place, *who, "commit-tree", "-m", str(n), tree).strip() for n in range(2)]
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_add_many, [str(place)] * 4, [commits] * 4, range(4), [6] * 4))
    git = Git(place)
    result = Counter(n.text for commit in commits for n in notes.read(git, commit))
    git.close()
    assert result == Counter(f"{w}-{n}" for w in range(4) for n in range(6))
    assert int(stock(place, "rev-list", "--count", NOTES_REF)) == 24
    assert int(stock(place, "rev-list", "--count", "--merges", NOTES_REF)) == 0
    assert is_clean(place)


def test_notes_of_two_clones_merge_by_git_itself(bare_repo, tmp_path):
    commit = bare_repo.version()
    notes.add(bare_repo.git, commit, note("before", 1))
    clone = tmp_path / "clone.git"
    protocol = ("-c", "protocol.file.allow=always")
    stock(tmp_path, *protocol, "clone", "--quiet", "--mirror", str(bare_repo.path), str(clone))
    theirs = Git(clone)
    notes.add(theirs, commit, note("theirs", 2))
    notes.add(bare_repo.git, commit, note("ours", 3))
    theirs.close()
    stock(bare_repo.path, *protocol, "fetch", "--quiet", str(clone), f"{NOTES_REF}:refs/notes/them")
    who = ("-c", "user.name=Ann", "-c", "user.email=a@b")
    stock(bare_repo.path, *who, "notes", "--ref", "nbmodel", "merge", "-s", "cat_sort_uniq", "them")
    assert [n.text for n in notes.read(bare_repo.git, commit)] == ["before", "theirs", "ours"]


@pytest.mark.parametrize("fanout", [1, 2])
def test_notes_are_found_when_git_spreads_them_over_folders(bare_repo, fanout):
    commit = bare_repo.version()
    notes.add(bare_repo.git, commit, note("kept"))
    blob = stock(bare_repo.path, "notes", "--ref", "nbmodel", "list", commit).strip()
    parts = [commit[:2], commit[2:]] if fanout == 1 else [commit[:2], commit[2:4], commit[4:]]
    tree = bare_repo.tree(("100644", parts[-1], blob))
    for part in reversed(parts[:-1]):
        tree = bare_repo.tree(("40000", part, tree))
    bare_repo.set_ref(NOTES_REF, bare_repo.commit(tree))
    assert [n.text for n in notes.read(bare_repo.git, commit)] == ["kept"]
    notes.add(bare_repo.git, commit, note("added", 2**40))
    assert [n.text for n in notes.read(bare_repo.git, commit)] == ["kept", "added"]
    shown = stock(bare_repo.path, "notes", "--ref", "nbmodel", "show", commit)
    assert {json.loads(line)["text"] for line in shown.split("\n") if line} == {"kept", "added"}


def test_a_note_is_not_lost_where_git_and_fast_import_spread_differently(bare_repo):
    """Below 256 notes fast-import looks for one in a flat tree, from then on in folders."""
    commits = bare_repo.versions(300)
    annotated = {c: bare_repo.put("blob", b'{"of": "another tool"}\n') for c in commits}
    flat = bare_repo.tree(*[("100644", c, blob) for c, blob in sorted(annotated.items())])
    bare_repo.set_ref(NOTES_REF, bare_repo.commit(flat))
    for number in range(3):
        notes.add(bare_repo.git, commits[7], note(f"{number}", number))
    assert [n.text for n in notes.read(bare_repo.git, commits[7])] == ["0", "1", "2"]


def test_hundreds_of_notes_stay_readable_as_git_spreads_them(bare_repo):
    commits = bare_repo.versions(300)
    old = b'{"who": "A", "email": "a", "time": 1, "text": "old", "metrics": {}}'
    stream = b"".join(
        b"N inline %s\ndata <<END\n%s\nEND\n" % (commit.encode(), old) for commit in commits
    )
    head = b"commit %s\ncommitter A <a> 1 +0000\ndata 1\nx\n" % NOTES_REF.encode()
    bare_repo.git.run("fast-import", "--quiet", "--date-format=raw", data=head + stream)
    assert "/" in stock(bare_repo.path, "ls-tree", "-r", "--name-only", NOTES_REF)
    for number in (0, 150, 299):
        notes.add(bare_repo.git, commits[number], note("new", 10**6))
        assert [n.text for n in notes.read(bare_repo.git, commits[number])] == ["old", "new"]
    assert len(notes.read(bare_repo.git, commits[7])) == 1


FOREIGN = [
    b"", b"\n", b"hello", b"hello\n", b"{", b"[]\n", b"null\n", b"1\n", b"\xff\xfe\n", b"\0\n",
    b'{"who": "x"}\n', b'{"who": 1, "email": 2, "time": "x", "text": 3, "metrics": {}}\n',
    b'{"who": "x", "email": "y", "time": 1e999, "text": "z", "metrics": {}}\n',
    b'{"who": "x", "email": "y", "time": 1, "text": "z", "metrics": {"a": "b"}}\n',
    b'{"who": "x", "email": "y", "time": 1, "text": "z", "metrics": []}\n',
    b'{"who": "x", "email": "y", "time": ' + b"9" * 5000 + b', "text": "", "metrics": {}}\n',
    b"[" * 100_000 + b"\n",
]  # fmt: skip


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_lines_of_other_tools_are_ignored_and_kept(bare_repo, text):
    commit = bare_repo.version()
    blob = bare_repo.put("blob", text)
    bare_repo.set_ref(NOTES_REF, bare_repo.commit(bare_repo.tree(("100644", commit, blob))))
    assert notes.read(bare_repo.git, commit) == []
    notes.add(bare_repo.git, commit, note("ours"))
    assert notes.read(bare_repo.git, commit) == [note("ours")]
    blob = stock(bare_repo.path, "notes", "--ref", "nbmodel", "list", commit).strip()
    assert bare_repo.git.read(blob).data.startswith(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_for_a_note_read_as_notes_or_nothing(bare_repo, text):
    commit = bare_repo.version()
    blob = bare_repo.put("blob", text)
    bare_repo.set_ref(NOTES_REF, bare_repo.commit(bare_repo.tree(("100644", commit, blob))))
    assert notes.read(bare_repo.git, commit) == []


def test_a_folder_in_place_of_a_note_is_not_a_note(bare_repo):
    commit = bare_repo.version()
    inner = bare_repo.tree(("100644", "x", bare_repo.put("blob", b"x")))
    bare_repo.set_ref(NOTES_REF, bare_repo.commit(bare_repo.tree(("40000", commit, inner))))
    assert notes.read(bare_repo.git, commit) == []


@pytest.mark.parametrize("name", ["HEAD", "--all", "x\ny", "", "1" * 39, "refs/heads/main"])
def test_only_a_commit_can_be_noted(bare_repo, name):
    bare_repo.version()
    with pytest.raises(NbModelError):
        notes.add(bare_repo.git, name, note("x"))
    assert bare_repo.git.resolve(NOTES_REF) is None


def test_a_locked_ref_is_an_error_in_the_end(bare_repo):
    commit = bare_repo.version()
    lock = bare_repo.path / f"{NOTES_REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("")
    subprocess.run(
        ["git", "-C", bare_repo.path, "config", "core.filesRefLockTimeout", "1"], check=True
    )
    with pytest.raises(NbModelError, match="refs/notes/nbmodel"):
        notes.add(bare_repo.git, commit, note("x"))
    lock.unlink()
    notes.add(bare_repo.git, commit, note("x"))
    assert len(notes.read(bare_repo.git, commit)) == 1
