"""Expressions as steps: what is read, called and bound while a value is worked out."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatchmethod

from nbmodel.provenance.dataflow.assumptions import FIXED_CALLS
from nbmodel.provenance.dataflow.steps import (
    FIXED,
    AbstractValue,
    Bind,
    Call,
    CallStep,
    Conditional,
    Function,
    MayRun,
    ReadName,
    SetProcessState,
    Step,
    StoreInto,
    Wildcard,
    bound,
    mutable,
    reads_of,
    union,
)
from nbmodel.provenance.dataflow.syntax import (
    PROCESS_STATE_MAGICS,
    RETURN,
    TIMING_MAGICS,
    UNREADABLE,
    Magic,
    Transform,
    magic_of,
    parse,
)

_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp)


class Expressions(ABC):
    """Reads expressions; who reads statements is a subclass. `modules` is what they imported."""

    def __init__(self, transform: Transform) -> None:
        self.modules: set[str] = set()
        self._transform = transform
        self._steps: list[Step] = []
        self._globals: set[str] = set()
        self._hidden: dict[str, str] = {}  # targets of comprehensions, by a separate name for each
        self._count = 0
        self._inside = 0  # functions around what is being read

    @abstractmethod
    def block(self, nodes: Iterable[ast.stmt]) -> tuple[Step, ...]:
        """Steps of statements, apart from those read so far."""

    def _emit(self, step: Step) -> None:
        self._steps.append(step)

    def _name(self, name: str) -> str:
        return self._hidden.get(name, name)

    # -- binding -------------------------------------------------------------

    def _bind(self, name: str, value: AbstractValue) -> None:
        self._emit(Bind(((name, value),)))

    def _assign(self, target: ast.expr, value: AbstractValue) -> None:
        pairs = tuple(self._pairs(target, value))
        if pairs:
            self._emit(Bind(pairs))

    def _pairs(self, target: ast.expr, value: AbstractValue) -> Iterator[tuple[str, AbstractValue]]:
        match target:
            case ast.Name(id=name):
                yield self._name(name), value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from self._pairs(part, mutable(value))
            case ast.Starred(value=part):
                yield from self._pairs(part, mutable(value))
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                if isinstance(target, ast.Subscript):
                    self._value(target.slice)
                self._emit(StoreInto(self._value(owner), value, self._path(target)))

    def _function(self, arguments: ast.arguments, body: Sequence[ast.stmt]) -> AbstractValue:
        """The function as a value, which holds the defaults of its parameters."""
        defaults = [node for node in (*arguments.defaults, *arguments.kw_defaults) if node]
        defaults_value = union([self._value(default) for default in defaults])
        positional = tuple(arg.arg for arg in (*arguments.posonlyargs, *arguments.args))
        keyword = tuple(arg.arg for arg in arguments.kwonlyargs)
        rest = tuple(arg.arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None)
        params = {*positional, *keyword, *rest}
        hidden, self._hidden = (
            self._hidden,
            {name: alias for name, alias in self._hidden.items() if name not in params},
        )
        outer, self._globals = self._globals, set()
        self._inside += 1
        steps = self.block(body)
        self._inside -= 1
        own = frozenset((set(bound(steps)) | params) - self._globals)
        self._hidden, self._globals = hidden, outer
        function = Function(positional, keyword, rest, own, steps, self._inside > 0 or bool(hidden))
        captured = frozenset(reads_of(steps)) - own if function.closure else frozenset()
        return AbstractValue(
            defaults_value.shares | captured,
            defaults_value.carries,
            defaults_value.calls,
            (*defaults_value.functions, function),
        )

    # -- expressions ---------------------------------------------------------

    @singledispatchmethod
    def _value(self, node: ast.expr) -> AbstractValue:
        """Expressions that make a new object out of their parts."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._value(child)
        return AbstractValue()

    @_value.register
    def _(self, node: ast.Constant) -> AbstractValue:
        return FIXED

    @_value.register
    def _(self, node: ast.Name) -> AbstractValue:
        name = self._name(node.id)
        self._emit(ReadName(name))
        return AbstractValue(shares=frozenset({name}), fixed=frozenset({name}))

    @_value.register(ast.Attribute)
    @_value.register(ast.Starred)
    @_value.register(ast.Await)
    def _(self, node: ast.Attribute | ast.Starred | ast.Await) -> AbstractValue:
        return mutable(self._value(node.value))

    @_value.register
    def _(self, node: ast.Subscript) -> AbstractValue:
        value = self._value(node.value)
        self._value(node.slice)
        return mutable(value)

    @_value.register(ast.Tuple)
    @_value.register(ast.List)
    @_value.register(ast.Set)
    def _(self, node: ast.Tuple | ast.List | ast.Set) -> AbstractValue:
        contents = union([self._value(part) for part in node.elts])
        return contents if isinstance(node, ast.Tuple) else mutable(contents)

    @_value.register
    def _(self, node: ast.Dict) -> AbstractValue:
        parts = [part for part in (*node.keys, *node.values) if part is not None]
        return mutable(union([self._value(part) for part in parts]))

    @_value.register
    def _(self, node: ast.BinOp) -> AbstractValue:
        parts = (node.left, node.right)
        values = [self._value(part) for part in parts]
        fixed = union(values).fixed
        # What is joined with a list is a list, and its items go along; of other sums nothing does.
        joins = any(isinstance(part, _DISPLAYS) for part in parts)
        contents = union(values) if joins else AbstractValue()
        return AbstractValue(
            contents.shares, contents.carries, contents.calls, contents.functions, fixed
        )

    @_value.register(ast.UnaryOp)
    @_value.register(ast.Compare)
    def _(self, node: ast.UnaryOp | ast.Compare) -> AbstractValue:
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        return AbstractValue(fixed=union([self._value(part) for part in parts]).fixed)

    @_value.register
    def _(self, node: ast.JoinedStr) -> AbstractValue:
        for part in node.values:
            self._value(part)
        return FIXED

    @_value.register
    def _(self, node: ast.BoolOp) -> AbstractValue:
        first = self._value(node.values[0])
        return union([first, *(self._maybe(part) for part in node.values[1:])])

    @_value.register
    def _(self, node: ast.IfExp) -> AbstractValue:
        self._value(node.test)
        return union([self._maybe(node.body), self._maybe(node.orelse)])

    def _maybe(self, node: ast.expr) -> AbstractValue:
        """An expression that may not be evaluated: a walrus in it is conditional."""
        outer, self._steps = self._steps, []
        value = self._value(node)
        steps, self._steps = tuple(self._steps), outer
        self._emit(Conditional((steps,)))
        return value

    @_value.register
    def _(self, node: ast.NamedExpr) -> AbstractValue:
        value = self._value(node.value)
        self._bind(node.target.id, value)
        return AbstractValue(
            frozenset({node.target.id}), value.carries, value.calls, value.functions
        )

    @_value.register(ast.Yield)
    @_value.register(ast.YieldFrom)
    def _(self, node: ast.Yield | ast.YieldFrom) -> AbstractValue:
        if node.value is not None:
            self._bind(RETURN, self._value(node.value))
        return AbstractValue()

    @_value.register
    def _(self, node: ast.Lambda) -> AbstractValue:
        value = self._function(node.args, [ast.Return(value=node.body)])
        for function in value.functions:
            self._emit(MayRun(function))
        return value

    @_value.register(ast.ListComp)
    @_value.register(ast.SetComp)
    @_value.register(ast.DictComp)
    @_value.register(ast.GeneratorExp)
    def _(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> AbstractValue:
        hidden, self._hidden = self._hidden, dict(self._hidden)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        outer, self._steps = self._steps, []
        for generator in node.generators:
            items = self._value(generator.iter)
            self._count += 1
            for part in ast.walk(generator.target):
                if isinstance(part, ast.Name):
                    self._hidden[part.id] = f"{part.id}@{self._count}"
            self._assign(generator.target, mutable(items))
            for condition in generator.ifs:
                self._value(condition)
        contents = union([self._value(part) for part in parts])
        steps, self._steps, self._hidden = tuple(self._steps), outer, hidden
        self._emit(Conditional((steps,), again=True))
        late: tuple[Function, ...] = ()
        if isinstance(node, ast.GeneratorExp):  # it runs when its items are read
            late = (Function((), (), (), frozenset(bound(steps)), steps),)
        return AbstractValue(
            contents.shares, contents.carries, contents.calls, (*contents.functions, *late)
        )

    # -- calls ---------------------------------------------------------------

    def _path(self, node: ast.expr) -> tuple[str, ...]:
        match node:
            case ast.Name(id=name):
                return (self._name(name),)
            case ast.Attribute(value=owner, attr=name):
                return (*self._path(owner), name)
            case ast.Subscript(value=owner):
                return (*self._path(owner), "")
        return ("",)

    @_value.register
    def _(self, node: ast.Call) -> AbstractValue:
        magic = magic_of(node)
        if magic is not None:
            return self._magic(magic)
        receiver, callee = None, AbstractValue()
        if isinstance(node.func, ast.Attribute):
            receiver = self._value(node.func.value)
        else:
            callee = self._value(node.func)
        args: list[AbstractValue] = []
        spread: list[AbstractValue] = []
        keywords: dict[str, AbstractValue] = {}
        for arg in node.args:
            (spread if isinstance(arg, ast.Starred) else args).append(self._value(arg))
        for keyword in node.keywords:
            value = self._value(keyword.value)
            if keyword.arg is None:
                spread.append(value)
            else:
                keywords[keyword.arg] = value
        path = self._path(node.func)
        call = Call(path, callee, receiver, tuple(args), keywords, tuple(spread))
        self._emit(CallStep(call))
        fixed = isinstance(node.func, ast.Name) and node.func.id in FIXED_CALLS
        return FIXED if fixed else AbstractValue(calls=(call,))

    def _magic(self, magic: Magic) -> AbstractValue:
        for text in magic.expressions:
            self._text(text)
        if magic.name in TIMING_MAGICS:
            outer, self._steps = self._steps, []
            self._text(magic.python or "")
            steps, self._steps = tuple(self._steps), outer
            self._emit(MayRun(Function((), (), (), frozenset(bound(steps)), steps)))
        elif magic.python is not None:
            self._text(magic.python)
        for name in magic.binds:
            self._bind(name, AbstractValue())
        if magic.opaque:
            self._emit(Wildcard())
        if magic.name in PROCESS_STATE_MAGICS:
            self._emit(SetProcessState(PROCESS_STATE_MAGICS[magic.name]))
        return AbstractValue()

    def _text(self, text: str) -> None:
        """Python inside a magic; text that is none is left to the magic."""
        try:
            nodes = parse(self._transform(text)).body
        except UNREADABLE:
            return
        self._steps.extend(self.block(nodes))
