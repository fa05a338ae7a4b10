"""The names of the user's own classes and functions in a skeleton, for a refusal that names them.

The opcodes are followed with stand-ins for what they would make: nothing is imported, nothing
runs. What the stream does beyond that is a matter of the loader, which does not rely on this.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from typing import Any

from nbmodel.trust.opcodes import CODES, Malformed, walk

_NAME = {code: name for name, code in CODES.items()}
_STRINGS = frozenset(("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"))
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_POPS = {"SETITEM": 2, "APPEND": 1, "BUILD": 1, "POP": 1}
_CLASS = ("cloudpickle.cloudpickle", "_make_skeleton_class")
_FUNCTION = ("nbmodel.flavors.functions", "make_function")
_MODULE_MEMBER = ("nbmodel.flavors.isolated", "member")
_CODE_NAME, _CODE_QUALIFIED = 11, 12  # arguments of `types.CodeType`; the second since 3.11
_MADE_UP = re.compile(r"<(lambda|locals|listcomp|dictcomp|setcomp|genexpr)>")
_MAX_NAMES = 100
_MAX_STEPS = 100_000


def carried_names(skeleton: bytes) -> tuple[str, ...]:
    """Classes and functions that travel with the model, each once: ``Ratio``, ``mytools.Winsor``.

    Methods go under their class. A stream is followed as far as that is possible, and no further
    than `_MAX_STEPS`.
    """
    reader = _Reader(skeleton)
    with suppress(IndexError, Malformed, UnicodeDecodeError):  # the names so far
        reader.run()
    classes = {name.rpartition(".")[2] for name in reader.names}
    names = (name.rpartition("<locals>.")[2] for name in reader.names)
    return tuple(
        dict.fromkeys(
            name.replace("<lambda>", "a lambda")
            for name in names
            if "." not in name or name.partition(".")[0] not in classes
        )
    )


class _Reader:
    """A stack of strings, tuples and globals; None is anything else."""

    def __init__(self, skeleton: bytes) -> None:
        self.data = skeleton
        self.names: dict[str, None] = {}
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: list[Any] = []

    def run(self) -> None:
        for code, start, end in islice(walk(self.data), _MAX_STEPS):
            self.step(_NAME[code], self.data[start:end])
            if len(self.names) >= _MAX_NAMES:
                return

    def step(self, name: str, operand: bytes) -> None:
        stack = self.stack
        if name in _STRINGS:
            stack.append(operand.decode())
        elif name in _TUPLES:
            size = _TUPLES[name]
            stack[len(stack) - size :] = [tuple(stack[len(stack) - size :])]
        elif name == "MARK":
            self.marks.append(stack)
            self.stack = []
        elif name in ("TUPLE", "FROZENSET"):
            items, self.stack = tuple(stack), self.marks.pop()
            self.stack.append(items)
        elif name in ("APPENDS", "SETITEMS", "ADDITEMS", "POP_MARK"):
            self.stack = self.marks.pop()
        elif name == "MEMOIZE":
            self.memo.append(stack[-1])
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self.memo[int.from_bytes(operand, "little")])
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(("global", module, attribute))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, function = stack.pop(), stack.pop()
            stack.append(self.call(function, arguments) if name == "REDUCE" else None)
        elif name in _POPS:
            del stack[-_POPS[name] :]
        elif name not in ("PROTO", "FRAME", "STOP", "READONLY_BUFFER"):
            stack.append(None)

    def call(self, function: Any, arguments: Any) -> Any:
        """What a call makes, as far as names go; note the names."""
        if type(function) is not tuple or type(arguments) is not tuple or len(arguments) < 1:
            return None
        pair = function[1:] if len(function) == 3 and function[0] == "global" else function
        if pair == _CLASS and len(arguments) > 1:
            self.note(arguments[1])
        elif pair == _MODULE_MEMBER and len(arguments) > 1:
            self.note(arguments[1], arguments[0])
        elif pair == _FUNCTION and type(arguments[0]) is _Code:
            self.note(arguments[0].name)
        elif pair == ("cloudpickle.cloudpickle", "_builtin_type") and arguments == ("CodeType",):
            return ("code",)
        elif pair == ("code",) and len(arguments) > _CODE_QUALIFIED:
            qualified = arguments[_CODE_QUALIFIED]
            return _Code(qualified if type(qualified) is str else arguments[_CODE_NAME])
        return None

    def note(self, name: Any, module: Any = None) -> None:
        if _is_name(name):
            within = _is_name(module)
            self.names[f"{module}.{name}" if within else name] = None


def _is_name(value: Any) -> bool:
    """Whether Python could have given this name: a refusal prints no sentence of the maker's."""
    if type(value) is not str or len(value) > 100:
        return False
    parts = (_MADE_UP.sub("x", part) for part in value.split("."))
    return all(part.isidentifier() for part in parts)


class _Code:
    """A code object that a function is made of."""

    def __init__(self, name: Any) -> None:
        self.name = name
