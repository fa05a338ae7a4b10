"""What is known of an object, what a function does, what a cell does: records of the flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from nbmodel.provenance.dataflow.steps import AbstractValue, Call, Class, Function


@dataclass(slots=True)
class Effects:
    """What one cell does to names.

    Attributes
    ----------
    uses : set of str
        Names whose value from before the cell it may read.
    defs, kills : set of str
        Names it may give a new value or state; those it certainly binds again.
    process_state : dict of str to bool
        State of the process that it sets: True if for good, False if in part.
    library : bool
        It runs imported code, which may depend on that state.
    wildcard : bool
        It may define any name.
    """

    uses: set[str] = field(default_factory=set)
    defs: set[str] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    process_state: dict[str, bool] = field(default_factory=dict)
    library: bool = False
    wildcard: bool = False


@dataclass(frozen=True, slots=True)
class AbstractObject:
    """What is known of a name's object, or of an expression's."""

    names: frozenset[str] = frozenset()
    functions: frozenset[Function | Class] = frozenset()
    constructor: str = ""
    fixed: bool = False
    module: str = ""

    def __or__(self, other: AbstractObject) -> AbstractObject:
        return AbstractObject(
            self.names | other.names,
            self.functions | other.functions,
            self.constructor or other.constructor,
            self.fixed and other.fixed,
            self.module or other.module,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSummary:
    """What running a function does, in terms of its parameters and of global names."""

    reads: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    changed_params: frozenset[str] = frozenset()
    retained: Mapping[str, frozenset[str]] = field(default_factory=dict)
    returned: frozenset[str] = frozenset()
    functions: frozenset[Function | Class] = frozenset()
    rebound: Mapping[str, AbstractObject] = field(default_factory=dict)
    linked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    process_state: Mapping[str, bool] = field(default_factory=dict)
    wildcard: bool = False

    def without(self, names: frozenset[str]) -> FunctionSummary:
        """The same, but for `names`."""
        return replace(
            self,
            reads=self.reads - names,
            effects=self.effects - names,
            retained={name: others - names for name, others in self.retained.items()},
            returned=self.returned - names,
            rebound={name: obj for name, obj in self.rebound.items() if name not in names},
            linked={n: others - names for n, others in self.linked.items() if n not in names},
        )


def union_of_objects(parts: Iterable[AbstractObject]) -> AbstractObject:
    """What is known of an object that may be any of `parts`."""
    result = AbstractObject()
    for part in parts:
        result |= part
    return result


def merge_summaries(parts: Iterable[FunctionSummary]) -> FunctionSummary:
    """What any of several functions may do to global names."""
    reads: set[str] = set()
    effects: set[str] = set()
    process_state: dict[str, bool] = {}
    rebound: dict[str, AbstractObject] = {}
    linked: dict[str, frozenset[str]] = {}
    for part in parts:
        reads |= part.reads
        effects |= part.effects
        process_state.update(part.process_state)
        for name, obj in part.rebound.items():
            rebound[name] = obj | rebound.get(name, obj)
        for name, others in part.linked.items():
            linked[name] = others | linked.get(name, frozenset())
    return FunctionSummary(
        reads=frozenset(reads),
        effects=frozenset(effects),
        rebound=rebound,
        linked=linked,
        process_state=process_state,
    )


def method_of(obj: AbstractObject, name: str) -> Function | None:
    """A method that a notebook class gives the object."""
    for code in obj.functions:
        if isinstance(code, Class) and name in code.methods:
            return code.methods[name]
    return None


def arguments_of(
    call: Call, function: Function, receiver: AbstractValue | None = None
) -> dict[str, list[AbstractValue]]:
    """Which values each parameter may get; an unpacked one may be any of them.

    A parameter that gets none has its default, which the function itself holds.
    """
    args = call.args if receiver is None else (receiver, *call.args)
    arguments: dict[str, list[AbstractValue]] = {
        param: list(call.spread) for param in function.params
    }
    for position, value in enumerate(args):
        if position < len(function.positional):
            arguments[function.positional[position]].append(value)
        else:
            for name in function.rest:
                arguments[name].append(value)
    for key, value in call.keywords.items():
        for name in (key,) if key in arguments else function.rest:
            arguments[name].append(value)
    for values in arguments.values():
        if not values or call.spread:
            values.append(call.receiver or call.callee)
    return arguments
