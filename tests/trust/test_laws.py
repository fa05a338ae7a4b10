"""Time and memory of loading a stranger's file are bounded by its size (G12 and its siblings).

Laws: a load of n bytes takes at most `TIME_BASE_S` + `TIME_PER_MB_S` a megabyte of processor time,
and `BASE_MEMORY_BYTES` + `MEMORY_PER_BYTE` x n bytes of memory besides its buffers. A file that
would take more is refused.

Kinds: hashes that are equal (integers, tuples made for it, sets of such, complex numbers, scalars
of numpy); many references to one large thing that a check walks; objects that cost far more than
the bytes that ask for them. Each runs in a child whose processor time is limited by the system.

Nothing is drawn: there is no seed. A failure is shown at the least count of things at which it
still fails, halved again and again, with the command that repeats it.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.trust.crafted import in_subprocess

TIME_BASE_S = 12  # imports among them, on a busy machine
TIME_PER_MB_S = 4
BASE_MEMORY_BYTES = 512 << 20
MEMORY_PER_BYTE = 40

_HEAD = f"""
import resource, struct, sys
import numpy as np
import sklearn.base
from scipy import sparse
from nbmodel.errors import Untrusted
from nbmodel.flavors.pickling import dump
from nbmodel.trust.loader import load_untrusted

P = (1 << 61) - 1
def stream(*parts):
    return b"\\x80\\x05" + b"".join(parts) + b"."
def integer(n):
    data = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return b"\\x8a" + bytes([len(data)]) + data
def ints(numbers):
    return b"".join(map(integer, numbers))
def check(skeleton, buffers=()):
    size = len(skeleton) + sum(len(b) for b in buffers)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    allowed = {TIME_BASE_S} + {TIME_PER_MB_S} * size / 1e6
    spent = usage.ru_utime + usage.ru_stime
    limit = int(spent + allowed) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    before = usage.ru_maxrss
    try:
        load_untrusted(skeleton, [memoryview(bytearray(b)) for b in buffers], "m")
        print("loaded")
    except Untrusted as error:
        print("refused", error.findings)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown <= {BASE_MEMORY_BYTES} + {MEMORY_PER_BYTE} * size, grown
"""

_TUPLES = """
M = (1 << 64) - 1
P1, P2, P5 = 11400714785074694791, 14029467366897019727, 2870177450012600261
I1, I2 = pow(P1, -1, 1 << 64), pow(P2, -1, 1 << 64)
def rot(x, n):
    return ((x << n) | (x >> (64 - n))) & M
def lane(acc, h):
    return rot((acc + h * P2) & M, 31) * P1 & M
def colliding(count):
    '''Pairs of integers whose tuple has one hash: the second is solved for (xxHash of CPython).'''
    wanted = 12345678901234567
    before_last = rot(wanted * I1 & M, 64 - 31)
    found, a = [], 1
    while len(found) < count:
        a += 1
        h = (before_last - lane(P5, a)) * I2 & M
        if h >= 1 << 63:
            h -= 1 << 64
        if abs(h) < P and h != -1:
            found.append((a, h))
    assert len({hash(pair) for pair in found}) == 1
    return found
"""

# Floats hash by their value modulo P: almost any hash has a float, and no long integer is needed.
_FLOATS = (
    _TUPLES
    + """
def as_float(h):
    '''A float of this hash, or None.'''
    if not -P < h < P or h == -1:
        return None
    sign, h = (-1, -h) if h < 0 else (1, h)
    for shift in range(61):
        m = (h << shift | h >> (61 - shift)) & P
        if m < 1 << 53:
            x = float(m) / 2.0**shift * sign
            return x if hash(x) == sign * h else None
    return None
def signed(h):
    return h - (1 << 64) if h >= 1 << 63 else h
def binfloat(x):
    return b"G" + struct.pack(">d", x)
def pairs(count):
    before_last, a, found = rot(12345678901234567 * I1 & M, 64 - 31), 1, []
    while len(found) < count:
        a += 1
        x = as_float(signed((before_last - lane(P5, a)) * I2 & M))
        if x is not None:
            found.append((a, x))
    assert len({hash(pair) for pair in found}) == 1
    return found
