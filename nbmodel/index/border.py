"""Where a shallow clone ends: what lies behind is not missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmodel.repo.git import Git
    from nbmodel.repo.summaries import Commit


def identity(git: Git) -> str:
    """Identity of git's list of shallow commits: deepening a clone moves no ref."""
    try:
        found = (git.git_dir / "shallow").stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def beyond(git: Git, commits: Mapping[str, Commit]) -> set[str]:
    """Commits behind the border of a shallow clone: those are not missed."""
    try:
        border = (git.git_dir / "shallow").read_text("ascii", errors="replace").split()
    except OSError:
        return set()
    return {parent for oid in border if oid in commits for parent in commits[oid].parents}
