"""Errors of remotes and merges: what cannot be reached, and what does not fit together."""

from __future__ import annotations

from nbmodel.errors.base import NbModelError


class RemoteFailed(NbModelError):
    """A remote could not be reached, or it refused. The message is that of git or the store."""


class RemoteAhead(NbModelError):
    """The remote has changed since the last pull, and a push would undo it. So it was refused."""

    def __init__(self, remote: str, what: str, then: str = "Then push again.") -> None:
        self.remote = remote
        super().__init__(
            f"Nothing was pushed to {remote}: {what}.", f"Pull first: %model_pull. {then}"
        )


class RemoteConflict(NbModelError):
    """A name that stands for one thing here and for another at the remote."""


class RemoteLies(NbModelError):
    """A store answered with bytes of another digest than the wanted one."""

    def __init__(self, store: str, sha256: str, why: str) -> None:
        self.oid = sha256
        super().__init__(
            f"{store} has {why} for the segment {sha256[:12]}. Its bytes were not kept.",
            "In a clone that has it: %model_push --repair. If its size is right there, "
            "first remove it from the store.",
        )


class CannotMerge(NbModelError):
    """Models that cannot be merged by a method, or that do not fit together."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(f"Nothing was merged: {why}.", hint)
