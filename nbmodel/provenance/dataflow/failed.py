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
from nbmodel.provenance.dataflow.assumptions import FIXED_CALLS, READING_METHODS
from nbmodel.provenance.dataflow.syntax import TIMING_MAGICS, UNREADABLE, Transform, magic_of, parse
from nbmodel.provenance.failure import Failure

_EFFECTS = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
# Their parts may have run several times, or not at all.
_UNCERTAIN = (
    ast.BoolOp, ast.IfExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
_INDENT = "    "


def part_that_ran(cell: Cell, transform: Transform) -> Cell | None:
    """The cell without the statements that did not run; None if nothing is left.

    A cell whose failure is not known is returned unchanged, and counts as unfinished.
    """
    if cell.finished or cell.failure is None or cell.line is not None:
        return cell
    text, certain = _reduced(cell.source, cell.failure, transform)
    if not text.strip() and not cell.binds:
        return None
    return replace(cell, source=text, finished=certain, failure=None)


@lru_cache(maxsize=512)
def _reduced(source: str, failure: Failure, transform: Transform) -> tuple[str, bool]:
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
    failed = body[index]
    complete = _complete_calls(failed, failure, python)
    if complete is not None:
        return _joined(above, *complete), True
    below = _typed(source, python, body, index + 1, transform)
    if below is None or not below.startswith(above):
        return source, False
    statement = below.removeprefix(above).removeprefix(";").lstrip(" ")
    return _joined(above, _guarded(statement, failure)), False


def _index(body: list[ast.stmt], failure: Failure) -> int | None:
    """Which statement failed."""
    for index, node in reversed(list(enumerate(body))):
        begin = min([(node.lineno, node.col_offset), *_decorators(node)])
        if begin <= failure.begin and failure.begin[0] <= (node.end_lineno or node.lineno):
            return index
    return None


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


def _guarded(statement: str, failure: Failure) -> str:
    """A statement that may fail again, in a form that goes on."""
    interrupted = failure.error == "KeyboardInterrupt"
    why = "was interrupted" if interrupted else f"ended in {failure.error}"
    caught = "KeyboardInterrupt" if interrupted else "Exception"
    lines = statement.strip("\n").split("\n")
    inside = _inside_texts(statement.strip("\n"))
    body = [line if n in inside else _INDENT + line for n, line in enumerate(lines, 1)]
    return "\n".join(
        [f"try:  # In the notebook, this statement {why}.", *body, f"except {caught}:",
         f"{_INDENT}pass"]
    )  # fmt: skip


def _inside_texts(statement: str) -> set[int]:
    """Lines that begin inside a string: more blanks would change it."""
    try:
        tree = parse(statement)
    except UNREADABLE:
        return set()
    return {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno
        for number in range(node.lineno + 1, node.end_lineno + 1)
    }


# -- what of a statement was complete ----------------------------------------


def _complete_calls(node: ast.stmt, failure: Failure, python: str) -> list[str] | None:
    """Sources of the calls that had returned; None if a part of the statement may be done."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _imports(node, failure)
    roots = _roots(node, failure)
    if roots is None:
        return None
    effects = [each for root in roots for each in _walk(root) if isinstance(each, _EFFECTS)]
    if _is_timed(effects):
        return []
    if failure.partial or any(not isinstance(each, ast.Call) for each in effects):
        return None if effects else []
    if any(_is_uncertain(root) for root in roots):
        return None
    done = [each for each in _returned(roots, failure) if not _only_reads(each)]
    nested = {id(inner) for each in done for inner in _walk(each) if inner is not each}
    return [_source_of(each, python) for each in done if id(each) not in nested]


def _roots(node: ast.stmt, failure: Failure) -> list[ast.expr] | None:
    """Expressions that ran once, in the order in which they run; None for other statements."""
    match node:
        case ast.Expr(value=value):
            return [value]
        case ast.Assign(value=value, targets=[target]) if _is_one_place(target):
            return [value, target]
        case ast.AugAssign(value=value, target=target) if (
            not failure.operation.startswith("STORE_")  # the object has changed by then
        ):
            return [target, value]
        case ast.AnnAssign(value=value) if value is not None:
            return [value]
        case ast.Assert(test=test, msg=message):
            return [test] if message is None else [test, message]
        case ast.Raise(exc=error, cause=cause):
            return [each for each in (error, cause) if each is not None]
        case ast.Delete(targets=[target]):
            return [target]
        case ast.If(test=head) | ast.Match(subject=head) if _is_within(head, failure):
            return [head]
        case ast.For(iter=head) if failure.operation == "GET_ITER" or (
            _is_within(head, failure) and failure.operation != "FOR_ITER"
        ):
            return [head]
        case ast.With(items=[ast.withitem(context_expr=head), *_]) if _is_within(head, failure):
            return [head]
        case ast.Assign(value=value) if _is_within(value, failure):
            return [value]
    return None


def _is_one_place(target: ast.expr) -> bool:
    """Whether nothing is bound unless everything is: unpacking binds names one after the other."""
    if isinstance(target, ast.Tuple | ast.List):
        return all(isinstance(part, ast.Name) for part in target.elts)
    return not isinstance(target, ast.Starred)


def _is_timed(effects: Sequence[ast.AST]) -> bool:
    """Whether the statement is a magic such as ``%time`` over one call at most, which failed."""
    match effects:
        case [ast.Call() as call, *_] if (magic := magic_of(call)) is not None:
            if magic.python is None or magic.name in TIMING_MAGICS:
                return False
            try:
                body = parse(magic.python).body
            except UNREADABLE:
                return False
            calls = [each for node in body for each in ast.walk(node) if isinstance(each, ast.Call)]
            return len(body) == 1 and len(calls) <= 1
    return False


def _is_uncertain(root: ast.AST) -> bool:
    return any(
        isinstance(part, _UNCERTAIN) and any(isinstance(each, _EFFECTS) for each in _walk(part))
        for part in _walk(root)
    )


def _returned(roots: list[ast.expr], failure: Failure) -> Iterator[ast.Call]:
    """The calls that had returned."""
    for root in roots:
        failed = failure.operation != "RAISE_VARARGS" and _is_within(root, failure)
        for each in _walk(root):
            if isinstance(each, ast.Call) and (not failed or _is_before(each, failure)):
                yield each
        if failed:
            return


def _only_reads(call: ast.Call) -> bool:
    """Whether a call changes nothing."""
    match call.func:
        case ast.Name(id=name):
            return name in FIXED_CALLS or name in ("get_ipython", "print", "type")
        case ast.Attribute(attr=name):
            options = {keyword.arg for keyword in call.keywords}
            return name in READING_METHODS and options.isdisjoint({"inplace", "out", None})
    return False


def _is_within(node: ast.expr, failure: Failure) -> bool:
    begin, end = _span(node)
    return begin <= failure.begin and failure.end <= end


def _is_before(node: ast.expr, failure: Failure) -> bool:
    """Whether a call had returned when the expression of the failure was evaluated."""
    begin, end = _span(node)
    return end <= failure.end and not (end == failure.end and begin <= failure.begin)


def _span(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return (node.lineno, node.col_offset), end


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """An expression and its parts, without the bodies of functions, which do not run."""
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _source_of(call: ast.Call, python: str) -> str:
    """The call as typed; in another form if its place is not exact, as in a formatted text."""
    typed = ast.get_source_segment(python, call) or ""
    try:
        exact = ast.dump(parse(typed).body[0]) == ast.dump(ast.Expr(call))
    except (*UNREADABLE, IndexError):
        exact = False
    return typed if exact else ast.unparse(call)


def _imports(node: ast.Import | ast.ImportFrom, failure: Failure) -> list[str]:
    """The names before the one that cannot be imported."""
    names = [alias.name for alias in node.names]
    if failure.name not in names:
        return []
    before = node.names[: names.index(failure.name)]
    if not before:
        return []
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import(names=before))]
    return [ast.unparse(ast.ImportFrom(module=node.module, names=before, level=node.level))]
