"""Opcode streams, nested and chained, and the child that loads them.

A stream is an expression: a global, a call of an expression, an instance, a state put into one,
a container of expressions. Half of the globals have a rule, so a stream gets past the scan and
far into the machine; the others come from everything importable. Arguments are what harms:
the path of the canary, code that makes it, other expressions.
"""

from __future__ import annotations

import random
import struct
import sys
from collections.abc import Callable
from functools import cache

from nbmodel import plugins
from nbmodel.errors import Untrusted
from nbmodel.trust.loader import UNKNOWN, load_untrusted
from tests.trust.campaign.attack import Attacker, clear_log, make_attacker
from tests.trust.campaign.importable_names import FEW_PACKAGES, pairs

FAILURES = ("error at load", "exit", "file", "process", "socket", "unpickling")
MAX_DEPTH = 5
PACKAGES = ("numpy", "scipy", "sklearn", "torch", "lightgbm", "xgboost", "nbmodel", "builtins")

Pair = tuple[str, str]


def text(value: str) -> bytes:
    """SHORT_BINUNICODE or BINUNICODE."""
    data = value.encode("utf-8", "surrogatepass")
    short = len(data) < 256
    return (b"\x8c" + bytes([len(data)]) if short else b"X" + struct.pack("<I", len(data))) + data


@cache
def allowed() -> tuple[Pair, ...]:
    """Every pair that has a rule."""
    found: set[Pair] = set()
    for package in (*PACKAGES, "functools", "collections", "datetime", "cloudpickle"):
        found |= set(plugins.rules_for(package) or ())
    return tuple(sorted(found))


