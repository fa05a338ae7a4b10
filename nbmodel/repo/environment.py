"""What git must not inherit: variables that name another repository, or parts of one.

git sets them for its hooks, and scripts for work trees export them. Whoever
names a registry means that one, so each git of ours starts without them, and
``GIT_DIR`` never chooses a registry: the folder does, or its name.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Mapping

# `git rev-parse --local-env-vars`, and two that it leaves out: a namespace hides all refs but its
# own, and git refuses to move any ref while objects lie in a receiving push's quarantine.
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
# Of settings in the environment, those that speak of the user rather than of a repository.
_PERSONAL = ("author.", "committer.", "safe.", "user.")


def without(own: Collection[str] = ()) -> list[str]:
    """The words before ``git`` that start it without what is inherited; none if there is nothing.

    Parameters
    ----------
    own : collection of str
        Variables that the caller sets itself: those stay.
    """
    inherited = [name for name in REPOSITORY_VARIABLES if name in os.environ and name not in own]
    return ["env", *(word for name in inherited for word in ("-u", name))] if inherited else []


def settings(pairs: Collection[tuple[str, str]]) -> dict[str, str]:
    """Variables that hand settings to git: the user's own from the environment, then `pairs`."""
    everything = [*personal(os.environ), *pairs]
    if not everything:
        return {}
    variables = {"GIT_CONFIG_COUNT": str(len(everything))}
    for number, (key, value) in enumerate(everything):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def personal(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Who commits and which repositories are trusted, as ``git -c`` and its variables say."""
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
    except ValueError:  # not as git quotes it
        return
    for word in words:
        key, mark, value = word.partition("=")
        # Without a value a setting is true, as git has it.
        yield key, value if mark else "true"