def complexes(count):
    found, y = [], 0
    while len(found) < count:
        y += 1
        x = as_float(signed((987654321987654321 - 1000003 * y) & M))
        if x is not None:
            found.append(complex(x, y))
    assert len(set(map(hash, found))) == 1
    return found
def unshuffle(h):
    x = h * pow(3644798167, -1, 1 << 64) & M ^ 89869747
    x ^= x << 16 & M
    return x ^ (x << 32 & M)
def shuffle(h):
    return ((h ^ 89869747) ^ (h << 16)) * 3644798167 & M
def frozen(count):
    found, a = [], 1
    while len(found) < count:
        a += 1
        x = as_float(signed(unshuffle(1234567890987654321 ^ shuffle(a))))
        if x is not None:
            found.append((a, x))
    assert len({hash(frozenset(pair)) for pair in found}) == 1
    return found
def small(a):
    return b"J" + struct.pack("<i", a)
"""
)

EQUAL_HASHES = {
    "tuples with floats": (
        _FLOATS + "check(stream(b'\\x8f(', b''.join(small(a) + binfloat(x) + b'\\x86'"
        " for a, x in pairs(n)), b'\\x90'))"
    ),
    "frozensets with floats": (
        _FLOATS + "check(stream(b'\\x8f(', b''.join(b'(' + small(a) + binfloat(x) + b'\\x91'"
        " for a, x in frozen(n)), b'\\x90'))"
    ),
    "complex numbers": (
        _FLOATS
        + "check(stream(b'\\x8c\\x08builtins\\x8c\\x07complex\\x93\\x940\\x8f(', b''.join(b'h\\x00'"
        " + binfloat(z.real) + binfloat(z.imag) + b'\\x86R' for z in complexes(n)), b'\\x90'))"
    ),
    "scalars of numpy": (
        _FLOATS + "taken = dump([np.complex128(z) for z in complexes(n)])\n"
        "body = taken.skeleton[2:-1]\n"
        "check(stream(b'\\x8c\\x08builtins\\x8c\\x03set\\x93', body, b'\\x85R'))"
    ),
    "set of ints": "check(stream(b'\\x8f(', ints(i * P for i in range(1, n)), b'\\x90'))",
    "frozenset of ints": "check(stream(b'(', ints(i * P for i in range(1, n)), b'\\x91'))",
    "set of negative ints": "check(stream(b'\\x8f(', ints(-i * P for i in range(1, n)), b'\\x90'))",
    "dict of ints": (
        "check(stream(b'}(', b''.join(integer(i * P) + b'N' for i in range(1, n)), b'u'))"
    ),
    "dict of ints one by one": (
        "check(stream(b'}', b''.join(integer(i * P) + b'Ns' for i in range(1, n))))"
    ),
    "sets one by one": (
        "check(stream(b'\\x8f', b''.join(b'(' + integer(i * P) + b'\\x90' for i in range(1, n))))"
    ),
    "tuples": (
        _TUPLES
        + "check(stream(b'\\x8f(', b''.join(ints(p) + b'\\x86' for p in colliding(n)), b'\\x90'))"
    ),
    "tuples in a dict": (
        _TUPLES + "check(stream(b'}(', b''.join(ints(p) + b'\\x86N' for p in colliding(n)), b'u'))"
    ),
    "frozensets": (
        "check(stream(b'\\x8f(', b''.join(b'(' + integer(i * P) + b'\\x91' for i in range(1, n)),"
        " b'\\x90'))"
    ),
    "tuples of ints": (
        "check(stream(b'\\x8f(', b''.join(integer(i * P) + b'\\x85' for i in range(1, n)),"
        " b'\\x90'))"
    ),
    "values of an estimator": (
        "check(stream(b'\\x8c\\x1bsklearn.preprocessing._data\\x8c\\x0eStandardScaler\\x93)\\x81',"
        " b'}\\x8c\\x01a}(', b''.join(integer(i * P) + b'N' for i in range(1, n)), b'usb'))"
    ),
    "OrderedDict": (
        "check(stream(b'\\x8c\\x0bcollections\\x8c\\x0bOrderedDict\\x93)R(',"
        " b''.join(integer(i * P) + b'N' for i in range(1, n)), b'u'))"
    ),
}

SHARED = {
    "one array in many arrays": """
