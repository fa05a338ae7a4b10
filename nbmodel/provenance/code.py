"""Where the user's own code stood when a model was committed."""

from __future__ import annotations

from pathlib import Path

from nbmodel.errors import GitFailed
from nbmodel.records import Code
from nbmodel.repo.git import Git


class CodeRepository:
    """The repository around the notebook; asks of it change nothing and run none of its filters.

    Parameters
    ----------
    git_dir : Path
        Its common git directory.
    work_tree : Path
        Its top folder. In a linked worktree or a submodule ``.git`` is a file
        that names a git directory with a HEAD and an index of its own.
    """

    def __init__(self, git_dir: Path, work_tree: Path) -> None:
        dot_git = work_tree / ".git"
        if dot_git.is_file():
            own = dot_git.read_text(errors="replace").removeprefix("gitdir:").strip()
            git_dir = (work_tree / own).resolve()
        self._git = Git(git_dir, work_tree)

    def state(self) -> Code:
        """HEAD, and whether tracked files differ from it.

        Differences are told from the index's stat data alone: comparing
        contents would run the repository's own filters. So a file that was
        only touched counts as changed.
        """
        commit = self._git.resolve("HEAD")
        if commit is None:  # no commit yet
            return Code(dirty=True)
        try:
            return Code(commit, bool(self._git.run("diff-index", "--raw", "HEAD", "--")))
        except GitFailed:  # no index, a bare folder: nothing to compare with
            return Code(commit, dirty=True)

    def close(self) -> None:
        """End the helper process."""
        self._git.close()
