"""The model card: text of the user stays over versions, and gives no trust to a model."""

from __future__ import annotations

import shutil
import threading

import pytest
from sklearn.linear_model import LogisticRegression

import nbmodel
from nbmodel.errors import AlreadyExists, InvalidValue, NotFound, ReadOnlyRegistry, Untrusted
from nbmodel.repo import commits
from nbmodel.repo.commits import NewCommit
from nbmodel.versioning import publish
from nbmodel.versioning.context import now
from tests.fixtures.projects import git

OWN = "## Intended use\n\nChurn of *our* customers.\n\n```md\n## Metrics\n```"


def files_of(registry, version):
    git_dir = registry.path
    names = git(git_dir, "ls-tree", "-r", "--format=%(objectname) %(path)", version.commit)
    return {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in names.splitlines()}


def with_words(card, *, intro="", keys="license: mit\n", sections=OWN):
    front, _, body = card.removeprefix("---\n").partition("---\n")
    return f"---\n{front}{keys}---\n{body.rstrip()}\n\n{sections}\n".replace(
        "\n\n## ", f"\n\n{intro}\n\n## " if intro else "\n\n## ", 1
    )


@pytest.fixture
def committed(registry, pipeline):
    registry.commit(pipeline, "churn", "baseline", metrics={"auc": 0.98})
    return registry


class Thing:
    """A class that the skeleton of another person may not name."""


def test_an_edit_is_a_version_that_shares_every_byte(committed, pipeline, data):
    before = committed.card("churn")
    done = committed.edit_card("churn@1", with_words(before.card, intro="For the board."))
    assert (done.state, done.version.ref) == ("edited", "churn@2")
    assert done.version.parents == (before.version.commit,)
    assert done.version.message == "Edit the model card"
    assert done.version.metrics == {"auc": 0.98}
    assert done.card == committed.card("churn").card
    assert done.card.index("For the board.") < done.card.index("## Metrics")
    assert "\nlicense: mit\n---\n" in done.card
    assert 'checkout("churn@2")' in done.card
    assert done.card.rstrip().endswith(OWN)
    old, new = files_of(committed, before.version), files_of(committed, done.version)
    assert {path for path in old if old[path] != new[path]} == {"README.md", "model.json"}
    assert old.keys() == new.keys()
    loaded = committed.checkout("churn@2")
    assert (loaded.predict_proba(data[0]) == pipeline.predict_proba(data[0])).all()
    assert committed.verify("churn").findings == []
    assert "churn@2" in str(done)


def test_edited_text_stays_over_commits_and_generated_parts_are_renewed(committed, pipeline):
    committed.edit_card("churn", with_words(committed.card("churn").card), "say what it is for")
    committed.commit(pipeline, "churn", "more data", metrics={"auc": 0.99})
    card = committed.card("churn").card
    assert card.count(OWN) == card.count("license: mit") == card.count("\n## Load it\n") == 1
    assert "| auc | 0.99 |" in card
    assert "0.98" not in card
    assert "**Version 3:** more data" in card
    committed.commit(pipeline, "churn", "a branch", branch="exp")
    assert OWN in committed.card("churn:exp").card
    assert 'checkout("churn:exp@4")' in committed.card("churn:exp").card


def test_an_unchanged_card_makes_no_version(committed):
    done = committed.edit_card("churn", committed.card("churn").card)
    assert (done.state, done.version.ref) == ("unchanged", "churn@1")
    assert "nothing was committed" in str(done)
    assert len(committed.log("churn").versions) == 1


