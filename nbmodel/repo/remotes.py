"""Lines of versions that a remote has, as of the last fetch, and this clone has no branch for.

``git clone`` makes a local branch of one branch only: models stay
``origin/models/NAME/BRANCH`` until somebody makes theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel import refs
from nbmodel.repo.git import Git

_PREFIX = "refs/remotes/"
_REF_RE = re.compile(r"refs/remotes/(?P<remote>[^\x00-\x20]+?)/(?P<line>models/[^/]+/[^/]+)")
_QUIET_RE = re.compile(r"[A-Za-z0-9_./-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """A line of versions at a remote; `commit` is where it stood at the last fetch."""

    remote: str
    model: str
    branch: str
    commit: str

    @property
    def name(self) -> str:
        """As git prints it: ``origin/models/churn/main``."""
        return f"{self.remote}/models/{self.model}/{self.branch}"

    @property
    def command(self) -> str:
        """The git command that makes the local branch, without any network."""
        return f"git branch models/{self.model}/{self.branch} {self.name}"


def remote_lines(git: Git, model: str = "") -> list[RemoteLine]:
    """Lines of one model, or of all, that no local branch of the same name stands for."""
    pattern = f"{_PREFIX}**/models/*/*"  # not the name: it may be any text
    listed = git.run("for-each-ref", "--format=%(objectname) %(refname)", pattern)
    found = []
    for text in listed.decode(errors="replace").splitlines():
        commit, _, ref = text.partition(" ")
        match = _REF_RE.fullmatch(ref)
        line = match and refs.parse_branch_ref(f"refs/heads/{match['line']}")
        # What a shell would read otherwise than git is not offered as a line to copy.
        if match and line and model in ("", line[0]) and _QUIET_RE.fullmatch(match["remote"]):
            found.append(RemoteLine(match["remote"], *line, commit))
    return [line for line in found if git.resolve(refs.branch_ref(line.model, line.branch)) is None]


def commands(lines: Sequence[RemoteLine]) -> str:
    """What to type, as one sentence; where a remote has many models, the line that takes all."""
    remotes = sorted({line.remote for line in lines})
    if len(lines) == 1:
        return f"Make its branch here: {lines[0].command}"
    if len(remotes) == 1:
        every = '"refs/heads/models/*:refs/heads/models/*"'
        return f"Make their branches here: git fetch {remotes[0]} {every}"
    return "Make a branch here from one of them: " + " or ".join(line.command for line in lines)
