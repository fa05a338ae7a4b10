"""What a cell does to names, as a list of steps: the words between reader and flow.

A step knows names only. Which objects they stand for, and so what a change
reaches, depends on the cells before: `nbmodel.provenance.dataflow.flow` works that out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or lambda; its body runs where it is used, not where it is defined.

    `closure` says that it was made inside another, whose variables it holds.
    """

    positional: tuple[str, ...]
    keyword: tuple[str, ...]
    rest: tuple[str, ...]
    locals: frozenset[str]
    steps: tuple[Step, ...]
    closure: bool = False

    @property
    def params(self) -> tuple[str, ...]:
        """Every parameter's name."""
        return (*self.positional, *self.keyword, *self.rest)


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class statement; its body runs at once, its methods later."""

    locals: frozenset[str]
    steps: tuple[Step, ...]
    methods: Mapping[str, Function]


@dataclass(frozen=True, slots=True, eq=False)
class AbstractValue:
    """What the value of an expression may have to do with names.

    Attributes
    ----------
    shares : frozenset of str
        Names whose objects it may be, hold, or be a part of.
    carries : frozenset of str
        Names whose functions it may run, without sharing their objects.
    calls : tuple of Call
        CallEffects whose results it may be or hold.
    functions : tuple of Function or Class
        Notebook code it may run.
    fixed : frozenset of str or None
        It cannot be changed in place, provided these names' objects cannot;
        None where nothing is known.
    module : str
        The module or the imported object that it is.
    """

    shares: frozenset[str] = frozenset()
    carries: frozenset[str] = frozenset()
    calls: tuple[Call, ...] = ()
    functions: tuple[Function | Class, ...] = ()
    fixed: frozenset[str] | None = None
    module: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call; `path` is its dotted text, which begins with "" without a plain name.

    `receiver` is the object of a method call, `callee` the value called otherwise.
    """

    path: tuple[str, ...]
    callee: AbstractValue
    receiver: AbstractValue | None
    args: tuple[AbstractValue, ...]
    keywords: Mapping[str, AbstractValue] = field(default_factory=dict)
    spread: tuple[AbstractValue, ...] = ()

    @property
    def values(self) -> tuple[AbstractValue, ...]:
        """All arguments, however they were passed."""
        return (*self.args, *self.keywords.values(), *self.spread)


@dataclass(frozen=True, slots=True)
class ReadName:
    """`name` is read."""

    name: str


@dataclass(frozen=True, slots=True)
class Bind:
    """Names are bound, all at one time: ``a, b = b, a``."""

    pairs: tuple[tuple[str, AbstractValue], ...]


@dataclass(frozen=True, slots=True)
class Mutate:
    """The objects of `value` are changed in place."""

    value: AbstractValue


@dataclass(frozen=True, slots=True)
class StoreInto:
    """`value` becomes a part of `into`: an item, an attribute, an augmented name."""

    into: AbstractValue
    value: AbstractValue
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call is made."""

    call: Call


@dataclass(frozen=True, slots=True)
class MayRun:
    """A function or class body may run here and now."""

    code: Function | Class


@dataclass(frozen=True, slots=True)
class Conditional:
    """Blocks of which one runs, or none unless `exhaustive`; `again` for loops."""

    blocks: tuple[tuple[Step, ...], ...]
    exhaustive: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Names that cannot be known from here: ``from x import *``, ``%run``."""


@dataclass(frozen=True, slots=True)
class SetProcessState:
    """State of the process that code reads without naming it: `key` is set or added to."""

    key: str


Step = (
    ReadName
    | Bind
    | Mutate
    | StoreInto
    | CallStep
    | MayRun
    | Conditional
    | Wildcard
    | SetProcessState
)


@dataclass(frozen=True, slots=True)
class CellCode:
    """One cell as read: its steps, the modules it imports, whether it ends in a value."""

    steps: tuple[Step, ...] = ()
    modules: frozenset[str] = frozenset()
    last: AbstractValue | None = None
    readable: bool = True


FIXED = AbstractValue(fixed=frozenset())


def union(values: Iterable[AbstractValue]) -> AbstractValue:
    """The value that may be, or hold, any of `values`."""
    return reduce(_either, values, FIXED)


def _either(a: AbstractValue, b: AbstractValue) -> AbstractValue:
    return AbstractValue(
        a.shares | b.shares,
        a.carries | b.carries,
        a.calls + b.calls,
        a.functions + b.functions,
        None if a.fixed is None or b.fixed is None else a.fixed | b.fixed,
    )


def mutable(value: AbstractValue) -> AbstractValue:
    """The same, of which it is not known that it cannot be changed."""
    return AbstractValue(value.shares, value.carries, value.calls, value.functions)


def bound(steps: Iterable[Step]) -> Iterator[str]:
    """Names that steps bind, on any path."""
    for step in steps:
        if isinstance(step, Bind):
            yield from (name for name, _ in step.pairs)
        elif isinstance(step, Conditional):
            for block in step.blocks:
                yield from bound(block)


def reads_of(steps: Iterable[Step]) -> Iterator[str]:
    """Names that steps read."""
    for step in steps:
        if isinstance(step, ReadName):
            yield step.name
        elif isinstance(step, Conditional):
            for block in step.blocks:
                yield from reads_of(block)