def test_a_warning_says_that_changes_of_generated_parts_are_dropped(committed):
    text = with_words(committed.card("churn").card).replace("| auc | 0.98 |", "| auc | 1.0 |")
    done = committed.edit_card("churn", text)
    assert "| auc | 0.98 |" in done.card
    assert "not kept" in done.warnings[-1]
    text = committed.card("churn").card.replace("tags: ", 'tags: ["x"] #')
    done = committed.edit_card("churn", text)
    assert (done.state, "not kept" in str(done)) == ("unchanged", True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("---\nlicense: mit\noops\n---\n", "line 3 of the front matter"),
        ("---\n# mine\nlicense: mit\n---\n", "line 2 of the front matter"),
        ("## Use\n\n```\nopen\n", "code block that begins in line 3"),
        ("<!-- open\n", "comment that begins in line 1"),
        ("x" * 600_000, "600,000 characters"),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused(committed, text, why):
    with pytest.raises(InvalidValue, match=why):
        committed.edit_card("churn", text)
    assert len(committed.log("churn").versions) == 1


def test_only_the_latest_of_a_branch_is_edited(committed, pipeline):
    committed.commit(pipeline, "churn", "again")
    with pytest.raises(InvalidValue, match=r"churn@1 is not the latest .* that is churn@2"):
        committed.edit_card("churn@1", OWN)
    with pytest.raises(NotFound):
        committed.edit_card("chrun", OWN)
    committed.branch("churn", "exp", "churn@1")
    done = committed.edit_card("churn:exp", OWN)
    assert done.version.ref == "churn:exp@2"
    assert OWN not in committed.card("churn@2").card
    committed.release("churn@2", bump="minor")
    assert committed.edit_card("churn@v0.1.0", OWN).version.ref == "churn@3"


def test_nothing_is_written_read_only_or_under_a_checked_out_branch(committed, project):
    with nbmodel.open(project, read_only=True) as looking:
        with pytest.raises(ReadOnlyRegistry):
            looking.edit_card("churn", OWN)
        assert "# churn 1" in looking.card("churn").card
    git(project, "symbolic-ref", "HEAD", "refs/heads/models/churn/main")
    with pytest.raises(AlreadyExists, match="checked out in a work tree"):
        committed.edit_card("churn", OWN)


# -- trust -------------------------------------------------------------------


def test_a_card_edit_does_not_make_another_persons_model_trusted(
    committed, isolated_home, monkeypatch
):
    committed.commit(Thing(), "thing", "mine")
    assert type(committed.checkout("thing@1")).__name__ == "Thing"
    shutil.rmtree(committed.context.trusted_commits._folder)  # as on another user's machine
    with pytest.raises(Untrusted):
        committed.checkout("thing@1")
    committed.edit_card("thing@1", OWN)
    with pytest.raises(Untrusted):
        committed.checkout("thing@2")
    committed.edit_card("thing", OWN + "\n\nMore.")
    with pytest.raises(Untrusted):
        committed.checkout("thing@3")
    assert not committed.context.trusted_commits._folder.exists()
    committed.commit(Thing(), "thing", "my own again")
    assert isinstance(committed.edit_card("thing", "## Now").version.number, int)
    assert type(committed.checkout("thing@5")).__name__ == "Thing"


# -- races -------------------------------------------------------------------


def race(monkeypatch, act):
    """Let `act` move the branch between the first proposal and its commit."""
    send, waiting = commits.send, [act]

    def late(importing, change):
        if waiting:
            waiting.pop()()
        send(importing, change)

    monkeypatch.setattr(publish.commits, "send", late)


def test_a_model_committed_during_an_edit_gets_the_text(committed, pipeline, monkeypatch):
    race(monkeypatch, lambda: committed.commit(pipeline, "churn", "in between"))
    done = committed.edit_card("churn@1", OWN)
    assert done.version.ref == "churn@3"
    assert OWN in done.card
    assert committed.log("churn").versions[1].message == "in between"


def test_text_written_by_another_during_an_edit_is_not_overwritten(committed, monkeypatch):
    race(monkeypatch, lambda: committed.edit_card("churn@1", "## Theirs"))
    with pytest.raises(InvalidValue, match=r"that is churn@2"):
        committed.edit_card("churn@1", "## Mine")
    assert "## Theirs" in committed.card("churn").card


def test_editors_and_committers_at_once_lose_nothing(committed, pipeline):
    failed = []

    def edit(name):
        try:
            for number in range(4):
                while True:
                    tip = committed.card("churn")
                    try:
                        committed.edit_card(tip.version.ref, f"{tip.card}\n\n## {name}{number}")
                        break
                    except InvalidValue:
                        continue
        except nbmodel.NbModelError as error:
            failed.append(error)

    threads = [threading.Thread(target=edit, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for _ in range(4):
        committed.commit(pipeline, "churn", "again")
    for thread in threads:
        thread.join()
    assert failed == []
    card = committed.card("churn")
    assert card.version.number == 13
    assert all(card.card.count(f"## {name}{number}\n") == 1 for name in "ab" for number in range(4))


# -- cards that others wrote -------------------------------------------------


@pytest.mark.parametrize(
    "card",
    [b"", b"---\n", b"---\n: : :\n\t- {\n---\n", b"\xff\xfe\0\n## A",
     b"---\r\nlicense: mit\r\n---\r\n", b"```\n## Metrics", b"<!--", b"## Metrics\n" * 9999,
     b"x" * (2 << 20)],
)  # fmt: skip
def test_no_card_stops_the_next_commit(committed, pipeline, card):
    tip = committed.card("churn").version
    ref = "refs/heads/models/churn/main"
    tree = commits.read_tree(committed.context.git, tip.commit, "churn@1")
    files = {path: tree.read(committed.context.git, path) for path in tree.blobs}
    manifest = files["model.json"].replace(b'"number": 1', b'"number": 2')
    change = NewCommit(
        ref,
        [tip.commit],
        {**files, "README.md": card, "model.json": manifest},
        tip.author,
        now(),
        "by hand",
    )
    commits.write(committed.context.git, change)
    done = committed.commit(pipeline, "churn", "next")
    assert done.version.number == 3
    after = committed.card("churn").card
    assert after.count("# churn 3") == 1
    assert (len(card) > 1 << 20) == any("were not kept: " in w for w in done.warnings)
    if b"license" in card:
        assert "\nlicense: mit\n---\n" in after


def test_a_card_full_of_markup_is_shown_as_text(committed):
    committed.edit_card("churn", "## <script>alert(1)</script>\x1b[31m")
    shown = committed.card("churn")
    assert "<script>" not in shown.html()
    assert "&lt;script&gt;" in shown.html()
    assert "\x1b" not in str(shown)


def test_a_refitted_model_keeps_the_text_of_its_card(committed, data):
    committed.edit_card("churn", OWN)
    model = LogisticRegression(max_iter=2000).fit(*data)
    committed.commit(model, "churn", "another class")
    assert OWN in committed.card("churn").card
    assert "LogisticRegression" in committed.card("churn").card
