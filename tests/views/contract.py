"""Read the types in `labextension/src/view/data/`, and check answers against them."""

from __future__ import annotations

import math
import re
from pathlib import Path

DATA = Path(__file__).parents[2] / "labextension" / "src" / "view" / "data"
FILES = [
    DATA / name
    for name in (
        "answers.ts",
        "monitorReport.ts",
        "timeline.ts",
        "audit.ts",
        "evaluation.ts",
        "source.ts",
    )
]
_TOKEN = re.compile(r"'[^']*'|[A-Za-z_]\w*|\[\]|[{}\[\]()<>|?:;,=]|\S")


class Contract:
    """Interfaces and type aliases by name, as trees of tuples."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        self.names = {}
        for kind, name, start in re.findall(r"export (interface|type) (\w+)([^{;]*)", text):
            at = text.index(f"export {kind} {name}{start}") + len(f"export {kind} {name}")
            self.names[name] = (kind, text[at:])
        self.parsed = {}

    def named(self, name):
        """``(parameters with defaults, type)``."""
        if name not in self.parsed:
            kind, text = self.names[name]
            reader = _Reader(_TOKEN.findall(text))
            parameters = reader.parameters()
            if kind == "type":
                reader.expect("=")
            self.parsed[name] = (parameters, reader.type())
        return self.parsed[name]

    def members(self, name):
        """``{member: (optional, type)}`` of an interface."""
        kind, members = self.named(name)[1]
        assert kind == "object"
        return members

    def fits(self, value, kind, where="answer"):
        """Fail, naming the place, where `value` is not of a type."""
        assert self._is(value, kind, {}, where), f"{where}: {value!r} is not {kind}"

    def _is(self, value, kind, bound, where):
        head, *rest = kind
        return getattr(self, f"_{head}")(value, *rest, bound, where)

    def _union(self, value, kinds, bound, where):
        failures = []
        for kind in kinds:
            try:
                if self._is(value, kind, bound, where):
                    return True
            except AssertionError as error:
                failures.append(str(error))
        assert not failures, "; ".join(failures)
        return False

    def _literal(self, value, text, bound, where):
        return value == text

    def _array(self, value, kind, bound, where):
        if not isinstance(value, list | tuple):
            return False
        for number, item in enumerate(value):
            place = f"{where}[{number}]"
            assert self._is(item, kind, bound, place), f"{place}: {item!r} is not {kind}"
        return True

    def _tuple(self, value, kinds, bound, where):
        assert len(value) == len(kinds), f"{where}: {value!r} has not {len(kinds)} items"
        return all(self._is(v, k, bound, where) for v, k in zip(value, kinds, strict=True))

    def _object(self, value, members, bound, where):
        if not isinstance(value, dict):
            return False
        extra = value.keys() - members.keys()
        assert not extra, f"{where} has {extra}, which the contract does not know"
        for name, (optional, kind) in members.items():
            assert optional or name in value, f"{where} lacks {name!r}"
            if name in value:
                place = f"{where}.{name}"
                assert self._is(value[name], kind, bound, place), (
                    f"{place}: {value[name]!r} is not {kind}"
                )
        return True

    def _name(self, value, name, arguments, bound, where):
        if name in bound:
            return self._is(value, bound[name], {}, where)
        if name in _PLAIN:
            return _PLAIN[name](value)
        if name == "ReadonlyArray":
            return self._array(value, arguments[0], bound, where)
        if name == "Record":
            return isinstance(value, dict) and all(
                isinstance(k, str) and self._is(v, arguments[1], bound, f"{where}.{k}")
                for k, v in value.items()
            )
        parameters, kind = self.named(name)
        defaults = dict(parameters)
        inner = {p: a for (p, _), a in zip(parameters, arguments, strict=False)}
        return self._is(value, kind, defaults | inner, where)


def _number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_PLAIN = {
    "number": _number,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "unknown": lambda value: True,
    "never": lambda value: False,
}


class _Reader:
    """Reads the few forms of a type that the contract uses."""

    def __init__(self, tokens) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def token(self):
        return self.tokens[self.at]

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token):
        taken = self.take()
        assert taken == token, f"{taken!r} where {token!r} belongs"

    def accept(self, token):
        if self.token == token:
            self.at += 1
            return True
        return False

    def parameters(self):
        taken = []
        if self.accept("<"):
            while not self.accept(">"):
                name = self.take()
                taken.append((name, self.type() if self.accept("=") else None))
                self.accept(",")
        return taken

    def type(self):
        self.accept("|")
        kinds = [self.one()]
        while self.accept("|"):
            kinds.append(self.one())
        return kinds[0] if len(kinds) == 1 else ("union", kinds)

    def one(self):
        self.accept("readonly")
        kind = self.primary()
        while self.accept("[]"):
            kind = ("array", kind)
        return kind

    def primary(self):
        token = self.take()
        if token == "{":
            return ("object", self.object())
        if token == "[":
            return ("tuple", self.list("]"))
        if token.startswith("'"):
            return ("literal", token[1:-1])
        return ("name", token, self.list(">") if self.accept("<") else [])

    def list(self, end):
        taken = []
        while not self.accept(end):
            taken.append(self.type())
            self.accept(",")
        return taken

    def object(self):
        members = {}
        while not self.accept("}"):
            name = self.take()
            optional = self.accept("?")
            self.expect(":")
            members[name] = (optional, self.type())
            if not self.accept(";"):
                self.accept(",")
        return members


CONTRACT = Contract("\n".join(file.read_text("utf-8") for file in FILES))


def verbs(table):
    """``{verb: (ask, answer)}`` of ``Questions`` or ``Actions``."""
    return {
        verb: (kind[1]["ask"][1], kind[1]["answer"][1])
        for verb, (_, kind) in CONTRACT.members(table).items()
    }
