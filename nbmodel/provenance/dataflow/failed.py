"""A cell that ended in an error, reduced to what had run before it.

The statements above the one that failed are certain. Of that one, the calls that were complete are
kept: ``clf.fit(X, y).scor(X)`` has fitted. Of a statement such as a loop, a part may have run. It
is kept whole, inside ``try``, so that the recorded cells run to their end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from nbmodel.provenance.cells import Cell
from nbmodel.provenance.dataflow.completion import complete_calls, own_names
from nbmodel.provenance.dataflow.syntax import (
    TIMING_MAGICS,
    UNREADABLE,
    Magic,
    Transform,
    magic_of,
    parse,
)
from nbmodel.provenance.failure import COMPILATION, Failure

_INDENT = "    "


def parts_that_ran(cells: Sequence[Cell], transform: Transform) -> list[Cell]:
    """The cells without what did not run; those of which nothing is left are left out."""
    failed = any(not cell.finished for cell in cells)
    names = (own_names(cell.source, transform) for cell in cells if failed)
    own = frozenset().union(*names)
    parts = (_part_that_ran(cell, transform, own) for cell in cells)
    return [part for part in parts if part is not None]


def _part_that_ran(cell: Cell, transform: Transform, own: frozenset[str]) -> Cell | None:
    """The cell without the statements that did not run; None if nothing is left.

    A cell whose failure is not known is returned unchanged, and counts as unfinished.
    """
    if cell.finished or cell.failure is None or cell.line is not None:
        return cell
    text, certain = _reduced(cell.source, cell.failure, transform, own)
    if not text.strip() and not cell.binds:
        return None
    return replace(cell, source=text, finished=certain, failure=None)


@lru_cache(maxsize=512)
def _reduced(
    source: str, failure: Failure, transform: Transform, own: frozenset[str]
) -> tuple[str, bool]:
    """The source that ran, and whether it is certain that all of it did."""
    if not failure.begin[0]:
        return "", True
    try:
        python = transform(source)
        body = parse(python).body
    except UNREADABLE:
        return source, False
    index = _index(body, failure)
    above = None if index is None else _typed(source, python, body, index, transform)
    if index is None or above is None:
        return source, False
    if failure.operation == COMPILATION:
        return above, True
    failed = body[index]
    magic = _magic(failed)
    if magic is not None and magic.python is not None and failure.partial:
        text, certain = _magic_part(magic, failed, failure, transform, own)
        return _joined(above, text), certain
    complete = complete_calls(failed, failure, python, own)
    if complete is not None:
        return _joined(above, *complete), True
    below = _typed(source, python, body, index + 1, transform)
    if below is None or not below.startswith(above):
        return source, False
    statement = below.removeprefix(above).removeprefix(";").lstrip(" ")
    return _joined(above, _guarded(statement, failure, transform)), False


def _magic(node: ast.stmt) -> Magic | None:
    match node:
        case ast.Expr(value=ast.Call() as call):
            return magic_of(call)
    return None


def _magic_part(
    magic: Magic, node: ast.stmt, failure: Failure, transform: Transform, own: frozenset[str]
) -> tuple[str, bool]:
    """What ran of the Python in a magic such as ``%%time``, without the magic."""
    if magic.name in TIMING_MAGICS:  # its names are not seen outside
        return _guarded(ast.unparse(node), failure, transform), False
    source = (magic.python or "").strip("\n")
    if failure.inner is not None:
        text, certain = _reduced(source, failure.inner, transform, own)
        if text != source:
            return text, certain
    return _guarded(source, failure, transform), False


def _index(body: list[ast.stmt], failure: Failure) -> int | None:
    """Which statement failed."""
    if failure.operation == COMPILATION:
        return next((n for n, node in enumerate(body) if not _compiles(node)), None)
    for index, node in reversed(list(enumerate(body))):
        begin = min([(node.lineno, node.col_offset), *_decorators(node)])
        if begin <= failure.begin and failure.begin[0] <= (node.end_lineno or node.lineno):
            return index
    return None


def _compiles(node: ast.stmt) -> bool:
    module = ast.Module([node], [])
    try:
        compile(module, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except UNREADABLE:
        return False
    return True


def _decorators(node: ast.stmt) -> Iterator[tuple[int, int]]:
    for each in getattr(node, "decorator_list", ()):
        yield each.lineno, each.col_offset


def _joined(*texts: str) -> str:
    return "\n".join(text.strip("\n") for text in texts if text.strip())


# -- the text as typed -------------------------------------------------------


def _typed(
    source: str, python: str, body: list[ast.stmt], index: int, transform: Transform
) -> str | None:
    """What was typed above statement `index`; None if the lines cannot be told apart."""
    if index == len(body):
        return source
    node = body[index]
    line = min(node.lineno, *(line for line, _ in _decorators(node)), node.lineno) - 1
    typed, lines = source.splitlines(keepends=True), python.splitlines(keepends=True)
    target = "".join(lines[:line]).strip("\n")
    counts = sorted(range(len(typed) + 1), key=lambda count: abs(count - line))
    for count in counts:
        above = "".join(typed[:count])
        if _same(above, target, transform):
            break
    else:
        return None
    if not index or (body[index - 1].end_lineno or 0) <= line:
        return above
    # Another statement stands before it, in the same line.
    rest = lines[line].encode()[: node.col_offset].decode().rstrip().removesuffix(";")
    same = typed[count : count + 1] and typed[count].rstrip("\n") == lines[line].rstrip("\n")
    return above + rest if same else None


def _same(typed: str, python: str, transform: Transform) -> bool:
    try:
        return transform(typed).strip("\n") == python
    except UNREADABLE:
        return False


def _guarded(statement: str, failure: Failure, transform: Transform) -> str:
    """A statement that may fail again, in a form that goes on."""
    interrupted = failure.error == "KeyboardInterrupt"
    why = "was interrupted" if interrupted else f"ended in {failure.error}"
    lines = statement.strip("\n").split("\n")
    inside = _inside_texts(statement.strip("\n"), transform)
    body = [line if n in inside else _INDENT + line for n, line in enumerate(lines, 1)]
    return "\n".join(
        [f"try:  # In the notebook, this statement {why}.", *body, f"except {failure.caught}:",
         f"{_INDENT}pass"]
    )  # fmt: skip


def _inside_texts(statement: str, transform: Transform) -> set[int]:
    """Lines that begin inside a string: more blanks would change it."""
    try:
        tree = parse(transform(statement))
    except UNREADABLE:
        return set()
    return {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno
        for number in range(node.lineno + 1, node.end_lineno + 1)
    }
