"""A pickle machine that builds only what a rule allows.

It runs the opcodes that a protocol 5 pickler writes, and no others. A global is a pair of module
and name with a `Rule`. REDUCE, NEWOBJ, BUILD and SETITEMS go through that rule, except on plain
containers. The checks of finished objects run after the last opcode: by then the stream can no
longer change them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbmodel.plugins import rules_for
from nbmodel.trust.opcodes import CANONICAL, CODES, Malformed, walk
from nbmodel.trust.pickle_stack import INSTANCE_BYTES, Stack
from nbmodel.trust.rules import GlobalEntry, require
from nbmodel.trust.sharing import check_owners, check_sharing

if TYPE_CHECKING:
    from collections.abc import Sequence


class Machine(Stack):
    """The stack, the rules in use, and every instance that a rule has made."""

    def __init__(self, skeleton: bytes, buffers: Sequence[memoryview]) -> None:
        super().__init__(skeleton, buffers)
        self._names: dict[tuple[str, str], GlobalEntry] = {}
        self._values: dict[int, GlobalEntry] = {}
        self._instances: dict[int, tuple[Any, GlobalEntry]] = {}
        self._built_ids: set[int] = set()
        self._claimed: dict[int, Any] = {}
        self._later: list[Callable[[], None]] = []

    def run(self) -> Any:
        """Run the whole pickle, then every check; return the object."""
        for code, start, end in walk(self._data):
            _HANDLERS[code](self, start, end)
        require(
            len(self._stack) == 1 and not self._marks, "a pickle that leaves objects on its stack"
        )
        require(
            self._pending == 0, "a function or class as a value, where only a call of it is allowed"
        )
        require(not self._buffers, f"a version with {len(self._buffers)} unused buffers")
        if self._shares:
            check_sharing(self._stack[0], len(self._data), self._buffer_bytes)
            check_owners(
                (instance for instance, _ in self._instances.values()), self._shared_arrays
            )
        for check in self._later:
            check()
        # In reverse: parts are mostly made after the object that holds them, and are checked first.
        for instance, entry in reversed(self._instances.values()):
            if entry.rule.check is not None:
                entry.rule.check(instance)
        return self._stack[0]

    # -- bookkeeping ---------------------------------------------------------

    def _push_global(self, entry: GlobalEntry) -> None:
        if entry.rule.value:
            self._stack.append(entry.target)
        else:
            self._pending += 1
            self._stack.append(entry)

    def _global_of(self, value: Any, use: str) -> GlobalEntry:
        """Return the rule of a function that is called, or of a class that is instantiated."""
        if type(value) is GlobalEntry:
            self._pending -= 1
            return value
        entry = self._values.get(id(value))
        if entry is None:
            raise ValueError(
                f"{use} of a {type(value).__name__}, which is not a named class or function"
            )
        return entry

    def _record(self, instance: Any, entry: GlobalEntry) -> None:
        rule = entry.rule
        self._charge(INSTANCE_BYTES)
        if rule.build is not None or rule.check is not None or rule.fill is not None:
            self._instances[id(instance)] = instance, entry

    def _rule_of(self, instance: Any, what: str) -> GlobalEntry:
        pair = self._instances.get(id(instance))
        if pair is None:
            raise ValueError(f"{what} that are set on a {type(instance).__name__}")
        return pair[1]

    def _fill_instance(self, target: Any, pairs: list[tuple[Any, Any]]) -> None:
        entry = self._rule_of(target, "items")
        if entry.rule.fill is None:
            raise ValueError(f"items that are set on a {entry.name}")
        entry.rule.fill(target, pairs)

    # -- globals, calls and instances ------------------------------------------

    def _do_stack_global(self, start: int, end: int) -> None:
        name = self._stack.pop()
        pair = (self._stack.pop(), name)
        entry = self._names.get(pair)
        if entry is None:
            entry = self._names[pair] = _find(*pair)
            if entry.target is not None:
                self._values[id(entry.target)] = entry
        self._push_global(entry)

    def _do_reduce(self, start: int, end: int) -> None:
        args = self._stack.pop()
        self._call(self._global_of(self._stack.pop(), "a call"), args)

    def _call(self, entry: GlobalEntry, args: Any) -> None:
        if entry.rule.call is None or type(args) is not tuple:
            raise ValueError(f"{entry.name}() with arguments that are not allowed")
        self._claim(args)
        result = entry.rule.call(*args)
        if type(result) is GlobalEntry:
            self._push_global(result)
            return
        self._record(result, entry)
        self._stack.append(result)

    def _claim(self, args: tuple[Any, ...]) -> None:
        """Let writable memory belong to one object: a second could change it after the check."""
        for item in args:
            if type(item) is memoryview or type(item) is bytearray:
                require(id(item) not in self._claimed, "one buffer that two objects share")
                self._claimed[id(item)] = item

    def _do_newobj(self, start: int, end: int) -> None:
        args = self._stack.pop()
        if type(args) is tuple and args:
            self._call(self._global_of(self._stack.pop(), "an instance"), args)
            return
        entry = self._global_of(self._stack.pop(), "an instance")
        require(entry.rule.new and args == (), f"an empty {entry.name}")
        instance = entry.target.__new__(entry.target)
        self._record(instance, entry)
        self._stack.append(instance)

    def _do_build(self, start: int, end: int) -> None:
        state = self._stack.pop()
        instance = self._stack[-1]
        entry = self._rule_of(instance, "attributes")
        if entry.rule.build is None:
            raise ValueError(f"attributes that are set on a {entry.name}")
        require(
            id(instance) not in self._built_ids, f"attributes that are set twice on a {entry.name}"
        )
        self._built_ids.add(id(instance))
        later = entry.rule.build(instance, state)
        if later is not None:
            self._later.append(later)


def _find(module: object, name: object) -> GlobalEntry:
    """Return the rule of a pair, with the object if the rule needs it."""
    require(type(module) is str and type(name) is str, "a global whose name is not a string")
    module, name = str(module), str(name)
    table = rules_for(module.partition(".")[0])
    rule = None if table is None else table.get((module, name))
    if rule is None:  # the scan refuses these too, but the loader does not rely on it
        raise Malformed(f"{module}.{name}")
    if not (rule.value or rule.new):
        return GlobalEntry(f"{module}.{name}", rule)
    try:
        target = reduce(getattr, name.split("."), import_module(module))
    except (ImportError, AttributeError) as error:
        raise Malformed(f"{module}.{name}, which is not in the installed version") from error
    return GlobalEntry(f"{module}.{name}", rule, target)


Handler = Callable[[Machine, int, int], None]


def _refuse(machine: Machine, start: int, end: int) -> None:
    """Refuse any other opcode. The scan does so too, but the machine does not rely on it."""
    raise Malformed(f"an opcode that no protocol 5 pickler writes (before byte {start})")


def _handlers() -> list[Handler]:
    handlers: list[Handler] = [_refuse] * 256
    for name in CANONICAL:
        handlers[CODES[name]] = getattr(Machine, f"_do_{name.lower()}")
    return handlers


_HANDLERS = _handlers()
