"""Scripts and styles that are built from ``labextension/src``."""

from __future__ import annotations

from pathlib import Path

from nbmodel.errors import NbModelError


class NotBuilt(NbModelError):
    """A source tree whose front end was not built."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path.name} is not there: the front end was not built.",
            "Build it: cd labextension && jlpm install && jlpm build:pages, "
            "or install nbmodel from a wheel.",
        )


def read_static(path: Path) -> str:
    """Text of a built file.

    Raises
    ------
    NotBuilt
        If it is not there.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise NotBuilt(path) from None