class Author:
    """Writes one stream.

    Parameters
    ----------
    rng : random.Random
    canary : str
        A path that no stream may touch.
    anything : sequence of pairs
        Globals without regard to rules.
    """

    def __init__(self, rng: random.Random, canary: str, anything: list[Pair]) -> None:
        self._rng = rng
        self._canary = canary
        self._anything = anything
        self._memo = 0
        # Some streams name only what is allowed: these reach the end of the machine.
        self._strangers = rng.choice((0.0, 0.0, 0.3, 1.0))
        # Most streams use one allowed pair again and again, and others with it.
        self._near = rng.sample(allowed(), 4)

    def stream(self) -> bytes:
        """A whole pickle; now and then of a wrong form."""
        rng = self._rng
        body = self.expression(0)
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            body += self._chained(0)
        if rng.random() < 0.05:
            at = rng.randrange(len(body))
            body = body[:at] + bytes([rng.randrange(256)]) + body[at + rng.randrange(2) :]
        protocol = b"\x80\x05" if rng.random() < 0.97 else bytes([0x80, rng.randrange(6)])
        return protocol + body + b"."

    def expression(self, depth: int) -> bytes:
        """Opcodes that push one value."""
        rng = self._rng
        if depth >= MAX_DEPTH:
            return self._atom()
        makers: tuple[Callable[[int], bytes], ...] = (
            self._call, self._call, self._call, self._instance, self._built, self._container,
            self._global, self._old_forms, self._method_chain,
        )  # fmt: skip
        made = self._atom() if rng.random() < 0.25 else rng.choice(makers)(depth)
        if rng.random() < 0.3:
            made += b"\x94"
            self._memo += 1
        return made

    def _chained(self, depth: int) -> bytes:
        """What is done to the value on top."""
        rng = self._rng
        choice = rng.randrange(6)
        if choice == 0:
            return self.expression(depth + 1) + b"b"
        if choice == 1:
            return b"(" + self.expression(depth + 1) + self.expression(depth + 1) + b"u"
        if choice == 2:
            return b"(" + self.expression(depth + 1) + rng.choice((b"e", b"\x90"))
        if choice == 3:
            return self.expression(depth + 1) + b"a"
        if choice == 4:
            return self._arguments(depth + 1) + b"R"
        return self.expression(depth + 1) + self.expression(depth + 1) + b"s"

    # -- parts ---------------------------------------------------------------

    def _pair(self) -> Pair:
        rng = self._rng
        if rng.random() < self._strangers:
            return rng.choice(self._anything)
        return rng.choice(self._near) if rng.random() < 0.6 else rng.choice(allowed())

    def _global(self, depth: int) -> bytes:
        module, name = self._pair()
        if self._strangers and self._rng.random() < 0.1:
            name = self._rng.choice(
                (
                    f"{name}.__globals__",
                    f"{name}.__init__",
                    f"os.{name}",
                    "__builtins__",
                    "os.system",
                )
            )
        if self._strangers and self._rng.random() < 0.02:
            # A name that is computed: the scan must not see another one.
            return text(module) + self.expression(depth + 1) + b"\x93"
        return text(module) + text(name) + b"\x93"

    def _call(self, depth: int) -> bytes:
        return self._global(depth) + self._arguments(depth + 1) + b"R"

    def _method_chain(self, depth: int) -> bytes:
        """A call of what a call gave."""
        return self._call(depth + 1) + self._arguments(depth + 1) + b"R"

    def _instance(self, depth: int) -> bytes:
        empty = self._rng.random() < 0.6
        return self._global(depth) + (b")" if empty else self._arguments(depth + 1)) + b"\x81"

    def _built(self, depth: int) -> bytes:
        rng = self._rng
        made = self._instance(depth + 1) if rng.random() < 0.7 else self._call(depth + 1)
        return made + self._state(depth + 1) + b"b"

    def _state(self, depth: int) -> bytes:
        rng = self._rng
        if rng.random() < 0.3:
            return self._arguments(depth)
        names = (
            "__class__", "__dict__", "__setstate__", "_repr_html_", "predict", "func", "steps",
            "data", "indices", "indptr", "_shape", "dtype", "coef_", "_handle", "_Booster", "name",
            "bit_generator", "state", "_parameters", "_modules", "pyfunc", "params", "tree_",
        )  # fmt: skip
        rows = b"".join(
            text(rng.choice(names)) + self.expression(depth + 1) for _ in range(rng.randrange(4))
        )
        return b"}(" + rows + b"u"

    def _arguments(self, depth: int) -> bytes:
        count = self._rng.choice((0, 1, 1, 1, 2, 2, 3))
        return b"(" + b"".join(self.expression(depth + 1) for _ in range(count)) + b"t"

    def _container(self, depth: int) -> bytes:
        rng = self._rng
        items = [self.expression(depth + 1) for _ in range(rng.randrange(3))]
        choice = rng.randrange(5)
        if choice == 0:
            return b"](" + b"".join(items) + b"e"
        if choice == 1:
            return b"}(" + b"".join(self._atom() + item for item in items) + b"u"
        if choice == 2:
            return b"\x8f(" + b"".join(items) + b"\x90"
        if choice == 3:
            return b"(" + b"".join(items) + b"\x91"
        return b"(" + b"".join(items) + b"t"

    def _old_forms(self, depth: int) -> bytes:
        """What older picklers and hands write: GLOBAL, INST, OBJ, NEWOBJ_EX, EXT, PERSID."""
        rng = self._rng
        if not self._strangers:
            return self._container(depth)
        module, name = self._pair()
        line = f"{module}\n{name}\n".encode("utf-8", "replace")
        return rng.choice(
            (
                b"c" + line,
                b"(" + self.expression(depth + 1) + b"i" + line,
                b"(" + self._global(depth) + self.expression(depth + 1) + b"o",
                self._global(depth) + b"}\x92",
                self._global(depth) + self._arguments(depth + 1) + b"}\x92",
                b"\x82" + bytes([rng.randrange(256)]),
                b"Pid\n",
                self.expression(depth + 1) + b"Q",
                self.expression(depth + 1) + b"2",
                self.expression(depth + 1) + b"q\x00h\x00",
            )
        )

    def _atom(self) -> bytes:
        rng = self._rng
        code = f"open({self._canary!r}, 'w')"
        if self._memo and rng.random() < 0.2:
            return b"h" + bytes([rng.randrange(min(self._memo, 255))])
        return rng.choice(
            (
                text(self._canary), text(code), text(f"touch {self._canary}"), text("x"), text(""),
                text("os"), text("system"), text("__import__('os')"), b"C\x03\x00a\xff", b"C\x00",
                b"N", b"\x88", b"\x89", b"K\x00", b"K\x07", b"J\xff\xff\xff\xff",
                b"\x8a\x08" + b"\xff" * 7 + b"\x7f", b"G" + struct.pack(">d", 0.5),
                b"G" + struct.pack(">d", 1e308), b")", b"]", b"}", b"\x8f",
                text("MethodType"), text("CodeType"), text("f8"), text("O8"),
                b"\x96" + struct.pack("<Q", 4) + b"abcd", b"\x97",
            )
        )  # fmt: skip


