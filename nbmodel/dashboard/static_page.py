"""``nbmodel dashboard --static``: a registry as one HTML file that asks nobody for anything."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from nbmodel import progress
from nbmodel.dashboard import policy
from nbmodel.dashboard.embedded import embedded
from nbmodel.dashboard.packing import packed_text
from nbmodel.dashboard.reports import monitor_reports
from nbmodel.display import visible
from nbmodel.errors import AlreadyExists, InvalidValue, WriteFailed
from nbmodel.widgets.static_files import read_static

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

STATIC = Path(__file__).parent / "static"
MAX_VERSIONS = 1000
MARK = '<meta name="generator" content="nbmodel">'  # by it our own pages are known
_HEAD_BYTES = 4096  # bytes that it stands in
_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
$mark
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$title</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<script type="application/octet-stream" id="nbmodel-data">$data</script>
<script>$script</script>
$blocks</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class StaticPage:
    """A page that was written: how many of the registry's versions, bytes, seconds."""

    path: Path
    versions: int
    total: int
    size: int
    seconds: float


def write(
    registry: Registry, path: Path, *, limit: int | None = None, force: bool = False
) -> StaticPage:
    """Write the newest versions of a registry into one HTML file.

    Parameters
    ----------
    registry : Registry
    path : Path
        An existing page of nbmodel is replaced.
    limit : int, optional
        Versions at most; 1000 by default.
    force : bool
        Overwrite a file of another kind.

    Raises
    ------
    AlreadyExists
        If the file is not a page of ours.
    WriteFailed
        If the disk does not take it; what was there before still is.
    NotBuilt
        If the front end of a source tree was not built.
    """
    begin = time.monotonic()
    limit = MAX_VERSIONS if limit is None else limit
    if limit < 1:
        raise InvalidValue(f"A page of {limit} versions was requested.", "Use 1 or more.")
    path = path.expanduser()
    with _explained(path):
        _check_place(path, force=force)
    script, style = read_static(STATIC / "page.js"), read_static(STATIC / "page.css")
    with progress.counted("writing the page", "version") as tell:
        data = embedded(registry, limit, tell)
    with progress.counted("reading the prediction logs", "model") as tell:
        reports = monitor_reports(registry, _most_important_first(data), tell)
    data["reports"] = reports.entries
    text = _render(visible(data["registry"]["name"]), data, reports.blocks, script, style)
    with _explained(path):
        size = _replace(path, text.encode())
    seconds = time.monotonic() - begin
    return StaticPage(path, len(data["rows"]), data["registry"]["versions"], size, seconds)


def _most_important_first(data: Mapping[str, Any]) -> list[str]:
    """The models of a page: first those that hold a stage, in the order of their tiles."""
    tiles = [tile["row"]["model"] for tile in data["home"]["tiles"]]
    return list(dict.fromkeys([*tiles, *data["histories"]]))


def _render(title: str, data: object, blocks: Mapping[str, str], script: str, style: str) -> str:
    """The page; `title` and `data` come from strangers. Blocks are read after it is drawn."""
    inline = _inline(script)
    return _PAGE.substitute(
        mark=MARK,
        policy=escape(policy.for_file(inline)),
        title=escape(f"{title} · models"),
        style=style.replace("</", r"<\/"),
        data=packed_text(data),
        script=inline,
        blocks="".join(
            f'<script type="application/octet-stream" id="{name}">{text}</script>\n'
            for name, text in blocks.items()
        ),
    )


def _inline(script: str) -> str:
    r"""A script that stands in HTML: no end of its element, no comment in it.

    ``<\/`` and ``<\!`` mean the same to JavaScript where they occur: in texts.
    """
    return script.replace("\r\n", "\n").replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _check_place(path: Path, *, force: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidValue(
            f"{path} cannot be a file's name.", "Name a file in a folder that exists."
        )
    if path.is_symlink() and not path.exists():  # a stranger's folder may lead anywhere
        raise AlreadyExists(
            f"{path} is a link to a file that does not exist.", "Name another file."
        )
    if path.exists() and not path.is_file():
        raise AlreadyExists(f"{path} exists, and is not a file.", "Name another file.")
    if path.exists() and not force and MARK.encode() not in _head(path):
        raise AlreadyExists(
            f"{path} exists, and is not a page of nbmodel.",
            "Name another file, or overwrite it: --force.",
        )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _replace(path: Path, data: bytes) -> int:
    """Put a file in place, whole or not at all."""
    path = path.resolve()  # through a link, not in its place
    part = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".nbmodel-", delete=False) as file:
            part = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(part).chmod(0o666 & ~umask)
        Path(part).replace(path)
    finally:
        if part:
            Path(part).unlink(missing_ok=True)
    return len(data)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteFailed(
            f"Could not write {path}: {error.strerror}.", "Free some space, or name another place."
        ) from error
