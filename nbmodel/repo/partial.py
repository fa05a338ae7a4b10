"""What a partial clone left with its remote, and the line that fetches it.

git would fetch each missing object by itself, from an address that a stranger's
repository chose: `nbmodel.repo.git` forbids it, so the user is told the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

_REMOTE_RE = re.compile(r"remote\.([A-Za-z0-9][A-Za-z0-9._-]*)\.promisor true")


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
    found = [match[1] for line in said.splitlines() if (match := _REMOTE_RE.fullmatch(line))]
    return found[0] if len(found) == 1 else "origin"
