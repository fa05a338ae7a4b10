"""What a call does to the objects that it is given."""

from __future__ import annotations

from collections.abc import Iterable

from nbmodel.provenance.dataflow.assumptions import (
    MUTATING_FUNCTIONS,
    PROCESS_STATE,
    RETAINING_METHODS,
    SEED_FUNCTIONS,
    SETTING_PREFIXES,
)
from nbmodel.provenance.dataflow.effects import (
    AbstractObject,
    Effects,
    arguments_of,
    method_of,
    union_of_objects,
)
from nbmodel.provenance.dataflow.objects import Scope
from nbmodel.provenance.dataflow.steps import AbstractValue, Call, Function


class CallEffects(Scope):
    """Adds calls, and with them changes, to the names of a scope.

    Attributes
    ----------
    effects : Effects
        Of the cell or function body that is followed.
    """

    def __init__(self, outer: CallEffects | None, own: frozenset[str]) -> None:
        super().__init__(outer, own)
        self.effects = Effects()
        # For each condition around the current step: names it bound, and what they were.
        self._replaced: list[list[tuple[str, AbstractObject | None, set[str]]]] = []

    def _change(self, names: Iterable[str]) -> None:
        self.effects.defs |= self._with_linked(names)

    def _do(self, call: Call) -> None:
        last = call.path[-1]
        if call.receiver is not None and self._is_library(call):
            self._library(call)
            callee = AbstractObject()
        elif call.receiver is not None:
            callee = self._resolve(call.receiver)
            # Also for a fixed object: any method call counts as a definition.
            self._change(callee.names | call.receiver.shares)
            if last in RETAINING_METHODS:
                self._link_all(callee.names, self._names(call.values))
            if callee.constructor.endswith("Trainer"):
                self._change(self._names(call.values))
            method = method_of(callee, last)
            if method is not None:
                self._apply(call, method, call.receiver)
        else:
            callee = self._resolve(call.callee)
            for code in callee.functions:
                if isinstance(code, Function):
                    self._apply(call, code, None)
                    if code.closure:
                        closure_names = callee.names
                        self._change(closure_names)
                        self._link_all(closure_names, closure_names | self._names(call.values))
            name = "__call__" if callee.constructor else "__init__"
            method = method_of(callee, name)
            if method is not None:
                self._apply(call, method, call.callee if callee.constructor else AbstractValue())
        if last in MUTATING_FUNCTIONS or (last.endswith("_") and not last.endswith("__")):
            self._change(self._names(call.args[:1]))
        self._handed_on(call, callee)

    def _library(self, call: Call) -> None:
        path = call.path
        obj = self._find(path[0])
        module = obj.module if obj else ""
        package = module.partition(".")[0]
        key = self._process(path[:-1])
        if key:
            self.effects.process_state[key] = False
        elif path[-1] in SEED_FUNCTIONS:
            self.effects.process_state[f"seed of {package}"] = not self._replaced
        elif path[-1].startswith(SETTING_PREFIXES):
            self._change(
                name
                for name, other in self._variables.items()
                if other.module.partition(".")[0] == package
            )
        elif len(path) > 2 and path[-1] in RETAINING_METHODS:
            self._change({path[0]})
        elif (
            len(path) == 2
            and "." in module
            and path[-1] in RETAINING_METHODS | {"fit", "partial_fit"}
        ):
            self._change({path[0]})  # `from settings import options; options.update(...)`

    def _process(self, path: tuple[str, ...]) -> str:
        obj = self._find(path[0]) if len(path) > 1 else None
        return PROCESS_STATE.get((obj.module, path[1]), "") if obj else ""

    def _apply(self, call: Call, function: Function, receiver: AbstractValue | None) -> None:
        """Do to the arguments what the body of a notebook function does to its parameters."""
        summary = self._summary(function)
        arguments = {p: self._names(v) for p, v in arguments_of(call, function, receiver).items()}
        for param in summary.changed_params:
            self._change(arguments.get(param, frozenset()))
        for param, others in summary.retained.items():
            for other in others:
                names = arguments.get(other, frozenset())
                if other not in function.params:
                    names = frozenset({other})
                self._link_all(arguments.get(param, frozenset()), names)

    def _handed_on(self, call: Call, callee: AbstractObject) -> None:
        """A function that changes what it gets may be given any other argument: ``map(f, xs)``."""
        functions = union_of_objects([self._resolve(value) for value in call.values]).functions
        if not callee.constructor and call.path == ("",):  # delayed(f)(x)
            functions |= callee.functions
        if any(isinstance(f, Function) and self._summary(f).changed_params for f in functions):
            self._change(self._names(call.values))
