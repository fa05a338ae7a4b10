"""Errors of stored objects: writing and reading them, their manifests and their trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors.base import NbModelError

if TYPE_CHECKING:
    from collections.abc import Sequence


class NotPicklable(NbModelError):
    """An object, or a part of it, that cannot be pickled."""

    def __init__(self, path: str, kind: str, why: str, hint: str = "") -> None:
        self.path = path
        super().__init__(
            f"{path} cannot be stored: {kind} cannot be pickled ({why}).",
            hint
            or "Remove or replace this part, or give its class a __reduce__. Then commit again.",
        )


class NotLoadable(NbModelError):
    """An object, or a part of it, that can be pickled but not unpickled."""

    def __init__(self, path: str, kind: str, why: str, hint: str = "") -> None:
        self.path = path
        super().__init__(
            f"{path} could not be loaded again: {kind} does not accept its stored state ({why}). "
            "Nothing was committed.",
            hint
            or "Change its class so that it can be restored (__init__ with defaults, __setstate__ "
            "or __reduce__). Then create the object again and commit it.",
        )


class ManifestInvalid(NbModelError):
    """A manifest that nbmodel did not write, or that is damaged."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The manifest of {where} is not valid: {why}.",
            "Fetch the version again, or check the repository: %model_verify.",
        )
        self.reason = why


class NotRecordable(NbModelError):
    """A new version whose metadata nbmodel could not read back."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where} was not committed: its metadata could not be read back ({why}).",
            "This is a defect of nbmodel. Please report it with the class of the object. Until it "
            "is fixed, commit without the metrics, parameters or data that you added last.",
        )


class ManifestTooNew(NbModelError):
    """A manifest in a format that this release does not know."""

    def __init__(self, where: str, version: int, newest: int) -> None:
        super().__init__(
            f"{where} is in format {version}. This release of nbmodel reads formats up to "
            f"{newest}.",
            "Upgrade nbmodel: pip install -U nbmodel.",
        )


class SegmentMissing(NbModelError):
    """A file of large arrays (a segment) that is not in this clone."""

    def __init__(self, oid: str, where: str) -> None:
        self.oid = oid
        super().__init__(
            f"The segment {oid[:12]} of {where} is not in this clone.",
            "Fetch it: %model_pull --fetch all. With git alone: git lfs fetch --all origin "
            "models/MODEL/BRANCH, or a tag of the version.",
        )


class SegmentLost(SegmentMissing):
    """A segment that is neither in this clone nor in the store of a remote."""

    def __init__(self, oid: str, store: str) -> None:
        self.oid = oid
        NbModelError.__init__(
            self,
            f"The segment {oid[:12]} is neither in this clone nor at {store}.",
            "If your team keeps arrays in another place, remove the remote and add it again with "
            "--blobs (%model_remote). Else send it from a clone that has it: %model_push --repair. "
            "Which versions need it: %model_verify.",
        )


class VersionPurged(SegmentMissing):
    """A version whose arrays a user removed for good. What is in git is still there."""

    def __init__(self, oid: str, where: str, record: str) -> None:
        self.oid = oid
        NbModelError.__init__(
            self,
            f"{where} was purged {record}. Its arrays are not here any more.",
            f"Its cells and its description are in git: %model_show {where} --cells. To have the "
            "model again, run them, and commit.",
        )


class SegmentDamaged(NbModelError):
    """A segment whose bytes are not those that were committed."""

    def __init__(
        self, oid: str, where: str, shared_with: Sequence[str] = (), path: str = ""
    ) -> None:
        self.oid, self.path = oid, path
        also = f" It is also part of {', '.join(shared_with)}." if shared_with else ""
        file = path or "that file (git lfs env names the folder, LocalMediaDir)"
        super().__init__(
            f"The segment {oid[:12]} of {where} is damaged: its digest does not match.{also}",
            f"Remove {file}, and fetch it again: git lfs fetch --all.",
        )


class SkeletonInvalid(NbModelError):
    """A pickle that is not complete."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The pickle is not complete: it asks for {why}.",
            "Fetch the version again, or check the repository: %model_verify.",
        )


class ModuleLost(NbModelError):
    """A module that a version needs, and that is neither in the version nor installed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"The module {name!r} is needed. It is neither installed here nor part of the version.",
            "Install the package that contains it, or put its file beside the notebook.",
        )


class LoadFailed(NbModelError):
    """An object that cannot be loaded here: its own code or a package raised an error."""


class Untrusted(NbModelError):
    """A version of another person that cannot be loaded without running its code."""

    def __init__(self, where: str, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        listing = "; ".join(self.findings[:6])
        more = f"; and {len(self.findings) - 6} more" if len(self.findings) > 6 else ""
        place = f"%model_show {where} --cells --modules" if _is_reference(where) else f"in {where}"
        super().__init__(
            f"You did not commit {where} on this machine, and it needs {listing}{more}.",
            f"Read its cells and modules ({place}). If you trust its author, "
            "load it with --trust (Python: trust=True).",
        )


def _is_reference(where: str) -> bool:
    """Whether the version is in a registry, not in a folder."""
    return "@" in where and not where.startswith(("/", ".", "~"))
