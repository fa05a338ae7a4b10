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
_SHELL_SAFE_RE = re.compile(r"[A-Za-z0-9_./-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """A branch of a model at a remote. `commit` is its tip at the last fetch."""

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
        """The git command that makes the local branch. It needs no network."""
        return f"git branch models/{self.model}/{self.branch} {self.name}"


def remote_lines(git: Git, model: str = "") -> list[RemoteLine]:
    """Remote branches of one model, or of all, that have no local branch of the same name."""
    pattern = f"{_PREFIX}**/models/*/*"  # without the model's name, which may be any text
    lines = git.run("for-each-ref", "--format=%(objectname) %(refname)", pattern)
    branches = []
    for text in lines.decode(errors="replace").splitlines():
        commit, _, ref = text.partition(" ")
        match = _REF_RE.fullmatch(ref)
        line = match and refs.parse_branch_ref(f"refs/heads/{match['line']}")
        # A name that a shell would read differently must not appear in a command to copy.
        if match and line and model in ("", line[0]) and _SHELL_SAFE_RE.fullmatch(match["remote"]):
            branches.append(RemoteLine(match["remote"], *line, commit))
    return [
        line for line in branches if git.resolve(refs.branch_ref(line.model, line.branch)) is None
    ]


def commands(lines: Sequence[RemoteLine]) -> str:
    """The command to type, as a sentence. For several branches of one remote, it fetches all."""
    remotes = sorted({line.remote for line in lines})
    if len(lines) == 1:
        return f"Make its local branch: {lines[0].command}"
    if len(remotes) == 1:
        every = '"refs/heads/models/*:refs/heads/models/*"'
        return f"Make their local branches: git fetch {remotes[0]} {every}"
    return "Make a local branch from one of them: " + " or ".join(line.command for line in lines)


# -- partial clones ------------------------------------------------------------


def fetch_line(git: Git) -> str:
    """The command that fetches complete versions into a partial clone.

    ``--refetch`` alone uses the clone's filter again, and fetches nothing. A plain fetch
    fetches nothing either, because the clone has every commit. Only branches of models
    are fetched, because the rest of the repository may be large.
    """
    remote = _remote(git)
    refspec = f"+refs/heads/models/*:refs/remotes/{remote}/models/*"
    return f'git fetch --refetch --no-filter {remote} "{refspec}"'


def _remote(git: Git) -> str:
    try:
        settings = git.run("config", "--get-regexp", r"^remote\..*\.promisor$").decode(
            errors="replace"
        )
    except GitFailed:  # exit status 1: none
        return "origin"
    names = [match[1] for line in settings.splitlines() if (match := _PROMISOR_RE.fullmatch(line))]
    return names[0] if len(names) == 1 else "origin"
