"""The names of the author's own classes and functions in a skeleton, for the text of a refusal.

The opcodes run on placeholders: nothing is imported and no code of the skeleton runs.

`nbmodel.trust.pickle_stack` reads the same opcodes, but the two are not merged. That stack raises
at the first opcode that is not allowed, makes real values, and counts their memory. This reader
goes on after such opcodes with a placeholder, since it reads skeletons that are refused. A common
base would cost the loader a call for each opcode, which is its hot loop.
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
_POPPED_ITEMS = {"SETITEM": 2, "APPEND": 1, "BUILD": 1, "POP": 1}
_CLASS = ("cloudpickle.cloudpickle", "_make_skeleton_class")
_FUNCTION = ("nbmodel.flavors.functions", "make_function")
_MODULE_MEMBER = ("nbmodel.flavors.isolated", "member")
_NAME_INDEX, _QUALNAME_INDEX = 11, 12  # arguments of `types.CodeType`; the second since 3.11
_PYTHON_NAME = re.compile(r"<(lambda|locals|listcomp|dictcomp|setcomp|genexpr)>")
_MAX_NAMES = 100
_MAX_STEPS = 100_000


def carried_names(skeleton: bytes) -> tuple[str, ...]:
    """List the classes and functions that a skeleton carries: ``Ratio``, ``mytools.Winsor``.

    Methods are not listed beside their class. The reader stops at the first opcode that it cannot
    follow, and after `_MAX_STEPS` opcodes.

    Returns
    -------
    names : tuple of str
        Each name once.
    """
    reader = _Reader(skeleton)
    with suppress(IndexError, Malformed, UnicodeDecodeError):  # the names up to there
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
    """A stack of strings, tuples and globals; None stands for any other value."""

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
        elif name in _POPPED_ITEMS:
            del stack[-_POPPED_ITEMS[name] :]
        elif name not in ("PROTO", "FRAME", "STOP", "READONLY_BUFFER"):
            stack.append(None)

    def call(self, function: Any, arguments: Any) -> Any:
        """Note the names in a call; return a placeholder for its result."""
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
        elif pair == ("code",) and len(arguments) > _QUALNAME_INDEX:
            qualified = arguments[_QUALNAME_INDEX]
            return _Code(qualified if type(qualified) is str else arguments[_NAME_INDEX])
        return None

    def note(self, name: Any, module: Any = None) -> None:
        if _is_name(name):
            within = _is_name(module)
            self.names[f"{module}.{name}" if within else name] = None


def _is_name(value: Any) -> bool:
    """Whether Python could give such a name: a refusal must not print a sentence of the author."""
    if type(value) is not str or len(value) > 100:
        return False
    parts = (_PYTHON_NAME.sub("x", part) for part in value.split("."))
    return all(part.isidentifier() for part in parts)


class _Code:
    """A placeholder for the code object of a function."""

    def __init__(self, name: Any) -> None:
        self.name = name
