"""Errors of the registry: git, its references and locks, and files of the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors.base import NbModelError

if TYPE_CHECKING:
    from collections.abc import Sequence


class RegistryNotFound(NbModelError):
    """The folder is not inside a registry, and no registry is configured."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no model registry in or above {path}.",
            "Commit a model to create one (%model_commit), or choose one: %model_init PATH.",
        )


class RegistryGone(NbModelError):
    """The registry was there before, and is not there now."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The registry {path} no longer exists: it was deleted or moved.",
            "Restore the folder, or choose another registry: %model_init PATH.",
        )


class GitUnavailable(NbModelError):
    """git is not installed, or it is too old."""


class GitFailed(NbModelError):
    """git failed. The message is git's own."""


class ReferenceDamaged(GitFailed):
    """A branch, a tag or a notes reference that exists and cannot be read."""

    def __init__(self, ref: str, why: str) -> None:
        super().__init__(
            f"{ref} cannot be read: {why}.",
            "Fetch it again from another clone, or restore it from a backup. %model_verify lists "
            "everything that is damaged.",
        )
        self.ref = ref


class ReferenceGone(NbModelError):
    """A reference that existed when nbmodel last looked. It may have been deleted, or lost."""

    def __init__(self, ref: str, when: str, oid: str, hint: str) -> None:
        super().__init__(
            f"{ref} existed at {when} and is gone.",
            f"If it was lost, restore it: git update-ref '{ref}' {oid}. {hint}",
        )
        self.ref = ref


class ReferencesInDoubt(NbModelError):
    """References that cannot be read or may be lost, so that it is unknown what is in use."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(f"Nothing was removed: {why}.", hint)


class VersionInUse(NbModelError):
    """A version that labels or other versions need, so that it is only purged by force."""

    def __init__(self, where: str, reasons: Sequence[str]) -> None:
        super().__init__(
            f"{where} was not purged: {'; '.join(reasons)}.",
            "Purge it all the same: add --force (in Python: force=True). Its labels stay, and "
            "name a version without arrays.",
        )


class ReadOnlyRegistry(NbModelError):
    """A change in a registry that is open read-only, or that is reached through a link."""

    def __init__(self, verb: str, link: str = "") -> None:
        if link:
            super().__init__(
                f"Cannot {verb}: {link}, and nbmodel does not write through links.",
                "Open the registry that the link points to: %model_init PATH.",
            )
            return
        super().__init__(
            f"Cannot {verb}: this registry is open read-only.",
            "Open it without read_only to change it.",
        )


class WriteFailed(NbModelError):
    """A file could not be written. Nothing was committed."""


class ReadFailed(NbModelError):
    """A file that exists could not be read."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(
            f"Could not read {path}: {error.strerror}.",
            "Make the file readable for your user, or check the disk. Then try again.",
        )


class NotPlain(NbModelError):
    """A path in a repository that is neither a regular file nor a folder."""

    def __init__(self, path: str, kind: str, hint: str = "") -> None:
        self.path = path
        self.kind = kind
        super().__init__(
            f"{path} is {kind}. nbmodel does not open or follow it.",
            hint or "Find out where it comes from, and replace it by a regular file or folder.",
        )


class TooLarge(NbModelError):
    """A file of a version, or a note, that is larger than nbmodel writes and reads."""


class GitTimedOut(GitFailed):
    """A git process that did not answer in time and was stopped."""

    def __init__(self, command: str, seconds: float, where: str = "") -> None:
        place = f" in {where}" if where else ""
        super().__init__(
            f"git {command} did not answer within {seconds:g} seconds{place} and was stopped.",
            "Check what it may be waiting for: a network disk, or a named pipe among its files. "
            "To allow more time, set NBMODEL_GIT_TIMEOUT=SECONDS.",
        )


class LostRace(NbModelError):
    """Other processes moved the branch before each retry."""


class Locked(LostRace):
    """A lock file exists, and its process may still be running."""

    def __init__(self, ref: str, path: str, age_s: float, wait_s: float) -> None:
        again = (
            f"try again in {wait_s:.0f} s" if wait_s >= 1 else "run %model_verify, then try again"
        )
        super().__init__(
            f"{ref} is locked: {path} is {max(age_s, 0):.0f} s old.",
            f"Another git process may be running: {again}. That removes a lock without a process.",
        )
