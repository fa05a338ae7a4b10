"""Errors of a server and of its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors.base import NbModelError

if TYPE_CHECKING:
    from collections.abc import Sequence


class InvalidInput(NbModelError):
    """A request whose data does not fit the signature of the version."""


class MethodMissing(NbModelError):
    """A method that the served model does not have."""

    def __init__(self, method: str, where: str, methods: Sequence[str]) -> None:
        super().__init__(
            f"{where} has no method {method!r:.60}.",
            f"Its methods are {', '.join(methods)}." if methods else "It has no methods.",
        )


class ScoringFailed(NbModelError):
    """The model raised an error for these rows."""

    def __init__(self, where: str, why: str, hint: str = "") -> None:
        super().__init__(f"{where} could not score these rows: {why}.", hint)


class WrongRows(NbModelError):
    """A model that returned another number of rows than it was given."""

    def __init__(self, name: str, returned: int, expected: int) -> None:
        super().__init__(
            f"{name} returned {returned} rows for {expected}.",
            "The model expects its input in another form. Commit it again, with --data and the "
            "data that it was fitted on.",
        )


class AnswersDiffer(NbModelError):
    """A version that does not answer its acceptance rows as it did at commit."""

    def __init__(self, where: str, differences: Sequence[str]) -> None:
        listing = "; ".join(differences[:3])
        more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
        super().__init__(
            f"{where} does not answer its acceptance rows as it did at commit: {listing}{more}.",
            "Install the packages in its requirements.txt. To serve it anyway, add "
            "--accept-differences.",
        )


class Overloaded(NbModelError):
    """More requests are waiting than the server accepts."""

    def __init__(self, waiting: int, what: str = "rows") -> None:
        super().__init__(f"{waiting} {what} are already waiting.", "Try again in a second.")


class WorkerFailed(NbModelError):
    """A worker of a server that could not start."""


class ServerFailed(NbModelError):
    """A server that did not start, did not answer, or refused a request.

    After a refusal it goes on, and `why` says what to change.
    """

    def __init__(self, what: str, why: str, *, refused: bool = False) -> None:
        if not refused:
            super().__init__(
                f"The server of {what} failed: {why}", "Fix this, then start it again."
            )
        else:
            super().__init__(f"The server {what} refused the request: {why}")
