"""The user's own editor on a text, as git opens it for a message."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nbmodel.errors import InvalidValue, NbModelError

T = TypeVar("T")


def edited(text: str, name: str, commit: Callable[[str], T]) -> T:
    """Let the user edit a text and commit what was saved.

    Parameters
    ----------
    text, name : str
        What is edited, and the name of its file.
    commit : callable
        What to do with the text. If it fails, the file stays and the error names it.

    Raises
    ------
    InvalidValue
        If there is no editor, or it failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="nbmodel-"))  # readable for the user alone
    path = folder / name
    path.write_text(text, "utf-8")
    _run(path)
    try:
        result = commit(path.read_text("utf-8", errors="replace"))
    except NbModelError as error:
        error.hint = f"{error.hint}\nYour text is kept in {path}.".strip()
        error.args = (f"{error.what}\n{error.hint}",)
        raise
    path.unlink()
    folder.rmdir()
    return result


def _run(path: Path) -> None:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        process = subprocess.run([*shlex.split(command), str(path)], check=False)
    except (OSError, ValueError) as error:
        raise InvalidValue(
            f"The editor {command!r} did not start: {error}.",
            "Set EDITOR, or pass the text by --file PATH.",
        ) from error
    if process.returncode:
        raise InvalidValue(
            f"The editor {command!r} ended with status {process.returncode}; "
            "nothing was committed.",
            f"Your text is kept in {path}; pass it by --file {path}.",
        )
