"""Environment variables that git must not inherit: those that name a repository or its parts.

git sets them for its hooks, and some scripts export them. They must not redirect nbmodel to
another repository, so every git process starts without them. The user chooses a registry
by a folder or a path, never by ``GIT_DIR``.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Mapping

# From `git rev-parse --local-env-vars`, and two more. A namespace hides all other refs. During a
# push, new objects are in quarantine, and git refuses to move refs.
REPOSITORY_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
# Settings in the environment that describe the user, not a repository.
_PERSONAL = ("author.", "committer.", "safe.", "user.", "gpg.", "commit.gpgsign", "tag.gpgsign")


def without(own: Collection[str] = ()) -> list[str]:
    """The words before ``git`` in a command line that remove inherited variables.

    Parameters
    ----------
    own : collection of str
        Variables that the caller sets. They are kept.
    """
    inherited = [name for name in REPOSITORY_VARIABLES if name in os.environ and name not in own]
    return ["env", *(word for name in inherited for word in ("-u", name))] if inherited else []


def settings(pairs: Collection[tuple[str, str]]) -> dict[str, str]:
    """Variables that pass settings to git: the user's own from the environment, then `pairs`."""
    everything = [*personal(os.environ), *pairs]
    if not everything:
        return {}
    variables = {"GIT_CONFIG_COUNT": str(len(everything))}
    for number, (key, value) in enumerate(everything):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def personal(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Settings of author, signatures and trusted repositories: ``git -c`` and its variables."""
    for key, value in _settings(environ):
        if key.lower().startswith(_PERSONAL):
            yield key, value


def _settings(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    count = environ.get("GIT_CONFIG_COUNT", "")
    for number in range(int(count) if count.isdecimal() else 0):
        key = environ.get(f"GIT_CONFIG_KEY_{number}")
        if key is None:
            break
        yield key, environ.get(f"GIT_CONFIG_VALUE_{number}", "")
    try:
        words = shlex.split(environ.get("GIT_CONFIG_PARAMETERS", ""))
    except ValueError:  # not in git's quoting
        return
    for word in words:
        key, mark, value = word.partition("=")
        # In git, a setting without a value is true.
        yield key, value if mark else "true"