def write(index: int, seed: int, canary: str, few: bool) -> bytes:
    """The stream of this index."""
    rng = random.Random(f"{seed}:{index}")
    return Author(rng, canary, pairs(FEW_PACKAGES) if few else pairs()).stream()


CANARY = "canary/made"  # below the child's folder: a stream is the same in every run


def prepare(scratch: str, few: bool) -> Attacker:
    """An attacker whose modules are imported: half of the streams reach what is there only."""
    attacker = make_attacker(scratch)
    allowed()
    write(0, 0, CANARY, few)
    for module, _ in allowed():
        if not few or module.partition(".")[0] in ("numpy", "sklearn", "builtins"):
            _import(module)
    return attacker


def attempt(attacker: Attacker, skeleton: bytes) -> tuple[str, str]:
    """Outcome and detail of one stream."""
    attacker.guard.seen.clear()
    with attacker.guard.watching():
        outcome, detail = _load(attacker, skeleton)
    if attacker.guard.seen:
        return attacker.guard.seen[0].partition(":")[0], attacker.guard.seen[0]
    return outcome, detail


def main(arguments: list[str]) -> None:
    """Load the streams from one index to another; write lines to standard output."""
    scratch, seed, begin, end, few = arguments
    attacker = prepare(scratch, few == "few")
    attacker.guard.confine()
    attacker.say(filtered=attacker.guard.filtered)
    for index in range(int(begin), int(end)):
        skeleton = write(index, int(seed), CANARY, few == "few")
        attacker.say(start=index)
        attacker.say(attempt={"skeleton": skeleton.hex()}, text=repr(skeleton)[:2000])
        if index % 256 == 0:
            clear_log()
            attacker.guard.allow_cpu()
        outcome, detail = attempt(attacker, skeleton)
        attacker.say(end=index, outcome=outcome, detail=detail)


def _import(module: str) -> None:
    try:
        __import__(module)
    except ImportError:
        return  # of another release of the library


def _load(attacker: Attacker, skeleton: bytes) -> tuple[str, str]:
    try:
        loaded = load_untrusted(skeleton, [memoryview(bytearray(64))] * (b"\x97" in skeleton), "m")
    except Untrusted as error:
        scanned = not any(finding.startswith(UNKNOWN) for finding in error.findings)
        return "refused by the scan" if scanned else "refused by the machine", ""
    except Exception as error:  # noqa: BLE001
        return "error at load", f"{type(error).__name__} {error}"[:300]
    attacker.say(use="repr")
    try:
        repr(loaded)
        bool(loaded)
        len(loaded) if hasattr(type(loaded), "__len__") else hash(loaded)
        del loaded
    except Exception:  # noqa: BLE001 - whatever Python says of a wrong value
        return "loaded, error", ""
    except BaseException as error:  # noqa: BLE001
        return "exit", f"{type(error).__name__} {error}"[:300]
    return "loaded", ""


if __name__ == "__main__":
    main(sys.argv[1:])
