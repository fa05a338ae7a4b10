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
        own = git_dir
        dot_git = work_tree / ".git"
        if dot_git.is_file():
            target = dot_git.read_text(errors="replace").removeprefix("gitdir:").strip()
            own = (work_tree / target).resolve()
        self._git = Git(own, work_tree)
        self._settings = [
            folder / name for folder in {git_dir, own} for name in ("config", "config.worktree")
        ]

    def state(self) -> Code:
        """HEAD, and whether tracked files differ from it.

        Differences are found by the stat data of git's index. Where that cannot
        tell, for a file as young as the index, git compares contents: with
        the repository's own filters switched off, so such a file under a
        filter counts as changed, as does one that was only touched. A
        submodule counts by its commit alone: git would look into it with the
        submodule's own filters.
        """
        commit = self._git.resolve("HEAD")
        if commit is None:  # no commit yet
            return Code(dirty=True)
        if self._may_name_filters():
            self._git.without_filters()
        try:
            differs = self._git.run(
                "diff-index", "--raw", "--ignore-submodules=dirty", "HEAD", "--"
            )
        except GitFailed:  # no index, a bare folder: nothing to compare with
            return Code(commit, dirty=True)
        return Code(commit, bool(differs))

    def _may_name_filters(self) -> bool:
        """Whether the repository's own settings could: asking git costs a process."""
        for path in self._settings:
            try:
                text = path.read_bytes().lower()
            except FileNotFoundError:
                continue
            except OSError:
                return True
            if b"filter" in text or b"include" in text:
                return True
        return False

    def close(self) -> None:
        """End the helper process."""
        self._git.close()
