"""A line that only a remote has becomes a local branch before it is continued.

Otherwise the commit would begin a second history of the same name, which no
push could bring to the first.
"""

from __future__ import annotations

from nbmodel import refs
from nbmodel.errors import GitFailed, OnlyAtRemote
from nbmodel.repo import ref_updates
from nbmodel.repo.remotes import commands, remote_lines
from nbmodel.versioning.context import Context


def take_over(context: Context, model: str, branch: str) -> None:
    """Make the local branch of a remote's line, or of its main line where `branch` is new.

    As ``git switch`` does: only if exactly one remote has it. The user is told.

    Raises
    ------
    OnlyAtRemote
        If several remotes have it.
    """
    lines = remote_lines(context.git, model)
    for name in (branch, refs.DEFAULT_BRANCH):
        found = [line for line in lines if line.branch == name]
        if len({line.commit for line in found}) > 1:
            raise OnlyAtRemote(model, [line.name for line in found], commands(found))
        if found:
            ref = refs.branch_ref(model, name)
            try:
                ref_updates.move(context.git, ref, found[0].commit, "")
            except GitFailed:
                if context.git.resolve(ref) is None:  # else another process was faster
                    raise
            context.tell(f"models/{model}/{name} was made here from {found[0].name}.")
            return
