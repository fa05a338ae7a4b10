"""From the source of a cell to its steps: Python's binding rules, nothing about objects."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import lru_cache, singledispatchmethod

from nbmodel.provenance.dataflow.expressions import Expressions
from nbmodel.provenance.dataflow.steps import (
    AbstractValue,
    Bind,
    Call,
    CallStep,
    CellCode,
    Class,
    Conditional,
    Function,
    MayRun,
    Mutate,
    Step,
    StoreInto,
    Wildcard,
    bound,
    mutable,
    union,
)
from nbmodel.provenance.dataflow.syntax import RETURN, UNREADABLE, Transform, parse

_SWALLOWING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})


@lru_cache(maxsize=4096)
def parse_cell(source: str, transform: Transform, line: int | None = None) -> CellCode:
    """Read a cell; one that does not parse gives ``CellCode(readable=False)``.

    `line` is the line under way: top-level statements that begin after it are left out.
    """
    parser = _CellParser(transform)
    try:
        body = parse(transform(source)).body
        if line is not None:
            body = [node for node in body if node.lineno <= line]
        steps = parser.block(body[:-1])
        last, tail = parser.last(body[-1:])
    except UNREADABLE:
        return CellCode(readable=False)
    return CellCode((*steps, *tail), frozenset(parser.modules), last)


class _CellParser(Expressions):
    def block(self, nodes: Iterable[ast.stmt]) -> tuple[Step, ...]:
        """Steps of statements, apart from those read so far."""
        outer, self._steps = self._steps, []
        for node in nodes:
            self._statement(node)
        steps, self._steps = self._steps, outer
        return tuple(steps)

    def last(self, nodes: Sequence[ast.stmt]) -> tuple[AbstractValue | None, tuple[Step, ...]]:
        """Steps of the last statement of a cell, and the value it displays."""
        if not nodes or not isinstance(nodes[0], ast.Expr):
            return None, self.block(nodes)
        outer, self._steps = self._steps, []
        value = self._value(nodes[0].value)
        steps, self._steps = self._steps, outer
        return value, tuple(steps)

    def _assign_each(self, targets: Sequence[ast.expr], node: ast.expr) -> None:
        """``a, b = c, d`` binds each target to its own value, any other form to the whole."""
        target = targets[0]
        if (
            len(targets) == 1
            and isinstance(target, ast.Tuple | ast.List)
            and isinstance(node, ast.Tuple | ast.List)
            and len(target.elts) == len(node.elts)
            and not any(isinstance(part, ast.Starred) for part in (*target.elts, *node.elts))
        ):
            values = [self._value(part) for part in node.elts]
            pairs = [
                pair
                for part, value in zip(target.elts, values, strict=True)
                for pair in self._pairs(part, value)
            ]
            self._emit(Bind(tuple(pairs)))
            return
        value = self._value(node)
        for target in targets:
            self._assign(target, value)

    # -- statements ----------------------------------------------------------

    @singledispatchmethod
    def _statement(self, node: ast.stmt) -> None:
        """Statements that bind nothing: their expressions are read, in order."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._value(child)

    @_statement.register
    def _read_assign(self, node: ast.Assign) -> None:
        self._assign_each(node.targets, node.value)

    @_statement.register
    def _read_annassign(self, node: ast.AnnAssign) -> None:
        self._value(node.annotation)
        if node.value is not None:
            self._assign(node.target, self._value(node.value))

    @_statement.register
    def _read_augassign(self, node: ast.AugAssign) -> None:
        value = self._value(node.value)
        match node.target:
            case ast.Name():
                self._emit(StoreInto(self._value(node.target), value))
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                if isinstance(node.target, ast.Subscript):
                    self._value(node.target.slice)
                self._emit(StoreInto(self._value(owner), value, self._path(node.target)))

    @_statement.register
    def _read_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            match target:
                case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                    if isinstance(target, ast.Subscript):
                        self._value(target.slice)
                    self._emit(Mutate(self._value(owner)))
                case ast.Tuple(elts=parts) | ast.List(elts=parts):
                    self._statement(ast.Delete(targets=parts))
                case ast.Name(id=name):
                    # The name goes, not the object: what else holds it is not changed.
                    self._value(target)
                    self._emit(Conditional((((Bind(((self._name(name), AbstractValue()),))),),)))

    @_statement.register
    def _read_return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._bind(RETURN, self._value(node.value))

    @_statement.register(ast.Global)
    @_statement.register(ast.Nonlocal)
    def _read_global(self, node: ast.Global | ast.Nonlocal) -> None:
        self._globals.update(node.names)

    @_statement.register
    def _read_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.modules.add(alias.name)
            top = alias.name.partition(".")[0]
            self._bind(
                alias.asname or top, AbstractValue(module=alias.name if alias.asname else top)
            )

    @_statement.register
    def _read_importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self.modules.add(module)
        for alias in node.names:
            if alias.name == "*":
                self._emit(Wildcard())
            else:
                self._bind(
                    alias.asname or alias.name, AbstractValue(module=f"{module}.{alias.name}")
                )

    @_statement.register
    def _read_if(self, node: ast.If) -> None:
        self._value(node.test)
        self._emit(Conditional((self.block(node.body), self.block(node.orelse)), exhaustive=True))

    @_statement.register(ast.For)
    @_statement.register(ast.AsyncFor)
    def _read_for(self, node: ast.For | ast.AsyncFor) -> None:
        items = self._value(node.iter)
        outer, self._steps = self._steps, []
        self._assign(node.target, mutable(items))
        head, self._steps = tuple(self._steps), outer
        self._emit(Conditional(((*head, *self.block(node.body)),), again=True))
        self._emit(Conditional((self.block(node.orelse),)))

    @_statement.register
    def _read_while(self, node: ast.While) -> None:
        self._value(node.test)
        self._emit(Conditional((self.block(node.body),), again=True))
        self._emit(Conditional((self.block(node.orelse),)))

    @_statement.register(ast.Try)
    @_statement.register(ast.TryStar)
    def _read_try(self, node: ast.Try | ast.TryStar) -> None:
        body = self.block([*node.body, *node.orelse])
        if node.handlers:
            handlers = [self._handler(handler) for handler in node.handlers]
            self._emit(Conditional((body, *handlers), exhaustive=True))
        else:
            self._steps.extend(body)
        self._steps.extend(self.block(node.finalbody))

    def _handler(self, node: ast.ExceptHandler) -> tuple[Step, ...]:
        outer, self._steps = self._steps, []
        if node.type is not None:
            self._value(node.type)
        if node.name is not None:
            self._bind(node.name, AbstractValue())
        steps, self._steps = (*self._steps, *self.block(node.body)), outer
        return tuple(steps)

    @_statement.register(ast.With)
    @_statement.register(ast.AsyncWith)
    def _read_with(self, node: ast.With | ast.AsyncWith) -> None:
        swallows = False
        for item in node.items:
            context = self._value(item.context_expr)
            swallows |= any(call.path[-1] in _SWALLOWING for call in context.calls)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, mutable(context))
        body = self.block(node.body)
        if swallows:
            self._emit(Conditional((body,)))
        else:
            self._steps.extend(body)

    @_statement.register
    def _read_match(self, node: ast.Match) -> None:
        subject = self._value(node.subject)
        blocks = []
        irrefutable = False
        for case in node.cases:
            outer, self._steps = self._steps, []
            for part in ast.walk(case.pattern):
                match part:
                    case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                        self._bind(name, subject)
                    case ast.MatchMapping(rest=str(name)):
                        self._bind(name, subject)
                    case ast.MatchValue(value=value) | ast.MatchClass(cls=value):
                        self._value(value)
            if case.guard is not None:
                self._value(case.guard)
            self._steps.extend(self.block(case.body))
            blocks.append(tuple(self._steps))
            self._steps = outer
            irrefutable = (
                isinstance(case.pattern, ast.MatchAs)
                and case.pattern.pattern is None
                and case.guard is None
            )
        self._emit(Conditional(tuple(blocks), exhaustive=irrefutable))

    # -- functions and classes -----------------------------------------------

    @_statement.register(ast.FunctionDef)
    @_statement.register(ast.AsyncFunctionDef)
    def _read_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self._value(decorator) for decorator in node.decorator_list]
        arguments = node.args
        everyone = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        everyone += [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
        for annotation in (*(arg.annotation for arg in everyone), node.returns):
            if annotation is not None:
                self._value(annotation)
        value = self._function(arguments, node.body)
        self._bind(node.name, self._decorated(value, decorators))

    @_statement.register
    def _read_classdef(self, node: ast.ClassDef) -> None:
        decorators = [self._value(decorator) for decorator in node.decorator_list]
        bases = union(self._value(base) for base in node.bases)
        for keyword in node.keywords:
            self._value(keyword.value)
        steps = self.block(node.body)
        methods = {
            name: function
            for step in steps
            if isinstance(step, Bind)
            for name, value in step.pairs
            for function in value.functions
            if isinstance(function, Function)
        }
        definition = Class(frozenset(bound(steps)), steps, methods)
        self._emit(MayRun(definition))
        members = union(
            value for step in steps if isinstance(step, Bind) for _, value in step.pairs
        )
        value = AbstractValue(
            members.shares, members.carries | bases.shares, members.calls, (definition,)
        )
        self._bind(node.name, self._decorated(value, decorators))

    def _decorated(
        self, value: AbstractValue, decorators: Sequence[AbstractValue]
    ) -> AbstractValue:
        for decorator in reversed(decorators):
            call = Call(("",), decorator, None, (value,))
            self._emit(CallStep(call))
            value = AbstractValue(
                value.shares, value.carries, (*value.calls, call), value.functions
            )
        return value