inner = np.empty(n, object)
outer = [np.empty(1, object) for _ in range(n)]
for array in outer: array[0] = inner
taken = dump(outer); check(taken.skeleton, taken.buffers)
""",
    "one dtype of many fields in many arrays": """
kind = np.dtype([(f"f{i}", "i4") for i in range(n // 20)])
taken = dump([np.zeros(1, kind) for _ in range(n // 20)]); check(taken.skeleton, taken.buffers)
""",
    "one index in many matrices": """
one = sparse.csr_matrix(np.ones((n // 100, 100)))
def same():
    other = sparse.csr_matrix((0, 0))
    vars(other).update(vars(one))
    return other
taken = dump([same() for _ in range(n // 2)]); check(taken.skeleton, taken.buffers)
""",
    "lists in lists": """
body = b"]\\x94"
for level in range(200):
    body += b"0](" + (b"h" + bytes([level])) * 100 + b"e\\x94"
check(stream(body))
""",
    "tuples in keys": """
body = b")\\x94"
for level in range(7):
    body += b"0(" + (b"h" + bytes([level])) * 250 + b"t\\x94"
check(stream(b"}", body, b"Ns"))
""",
}

COSTLY = {
    "sets": "check(stream(b'(', b'\\x8f' * (n * 10), b'l'))",
    "seeds": """
body = b"](" + b"\\x8c\\x1anumpy.random.bit_generator\\x8c\\x0cSeedSequence\\x93" * n + b"e"
check(stream(body))
""",
    "generators": """
from numpy.random import PCG64
one = b"\\x8c\\x14numpy.random._pickle\\x94\\x8c\\x14__bit_generator_ctor\\x94\\x93\\x94"
body = b"](" + one + b"\\x8c\\x05PCG64\\x94\\x85R" + b"h\\x02h\\x03\\x85R" * n + b"e"
check(stream(body))
""",
    "empty tuples": "check(stream(b'](', b'))' * (n * 10), b'e'))",
    "range": "check(stream(b'\\x8c\\x08builtins\\x8c\\x05range\\x93J\\xff\\xff\\xff\\x7f\\x85R'))",
}


CASES = {**EQUAL_HASHES, **SHARED, **COSTLY}


def run(code: str, count: int) -> str:
    return in_subprocess(_HEAD + f"n = {count}\n" + code)


def failure(kind: str, count: int) -> str:
    """How a case breaks its law; empty if it does not. What came of it is printed."""
    try:
        print(f"{kind}, {count:,}: {run(CASES[kind], count)[:200].strip()}")
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return str(error) or type(error).__name__
    return ""


def holds(kind: str, count: int) -> None:
    """The law holds; else the least count at which it breaks."""
    wrong = failure(kind, count)
    while wrong and count > 1 and (smaller := failure(kind, count // 2)):
        count, wrong = count // 2, smaller
    again = f"python -m tests.trust.test_laws {kind!r} {count}"
    assert not wrong, f"{kind}, {count:,} of them: {wrong}\n{again}"


@pytest.mark.parametrize("kind", EQUAL_HASHES)
@pytest.mark.stress
def test_equal_hashes(kind: str) -> None:
    """Two hundred thousand keys of one hash: minutes, where each is compared with each."""
    holds(kind, 200_000)


@pytest.mark.parametrize("kind", SHARED)
@pytest.mark.stress
def test_many_references_to_one_thing(kind: str) -> None:
    holds(kind, 100_000)


@pytest.mark.parametrize("kind", COSTLY)
@pytest.mark.stress
def test_objects_that_cost_more_than_their_bytes(kind: str) -> None:
    holds(kind, 300_000)


def test_the_law_at_a_glance() -> None:
    """One of each kind, in one child."""
    names = ("set of ints", "tuples with floats", "complex numbers", "lists in lists")
    try:
        said = run("\n".join(CASES[name] for name in names), 12_000)
    except (AssertionError, subprocess.TimeoutExpired):
        for name in names:
            holds(name, 12_000)
        raise  # each alone is well
    print(f"{', '.join(names)}, 12,000 of each: {said.count('refused')} refused")
    assert said.count("refused") == 4


if __name__ == "__main__":
    print(failure(sys.argv[1], int(sys.argv[2])) or "the law holds")
