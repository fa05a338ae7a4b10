"""Failures of git and of the system, as errors of nbmodel with a next step."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from nbmodel.errors import GitFailed, GitUnavailable, ReadFailed, WriteFailed

RESTORE = (
    "Fetch it again from another clone, or restore it from a backup. %model_verify lists "
    "everything that is damaged."
)
_FULL = (
    *("no space left", "out of diskspace", "disk quota exceeded"),
    *("read-only file system", "permission denied"),
)


# Commands that only read, so a refused permission is not about writing.
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
# Signs of damage in git's messages, and the next step.
_REMEDIES = (
    (("bad config",), "Correct that line of its configuration, or restore the file from a backup."),
    (
        (
            *("corrupt", "bad object", "missing object", "missing blob", "missing tree"),
            *("unable to read", "failed to read", "does not point to a valid object"),
        ),
        RESTORE,
    ),
)


def _remedy(text: str) -> str:
    """The next step for a message of git, or an empty text."""
    return next((hint for signs, hint in _REMEDIES if any(sign in text for sign in signs)), "")


def failure(command: str, stderr: str) -> GitFailed | WriteFailed:
    """The error for a failed git command, by what it printed."""
    text = stderr.strip() or "no reason given"
    failed = GitFailed(f"git {command} failed: {text}", _remedy(text))
    if command in _READING and "permission denied" in text.lower():
        return GitFailed(
            f"git {command} could not read the repository: {text}",
            "Make that file or folder readable for your user. Then try again.",
        )
    if not any(reason in text.lower() for reason in _FULL):
        return failed
    refused = WriteFailed(
        f"git {command} could not write: {text.splitlines()[-1]}",
        "Nothing was committed. Free some disk space, or make the repository writable. Then try "
        "again.",
    )
    refused.__cause__ = failed  # everything that git printed
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
