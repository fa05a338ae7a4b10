"""Cells as one ``.py`` file in the percent format of jupytext, Spyder and VS Code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nbmodel.provenance.dataflow.syntax import RUNNING_MAGICS, TIMING_MAGICS, UNREADABLE, parse

if TYPE_CHECKING:
    from nbmodel.provenance.cells import Cell

_MAGIC = re.compile(
    r"""(?P<indent>\s*)(?:
        [%!][^=\s].*                                         # %magic, !command
      | [A-Za-z_][\w.,\s]*=\s*[%!][A-Za-z].*                 # x = %magic, x = !command
      | \?{1,2}[\w.*%]+\s* | %{0,2}[\w.*]+(?:\[[^\]]*\])*\?{1,2}\s*   # help
      | [,;/][A-Za-z_].*                                     # auto-quoting
    )""",
    re.VERBOSE,
)
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w+)")


def to_percent(cells: Sequence[Cell]) -> str:
    """One text, a ``# %% [12]`` header above each cell.

    Sources are kept verbatim, except what would not be Python. Magics become comments, as jupytext
    writes them; an indented magic becomes a ``pass`` with a comment. A cell that is still not valid
    Python becomes a comment as a whole.
    """
    return "\n".join(f"# %% [{cell.number}]\n{_python(cell.source)}\n" for cell in cells)


def _python(source: str) -> str:
    # Neither a lone surrogate nor a null can be in a file of Python; a lone \\r ends a comment.
    source = source.encode(errors="backslashreplace").decode().replace("\0", "\\0")
    source = source.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if _parses(source):
        return source
    lines = source.split("\n")
    match = _CELL_MAGIC.match(lines[0])
    if match and match["name"] not in RUNNING_MAGICS | TIMING_MAGICS:
        return _commented(lines)
    text = "\n".join(_without_magics(lines))
    return text if _parses(text) else _commented(lines)


def _commented(lines: Sequence[str]) -> str:
    return "\n".join(f"# {line}".rstrip() for line in lines)


def _without_magics(lines: Sequence[str]) -> list[str]:
    code_lines = list(_comment_magics(lines))
    try:
        tree = parse("\n".join(code_lines))
    except UNREADABLE:
        return code_lines
    # A line inside a string is text, even if it looks like code.
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno:
            for number in range(node.lineno, node.end_lineno):
                code_lines[number] = lines[number]
    return code_lines


def _comment_magics(lines: Sequence[str]) -> Iterator[str]:
    continued = magic = False
    for line in lines:
        match = None if continued else _MAGIC.fullmatch(line)
        magic = magic if continued else match is not None
        if match is not None and match["indent"]:
            yield f"{match['indent']}pass  # {line.strip()}"
        else:
            yield f"# {line}" if magic else line
        continued = line.endswith("\\")


def _parses(source: str) -> bool:
    try:
        parse(source)
    except UNREADABLE:
        return False
    return True
