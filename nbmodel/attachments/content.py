"""All attachments of a command, checked before anything is stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbmodel import display
from nbmodel.attachments import figures as drawings
from nbmodel.attachments.names import check_name, key_of, tree_path
from nbmodel.errors import InvalidValue, NotFound, ReadFailed, TooLarge

MAX_FILES = 100
MAX_FILE_BYTES = 32_000_000
MAX_TOTAL_BYTES = 128_000_000
Files = Mapping[str, str | os.PathLike[str]] | Sequence[str | os.PathLike[str]]


@dataclass(frozen=True, slots=True)
class NewFile:
    """An attachment that is not stored yet; `path` is in the tree of the version."""

    name: str
    path: str
    content: bytes


def collect(
    figures: Mapping[str, Any], files: Files, present: Iterable[str] = ()
) -> tuple[NewFile, ...]:
    """Turn figures into files, read files, and check all of them.

    Parameters
    ----------
    figures : mapping of str to object
        Figures by name.
    files : sequence of path, or mapping of str to path
        The name of a file is the last part of its path, or the key.
    present : iterable of str
        Names that the version already has.

    Raises
    ------
    InvalidValue
        If a name or a figure is not valid, or a name is there twice.
    NotFound, ReadFailed
        If a file does not exist or cannot be read.
    TooLarge
        If there are too many files, or they are too large. Nothing was stored.
    """
    names_by_key = {key_of(name): name for name in present}
    new_files: list[NewFile] = []
    total = 0
    for option, name, content in _contents(figures, files):
        if (before := names_by_key.get(key_of(name))) is not None:
            raise InvalidValue(
                f"{option}: there is a file {before!r} already, and the name {name!r} is the same "
                "or differs only in case.",
                "Choose another name: --figure other=fig, or --file other.html=PATH.",
            )
        total += len(content)
        names_by_key[key_of(name)] = name
        new_files.append(
            NewFile(name, tree_path(name, {f.path.lower() for f in new_files}), content)
        )
        _check_amount(len(new_files), total)
    return tuple(new_files)


def _contents(figures: Mapping[str, Any], files: Files) -> Iterator[tuple[str, str, bytes]]:
    """Option, name and content of each attachment."""
    for title, figure in figures.items():
        check_name(title, "--figure")
        for name, content in drawings.files_of(title, figure).items():
            _check_size("--figure", name, len(content))
            yield "--figure", check_name(name, "--figure"), content
    items = files.items() if isinstance(files, Mapping) else ((Path(f).name, f) for f in files)
    for name, path in items:
        content = _read(name, Path(path).expanduser())
        yield "--file", check_name(name, "--file"), content


def _read(name: str, path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would never end
            raise InvalidValue(f"--file {path}: it is not a regular file.", "Name a file.")
        _check_size("--file", name, status.st_size)
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _missing_file(path) from None
    except OSError as error:
        raise ReadFailed(str(path), error) from error
    _check_size("--file", name, len(content))
    return content


def _working_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return "deleted"


def _missing_file(path: Path) -> NotFound:
    try:
        beside = sorted(e.name for e in path.parent.iterdir() if not e.name.startswith("."))
    except OSError:
        beside = []
    what = f"--file {path}: there is no such file; the working folder is {_working_folder()}."
    return NotFound("file", path.name, str(path.parent), beside, what=what)


def _check_size(option: str, name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise TooLarge(
            f"{option}: {name} has {display.size(size)}; a version carries files of at most "
            f"{display.size(MAX_FILE_BYTES)}. Nothing was stored.",
            "Make it smaller, or keep it elsewhere and put its address into the message.",
        )


def _check_amount(count: int, total: int) -> None:
    if count > MAX_FILES or total > MAX_TOTAL_BYTES:
        raise TooLarge(
            f"{display.count(count, 'file')} of {display.size(total)} in one command; at most "
            f"{MAX_FILES} files of {display.size(MAX_TOTAL_BYTES)} together are possible. "
            "Nothing was stored.",
            "Attach fewer or smaller files.",
        )
