"""The number of packs stays small, and no object is lost."""

from __future__ import annotations

import subprocess
from dataclasses import replace

from nbmodel.records import Person
from nbmodel.repo import packs
from nbmodel.repo.commits import NewCommit, write

ANN = Person("Ann", "ann@example.org")
CHANGE = NewCommit("refs/heads/models/churn/main", (), {}, ANN, 1_700_000_000, "x")


def test_many_commits_leave_few_packs_and_every_object(bare_repo):
    git, made, parents = bare_repo.git, [], ()
    for number in range(packs.MAX_PACKS + 3):
        files = {"model.json": b"%d" % number}
        made.append(write(git, replace(CHANGE, parents=parents, files=files)))
        parents = (made[-1],)
        packs.tidy(git)
    folder = git.git_dir / "objects/pack"
    assert len(list(folder.glob("*.pack"))) < 10
    for number, commit in enumerate(made):
        assert git.read(f"{commit}:model.json").data == b"%d" % number
    fsck = ["git", "--git-dir", str(git.git_dir), "fsck", "--strict", "--no-dangling"]
    assert subprocess.run(fsck, check=True, capture_output=True).stdout == b""


def test_packs_that_cannot_be_rolled_up_do_not_fail_a_commit(bare_repo, caplog):
    folder = bare_repo.git.git_dir / "objects/pack"
    folder.mkdir(exist_ok=True)
    for number in range(packs.MAX_PACKS + 1):
        (folder / f"pack-{number:040x}.pack").write_bytes(b"junk")
    settings = bare_repo.git.git_dir / "config"
    settings.write_text("[core]\n\trepositoryformatversion = 99\n")  # git will do nothing here
    with caplog.at_level("DEBUG"):
        packs.tidy(bare_repo.git)
    assert {record.levelname for record in caplog.records} == {"DEBUG"}
    assert "were not combined" in caplog.text
    assert len(list(folder.glob("*.pack"))) == packs.MAX_PACKS + 1
