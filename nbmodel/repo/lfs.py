"""The folder of git-lfs objects, and whether a push of this repository uploads them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nbmodel import display
from nbmodel.errors import GitFailed
from nbmodel.repo.git import Git

_HOOK = "pre-push"
# One hook may call another: pre-commit moves the older hook aside, husky puts it one folder above.
_CHAINED = ("pre-push", "pre-push.legacy", "../pre-push")
MAX_HOOK_BYTES = 1 << 20


def storage(git: Git) -> Path:
    """The folder of git-lfs for a repository: ``lfs.storage`` as git-lfs reads it, else ``lfs``.

    A relative path starts at the common git directory, also in linked work trees. ``~`` has no
    special meaning. git-lfs 3.x does the same: `git lfs env` shows it.
    """
    paths = [value for value in _values(git, "lfs.storage") if value]
    return Path(os.path.normpath(git.git_dir.absolute() / (paths[-1] if paths else "lfs")))


def push_warning(git: Git, work_tree: Path | None) -> str:
    """What to do so that a plain ``git push`` uploads segments; empty if it does already.

    git-lfs uploads in a hook of the repository. ``git lfs install`` outside of the repository,
    like the packages of most systems, sets up only the user's account.
    """
    folder = _hooks(git, work_tree)
    if any(_calls_lfs(folder / name) for name in _CHAINED):
        return ""
    what = (
        "A plain git push does not send this version's arrays, because the repository has no "
        f"git-lfs hook. {display.advice('%model_push sends them.')} For git push:"
    )
    if shutil.which("git-lfs") is None:
        return f"{what} install git-lfs. Then run once in this repository: git lfs install --local"
    if (folder / _HOOK).exists():  # git-lfs would not replace it
        return f"{what} add its lines to your {_HOOK} hook: git lfs update --manual"
    return f"{what} run once in this repository: git lfs install --local"


def _hooks(git: Git, work_tree: Path | None) -> Path:
    """The folder where git looks for hooks. git processes of nbmodel run no hooks."""
    # The last value comes from the options of `Git`.
    paths = _values(git, "core.hooksPath", "--type=path")[:-1]
    return (work_tree or git.git_dir) / paths[-1] if paths else git.git_dir / "hooks"


def _calls_lfs(hook: Path) -> bool:
    try:
        if not (hook.is_file() and os.access(hook, os.X_OK)):
            return False
        with hook.open("rb") as file:
            text = file.read(MAX_HOOK_BYTES)
    except OSError:
        return False
    return b"git lfs" in text or b"git-lfs" in text


def _values(git: Git, key: str, *options: str) -> list[str]:
    try:
        text = git.run("config", "--null", *options, "--get-all", key)
    except GitFailed:  # exit status 1: not set
        return []
    return text.decode(errors="surrogateescape").split("\0")[:-1]
