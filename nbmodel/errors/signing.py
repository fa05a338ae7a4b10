"""Errors of signatures: they cannot be made, they cannot be checked, or they are not valid."""

from __future__ import annotations

from nbmodel.errors.base import NbModelError


class SigningFailed(NbModelError):
    """A signature that could not be made, so that nothing was written."""


class SignersInvalid(NbModelError):
    """The user's list of allowed or of revoked keys, which cannot be used."""

    def __init__(self, setting: str, path: str, why: str) -> None:
        super().__init__(
            f"{setting} names {path!r}, which cannot be used: {why}.",
            f"Correct the setting: git config --global {setting} PATH. Or remove it: "
            f"git config --global --unset {setting}.",
        )


class SignatureRefused(NbModelError):
    """A version whose signature is not valid, or was made with a revoked key."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"{where} was not loaded: {why}.",
            "Get the version again from its author. To load it in spite of that, use --trust "
            "(Python: trust=True); it may run any code.",
        )
