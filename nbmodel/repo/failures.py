"""What git and the system say when they fail, as errors of nbmodel with a next step."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from nbmodel.errors import GitFailed, GitUnavailable, ReadFailed, WriteFailed

RESTORE = (
    "Fetch it again from another clone, or restore it from a copy: %model_verify names all that is "
    "damaged."
)
_FULL = (
    *("no space left", "out of diskspace", "disk quota exceeded"),
    *("read-only file system", "permission denied"),
)


# Commands that only read: they never lack a permission to write.
_READING = frozenset(
    {
        "cat-file",
        "config",
        "diff-index",
        "for-each-ref",
        "fsck",
        "rev-list",
        "rev-parse",
        "show-ref",
    }
)
# What git says of damage, and what helps.
_REMEDIES = (
    (("bad config",), "Mend that line of its settings, or restore the file from a copy."),
    (
        (
            *("corrupt", "bad object", "missing object", "missing blob", "missing tree"),
            *("unable to read", "failed to read", "does not point to a valid object"),
        ),
        RESTORE,
    ),
)


def _remedy(text: str) -> str:
    """The next step after what git said, where that is known."""
    return next((do for signs, do in _REMEDIES if any(sign in text for sign in signs)), "")


def failure(command: str, stderr: str) -> GitFailed | WriteFailed:
    """The error for a git command that failed, by what it printed."""
    text = stderr.strip() or "no reason given"
    failed = GitFailed(f"git {command} failed: {text}", _remedy(text))
    if command in _READING and "permission denied" in text.lower():
        return GitFailed(
            f"git {command} could not read the repository: {text}",
            "Make what it names readable for you, and repeat.",
        )
    if not any(reason in text.lower() for reason in _FULL):
        return failed
    refused = WriteFailed(
        f"git {command} could not write: {text.splitlines()[-1]}",
        "Nothing was committed. Free the disk, or make the repository writable, and repeat.",
    )
    refused.__cause__ = failed  # all that git said
    return refused


def denied(path: Path) -> ReadFailed:
    """The error for a file or folder that this user may not read."""
    return ReadFailed(str(path), PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def no_git() -> GitUnavailable:
    """The error for a machine without git."""
    return GitUnavailable(
        "git was not found.",
        "Install git (https://git-scm.com/downloads) and make sure that it is on the PATH.",
    )
