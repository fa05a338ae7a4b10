"""What of a statement that failed was complete: the calls that had returned before the error."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from nbmodel.provenance.dataflow.assumptions import (
    FIXED_CALLS,
    READING_METHODS,
    STEPWISE_METHODS,
)
from nbmodel.provenance.dataflow.syntax import UNREADABLE, Transform, magic_of, parse
from nbmodel.provenance.failure import Failure

_EFFECTS = (ast.Call, ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
# Their parts may have run several times, or not at all.
_UNCERTAIN = (
    ast.BoolOp, ast.IfExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
_READERS = FIXED_CALLS | {"get_ipython", "print", "type"}


def own_names(source: str, transform: Transform) -> frozenset[str]:
    """Names that a cell defines, of those that are taken for calls that only read."""
    return _own_names(source, transform) & (_READERS | READING_METHODS)


@lru_cache(maxsize=4096)
def _own_names(source: str, transform: Transform) -> frozenset[str]:
    try:
        tree = parse(transform(source))
    except UNREADABLE:
        return frozenset()
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name=name, asname=other):
                names.add(other or name)
            case ast.Call() as call if (magic := magic_of(call)) is not None and magic.python:
                names |= _own_names(magic.python, transform)
    return frozenset(names)


def complete_calls(
    node: ast.stmt, failure: Failure, python: str, own: frozenset[str]
) -> list[str] | None:
    """Sources of the calls that had returned; None if a part of the statement may be done.

    `own` are the names that the notebook defines itself, of those that only read otherwise.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _imports(node, failure)
    if isinstance(node, ast.AnnAssign) and _is_within(node.annotation, failure):
        return _annotated(node)
    roots = _roots(node, failure)
    if roots is None:
        return None
    effects = [each for root in roots for each in _walk(root) if isinstance(each, _EFFECTS)]
    if failure.partial or any(not isinstance(each, ast.Call) for each in effects):
        # An interruption of what has no effect leaves nothing; code of the notebook may.
        return None if effects or failure.caught == "Exception" else []
    if any(isinstance(each, ast.Call) and _is_opaque(each) for each in effects):
        return None
    if any(_is_uncertain(root) for root in roots) or _is_stepwise(node, effects, failure):
        return None
    if any(isinstance(each, ast.FormattedValue) for root in roots for each in _walk(root)) and any(
        isinstance(each, ast.Call) and not _only_reads(each, own) for each in effects
    ):
        return None  # Python 3.11 does not know the places in a formatted text
    calls = [each for each in _returned(roots, failure) if not _only_reads(each, own)]
    nested = {id(inner) for each in calls for inner in _walk(each) if inner is not each}
    return [_source_of(each, python) for each in calls if id(each) not in nested]


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


def _is_opaque(call: ast.Call) -> bool:
    """Whether a call is a magic such as ``%run``, which may set names before it fails."""
    magic = magic_of(call)
    return magic is not None and magic.opaque


def _is_stepwise(node: ast.stmt, effects: Sequence[ast.AST], failure: Failure) -> bool:
    """Whether the operation that failed may have changed a part of its object."""
    if isinstance(node, ast.AugAssign) and failure.operation.startswith("BINARY_OP"):
        literal = isinstance(node.value, ast.Constant | ast.List | ast.Tuple)
        return not literal and (node.end_lineno, node.end_col_offset) == failure.end
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and _span(each)[1] == failure.end
        and failure.operation.startswith(("CALL", "PRECALL"))
        and (each.func.attr in STEPWISE_METHODS or failure.compound)
        for each in effects
    )


def _annotated(node: ast.AnnAssign) -> list[str] | None:
    """The assignment without its annotation, which failed after it."""
    if any(isinstance(each, _EFFECTS) for each in _walk(node.annotation)):
        return None
    if node.value is None:
        return []
    return [ast.unparse(ast.Assign([node.target], node.value, lineno=node.lineno))]


def _is_one_place(target: ast.expr) -> bool:
    """Whether nothing is bound unless everything is: unpacking binds names one after the other."""
    if isinstance(target, ast.Tuple | ast.List):
        return all(isinstance(part, ast.Name) for part in target.elts)
    return not isinstance(target, ast.Starred)


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


def _only_reads(call: ast.Call, own: frozenset[str]) -> bool:
    """Whether a call changes nothing."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in own:
            return False
        case ast.Name(id=name):
            return name in _READERS
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
