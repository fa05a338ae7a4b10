"""Which names may share objects, and what the value of an expression may be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from nbmodel.provenance.dataflow.assumptions import CONTAINER_FUNCTIONS, VIEW_METHODS
from nbmodel.provenance.dataflow.effects import (
    AbstractObject,
    FunctionSummary,
    arguments_of,
    method_of,
    union_of_objects,
)
from nbmodel.provenance.dataflow.steps import AbstractValue, Call, Class, Function


class Scope(ABC):
    """The names of one scope; names that are not its `own` belong to `outer`."""

    def __init__(self, outer: Scope | None, own: frozenset[str]) -> None:
        self._outer = outer
        self._own = own
        self._variables: dict[str, AbstractObject] = {}
        self._links: dict[str, set[str]] = {}

    @abstractmethod
    def _summary(self, code: Function | Class) -> FunctionSummary:
        """What running a function, or a class's methods, does."""

    def _find(self, name: str) -> AbstractObject | None:
        if self._outer is None or name in self._own:
            return self._variables.get(name)
        return self._variables.get(name) or self._outer._find(name)

    def _link(self, name: str, names: Iterable[str]) -> None:
        for other in names:
            if other != name:
                self._links.setdefault(name, set()).add(other)
                self._links.setdefault(other, set()).add(name)

    def _with_linked(self, names: Iterable[str]) -> set[str]:
        result = set(names)
        for name in names:
            result |= self._links.get(name, set())
        return result

    def _link_all(self, names: Iterable[str], others: Iterable[str]) -> None:
        others = self._with_linked(others)
        for name in self._with_linked(names):
            self._link(name, others)

    # -- values --------------------------------------------------------------

    def _resolve(self, value: AbstractValue) -> AbstractObject:
        if not (value.shares or value.carries or value.calls or value.functions):
            return AbstractObject(fixed=value.fixed is not None, module=value.module)
        names, functions = set(), set(value.functions)
        constructor = module = ""
        for name in value.shares:
            obj = self._find(name)
            if obj is None:
                names.add(name)
            elif obj.module:
                # An attribute of a module may be any object; the module itself is none of ours.
                module = obj.module if value.fixed is not None else module
            else:
                functions |= obj.functions
                constructor = constructor or obj.constructor
                if not obj.fixed:
                    names.add(name)
        for name in value.carries:
            obj = self._find(name)
            functions |= obj.functions if obj else frozenset()
        fixed = value.fixed is not None and all(
            obj is not None and obj.fixed for obj in map(self._find, value.fixed)
        )
        result = AbstractObject(
            frozenset(names), frozenset(functions), constructor, fixed, value.module or module
        )
        for call in value.calls:
            result |= self._result(call)
        return result

    def _is_library(self, call: Call) -> bool:
        obj = self._find(call.path[0])
        return obj is not None and bool(obj.module)

    def _result(self, call: Call) -> AbstractObject:
        """What the result of a call may be or hold."""
        args = [self._resolve(value) for value in call.values]
        passed = frozenset(f for arg in args for f in arg.functions if isinstance(f, Function))
        everything = union_of_objects(args)
        last = call.path[-1]
        result = AbstractObject(functions=passed)
        if call.receiver is not None and not self._is_library(call):
            receiver = self._resolve(call.receiver)
            if method_of(receiver, last):
                return result | receiver | everything
            return result | receiver if last in VIEW_METHODS else result
        callee = self._resolve(call.callee)
        if callee.functions and callee.constructor:  # an instance is called
            return result | callee | everything if method_of(callee, "__call__") else result
        for code in callee.functions:
            if isinstance(code, Class):
                own = AbstractObject(callee.names, frozenset({code}), "class")
                result |= own | AbstractObject(everything.names, everything.functions)
            else:
                result |= self._returned(call, code)
        if callee.functions:
            return result
        if last in CONTAINER_FUNCTIONS:
            return result | everything
        class_name = next((part for part in call.path if part[:1].isupper()), "")
        if class_name or last.startswith("make_"):
            retained = union_of_objects([arg for arg in args if arg.constructor])
            return AbstractObject(retained.names, retained.functions | passed, class_name or last)
        return result

    def _returned(self, call: Call, function: Function) -> AbstractObject:
        summary = self._summary(function)
        arguments = arguments_of(call, function)
        names: set[str] = set()
        for name in summary.returned:
            if name in arguments:
                names |= self._names(arguments[name])
            elif name not in function.params:
                names.add(name)
        return AbstractObject(frozenset(names), summary.functions)

    def _names(self, values: Iterable[AbstractValue]) -> frozenset[str]:
        return union_of_objects([self._resolve(value) for value in values]).names
