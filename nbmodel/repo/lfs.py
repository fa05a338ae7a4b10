"""Where git-lfs looks for its objects, and whether a push of this repository takes them along."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nbmodel.errors import GitFailed
from nbmodel.repo.git import Git

_HOOK = "pre-push"
# What calls one hook from another: pre-commit keeps the older hook aside, husky has it above.
_CHAINED = ("pre-push", "pre-push.legacy", "../pre-push")
MAX_HOOK_BYTES = 1 << 20  # bytes read of a hook


def storage(git: Git) -> Path:
    """The folder of git-lfs for a repository: ``lfs.storage`` as git-lfs reads it, else ``lfs``.

    A relative path counts from the common git directory, in linked work trees too, and ``~`` is
    a name like any other (git-lfs 3.x, `git lfs env` tells the same).
    """
    found = [value for value in _values(git, "lfs.storage") if value]
    return Path(os.path.normpath(git.git_dir.absolute() / (found[-1] if found else "lfs")))


def push_warning(git: Git, work_tree: Path | None) -> str:
    """What to do before ``git push`` takes segments along; empty if it does already.

    git-lfs uploads in a hook of the repository. ``git lfs install`` outside of it, and the
    packages of most systems, set up the account alone.
    """
    folder = _hooks(git, work_tree)
    if any(_calls_lfs(folder / name) for name in _CHAINED):
        return ""
    left = "git push leaves this version's arrays behind: the repository has no hook of git-lfs."
    if shutil.which("git-lfs") is None:
        return f"{left} Install git-lfs, then once here: git lfs install --local"
    if (folder / _HOOK).exists():  # which git-lfs would not replace
        return f"{left} Add it to your {_HOOK} hook: git lfs update --manual shows the lines"
    return f"{left} Once here: git lfs install --local"


def _hooks(git: Git, work_tree: Path | None) -> Path:
    """The folder where git looks for hooks; our own gits run none."""
    # The last value is that of our command line.
    found = _values(git, "core.hooksPath", "--type=path")[:-1]
    return (work_tree or git.git_dir) / found[-1] if found else git.git_dir / "hooks"


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
