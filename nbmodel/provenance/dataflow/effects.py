"""What is known of an object, what a function does, what a cell does: records of the flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from nbmodel.provenance.dataflow.steps import Call, Class, Function, Value


@dataclass(slots=True)
class Effects:
    """What one cell does to names.

    Attributes
    ----------
    uses : set of str
        Names whose value from before the cell it may read.
    defs, kills : set of str
        Names it may give a new value or state; those it certainly binds anew.
    ambient : dict of str to bool
        State of the process that it sets: True if for good, False if in part.
    library : bool
        It runs imported code, which may depend on that state.
    star : bool
        It may define any name.
    """

    uses: set[str] = field(default_factory=set)
    defs: set[str] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    ambient: dict[str, bool] = field(default_factory=dict)
    library: bool = False
    star: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a name's object, or of an expression's."""

    names: frozenset[str] = frozenset()
    functions: frozenset[Function | Class] = frozenset()
    born: str = ""
    fixed: bool = False
    module: str = ""

    def __or__(self, other: Known) -> Known:
        return Known(
            self.names | other.names,
            self.functions | other.functions,
            self.born or other.born,
            self.fixed and other.fixed,
            self.module or other.module,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What running a function does, in terms of its parameters and of global names."""

    free: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    kept: Mapping[str, frozenset[str]] = field(default_factory=dict)
    returned: frozenset[str] = frozenset()
    functions: frozenset[Function | Class] = frozenset()
    rebound: Mapping[str, Known] = field(default_factory=dict)
    joined: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ambient: Mapping[str, bool] = field(default_factory=dict)
    star: bool = False

    def without(self, names: frozenset[str]) -> Summary:
        """The same, but for `names`."""
        return replace(
            self,
            free=self.free - names,
            effects=self.effects - names,
            kept={name: others - names for name, others in self.kept.items()},
            returned=self.returned - names,
            rebound={name: known for name, known in self.rebound.items() if name not in names},
            joined={n: others - names for n, others in self.joined.items() if n not in names},
        )


def union_of(parts: Iterable[Known]) -> Known:
    """What is known of an object that may be any of `parts`."""
    result = Known()
    for part in parts:
        result |= part
    return result


def together(parts: Iterable[Summary]) -> Summary:
    """What any of several functions may do to global names."""
    free: set[str] = set()
    effects: set[str] = set()
    ambient: dict[str, bool] = {}
    rebound: dict[str, Known] = {}
    joined: dict[str, frozenset[str]] = {}
    for part in parts:
        free |= part.free
        effects |= part.effects
        ambient.update(part.ambient)
        for name, known in part.rebound.items():
            rebound[name] = known | rebound.get(name, known)
        for name, others in part.joined.items():
            joined[name] = others | joined.get(name, frozenset())
    return Summary(
        frozenset(free), frozenset(effects), rebound=rebound, joined=joined, ambient=ambient
    )


def method_of(known: Known, name: str) -> Function | None:
    """A method that a notebook class gives the object."""
    for code in known.functions:
        if isinstance(code, Class) and name in code.methods:
            return code.methods[name]
    return None


def arguments_of(
    call: Call, function: Function, receiver: Value | None = None
) -> dict[str, list[Value]]:
    """Which values each parameter may get; an unpacked one may be any of them.

    A parameter that gets none has its default, which the function itself holds.
    """
    args = call.args if receiver is None else (receiver, *call.args)
    handed: dict[str, list[Value]] = {param: list(call.spread) for param in function.params}
    for position, value in enumerate(args):
        if position < len(function.positional):
            handed[function.positional[position]].append(value)
        else:
            for name in function.rest:
                handed[name].append(value)
    for key, value in call.keywords.items():
        for name in (key,) if key in handed else function.rest:
            handed[name].append(value)
    for values in handed.values():
        if not values or call.spread:
            values.append(call.receiver or call.callee)
    return handed
