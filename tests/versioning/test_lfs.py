"""git-lfs as users configure it: for one account, with objects elsewhere, in work trees."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import InvalidValue, SegmentMissing
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git, make_project

SMALL = {"w": np.arange(9)}
HOOK = "no git-lfs hook"


def large(number: int) -> dict:
    return {"w": np.arange(1 << 17) + number}


@pytest.fixture
def account(isolated_home):
    """git-lfs set up for the account, as ``git lfs install`` does outside of a repository."""
    git(isolated_home, "lfs", "install", "--skip-repo")
    yield
    git(isolated_home, "lfs", "uninstall", "--skip-repo")


@pytest.fixture
def project(tmp_path, account):
    return make_project(tmp_path / "project ü", {})


@pytest.fixture
def hub(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "hub.git")
    return tmp_path / "hub.git"


def segments(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and len(path.name) == 64}


def place(folder: Path) -> Path:
    """Where git-lfs itself looks."""
    lines = git(folder, "lfs", "env").splitlines()
    return Path(next(line[14:] for line in lines if line.startswith("LocalMediaDir=")))


def committed(folder: Path, model=None) -> tuple[str, ...]:
    with nbmodel.open(folder) as registry:
        return registry.commit(model or large(0), "net", "m").warnings


def run(folder: Path, warning: str) -> None:
    git(folder, *warning[warning.index("git lfs ") + 4 :].split(" shows")[0].split())


# -- the hook that a push needs ----------------------------------------------


def test_the_command_of_the_warning_makes_a_push_send_the_segments(project, hub):
    """Without it the push succeeds, and leaves them behind."""
    (warning,) = committed(project)
    assert HOOK in warning
    git(project, "push", "--quiet", f"file://{hub}", "models/net/main")
    assert segments(hub / "lfs") == set()
    run(project, warning)
    assert committed(project, large(1)) == ()
    git(project, "push", "--quiet", f"file://{hub}", "models/net/main")
    with nbmodel.open(hub) as registry:
        assert (registry.checkout("net")["w"] == large(1)["w"]).all()


def test_the_warning_comes_once_and_only_for_segments(project):
    with nbmodel.open(project) as registry:
        assert registry.commit(SMALL, "tiny", "m").warnings == ()
        assert HOOK in registry.commit(large(0), "net", "m").warnings[0]
        assert registry.commit(large(1), "net", "m").warnings == ()
        assert registry.commit(large(0), "other", "m").warnings == ()
    assert HOOK in committed(project)[0]


@pytest.mark.parametrize("where", ["local", "shared folder", "relative folder", "account"])
def test_a_hook_is_found_where_git_looks(project, hub, isolated_home, where):
    hooks = {"shared folder": str(project.parent / "hooks"), "relative folder": ".hooks",
             "account": str(project.parent / "all")}  # fmt: skip
    if where == "account":
        git(project, "config", "--global", "core.hooksPath", hooks[where])
    elif where != "local":
        git(project, "config", "core.hooksPath", hooks[where])
    try:
        (warning,) = committed(project)
        run(project, warning)
        assert committed(project, large(1)) == ()
        git(project, "push", "--quiet", f"file://{hub}", "models/net/main")
        assert len(segments(hub / "lfs")) == 2
    finally:
        if where == "account":
            git(project, "config", "--global", "--unset", "core.hooksPath")


def test_the_repositorys_own_hooks_do_not_count_where_others_are_named(project):
    git(project, "lfs", "install", "--local")
    git(project, "config", "core.hooksPath", "elsewhere")
    assert HOOK in committed(project)[0]


def test_a_hook_of_the_user_is_not_overwritten(project):
    hook = project / ".git/hooks/pre-push"
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    (warning,) = committed(project)
    assert "git lfs update --manual" in warning
    run(project, warning)
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    hook.write_text('#!/bin/sh\ngit lfs pre-push "$@"\n')
    assert committed(project, large(1)) == ()
    hook.chmod(0o644)  # git runs none that may not be run
    assert HOOK in committed(project, large(2))[0]


def test_a_machine_without_git_lfs_gets_advice_to_install_it(project, monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert (
        "install git-lfs. Then run once in this repository: git lfs install --local"
        in committed(project)[0]
    )


def test_a_registry_beside_a_notebook_is_not_pushed_until_it_has_a_remote(tmp_path, account, hub):
    with nbmodel.open(tmp_path, create=True) as registry:
        warnings = registry.commit(large(0), "net", "m").warnings
    assert not any(HOOK in warning for warning in warnings)
    own = tmp_path / ".nbmodel.git"
    git(own, "remote", "add", "origin", f"file://{hub}")
    (warning,) = (w for w in committed(tmp_path) if HOOK in w)
    run(own, warning)
    git(own, "push", "--quiet", "origin", "models/net/main")
    assert len(segments(hub / "lfs")) == 1


def test_a_linked_work_tree_has_the_hooks_of_its_repository(project):
    git(project, "worktree", "add", "--quiet", "../linked")
    assert HOOK in committed(project.parent / "linked")[0]
    git(project, "lfs", "install", "--local")
    assert committed(project.parent / "linked", large(1)) == ()


# -- lfs.storage -------------------------------------------------------------

STORAGES = [
    "store",
    "deep/er/../store ü",
    "ABSOLUTE/a/b",
    "../beside",
    "~/not the home",
    "",
    "lfs/",
]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("linked", [False, True])
def test_segments_are_stored_where_git_lfs_looks(project, hub, tmp_path, storage, linked):
    git(project, "config", "lfs.storage", storage.replace("ABSOLUTE", str(tmp_path)))
    git(project, "lfs", "install", "--local")
    folder = project
    if linked:
        folder = tmp_path / "linked"
        git(project, "worktree", "add", "--quiet", str(folder))
    assert committed(folder) == ()
    assert len(segments(place(folder))) == 1
    assert "Git LFS fsck OK" in git(folder, "lfs", "fsck", "models/net/main")
    (name,) = segments(place(folder))
    assert name in git(folder, "lfs", "push", "--dry-run", f"file://{hub}", "models/net/main")
    git(folder, "push", "--quiet", f"file://{hub}", "models/net/main")
    if not linked:  # from there, git-lfs gives the setting to a hub on this machine too
        assert segments(hub / "lfs") == {name}
    with nbmodel.open(folder) as registry:
        assert registry.verify()
        registry.export("net", tmp_path / "out")
        assert (load_folder(tmp_path / "out")["w"] == large(0)["w"]).all()
    if storage not in ("", "lfs/"):
        assert not (project / ".git/lfs/objects").exists()


def test_the_setting_can_come_from_the_users_git_configuration(project, isolated_home):
    git(project, "config", "--global", "lfs.storage", "mine")
    try:
        committed(project)
        assert place(project) == project / ".git/mine/objects"
        assert len(segments(place(project))) == 1
    finally:
        git(project, "config", "--global", "--unset", "lfs.storage")


def test_a_segment_missing_from_the_configured_folder_is_reported(project):
    git(project, "config", "lfs.storage", "store")
    committed(project)
    (segment,) = place(project).rglob("?" * 64)
    segment.unlink()
    with nbmodel.open(project) as registry:
        assert "is not in this clone" in registry.verify().findings[0].problem
        with pytest.raises(SegmentMissing):
            registry.checkout("net")


def test_gc_removes_garbage_from_the_configured_folder(project):
    git(project, "config", "lfs.storage", "store")
    committed(project)
    committed(project, large(1))
    git(project, "branch", "--quiet", "-f", "models/net/main", "models/net/main~1")
    git(project, "reflog", "expire", "--expire=now", "--all")
    with nbmodel.open(project) as registry:
        for path in place(project).rglob("?" * 64):
            make_old(path)
        assert (
            registry.gc(force=True).garbage == []
        )  # a branch had it lately, and was moved back or lost
        moved = ["refs/heads/models/net/main"]
        assert len(registry.gc(force=True, forget=moved).garbage) == 1
        assert len(segments(place(project))) == 1
        assert registry.verify()


def make_old(path: Path) -> None:
    """Make a file older than any grace."""
    os.utime(path, (1, 1))


def test_gc_leaves_a_folder_alone_that_others_may_share(project, tmp_path):
    """Two repositories with one storage: what one does not name, the other may."""
    other = tmp_path / "other"
    shutil.copytree(project, other)
    for folder in (project, other):
        git(folder, "config", "lfs.storage", str(tmp_path / "shared"))
        git(folder, "lfs", "install", "--local")
    committed(project)
    committed(other, large(1))
    for path in (tmp_path / "shared").rglob("?" * 64):
        make_old(path)
    with nbmodel.open(project) as registry:
        assert len(registry.gc().garbage) == 1
        with pytest.raises(InvalidValue, match="may hold segments of other repositories"):
            registry.gc(force=True)
    assert len(segments(tmp_path / "shared")) == 2
    with nbmodel.open(other) as registry:
        assert registry.verify()
