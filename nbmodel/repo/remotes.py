"""What a remote has and this clone lacks: branches of models, and objects of a partial clone.

``git clone`` makes one local branch. The branches of models stay
``origin/models/NAME/BRANCH`` until the user makes local ones.

In a partial clone, git would fetch each missing object from an address that the
repository itself names. `nbmodel.repo.git` forbids that, so the user gets the
command that fetches them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel import refs
from nbmodel.errors import GitFailed

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

_PREFIX = "refs/remotes/"
_REF_RE = re.compile(r"refs/remotes/(?P<remote>[^\x00-\x20]+?)/(?P<line>models/[^/]+/[^/]+)")
_PROMISOR_RE = re.compile(r"remote\.([A-Za-z0-9][A-Za-z0-9._-]*)\.promisor true")
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


# -- partial clones ------------------------------------------------------------


def fetch_line(git: Git) -> str:
    """The command that brings whole versions into a partial clone.

    ``--refetch`` alone asks with the clone's filter again, and gets nothing; a
    plain fetch has every commit already. Only lines of versions are asked for:
    the code of a repository may be large, which is why it was left.
    """
    remote = _remote(git)
    wanted = f"+refs/heads/models/*:refs/remotes/{remote}/models/*"
    return f'git fetch --refetch --no-filter {remote} "{wanted}"'


def _remote(git: Git) -> str:
    try:
        said = git.run("config", "--get-regexp", r"^remote\..*\.promisor$").decode(errors="replace")
    except GitFailed:  # exit status 1: none
        return "origin"
    found = [match[1] for line in said.splitlines() if (match := _PROMISOR_RE.fullmatch(line))]
    return found[0] if len(found) == 1 else "origin"
