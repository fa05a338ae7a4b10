"""A target: files as a repository may hold them, and the readers that meet them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from nbmodel.errors import NbModelError
from tests.fuzzing.mutations import damaged

Mutate = Callable[[bytes, Random], bytes]


class NotAnInput(Exception):
    """Bytes that the target cannot take apart: nothing was read."""


@dataclass(frozen=True)
class Prepared:
    """A target in a process of its own, its imports and fits done.

    Attributes
    ----------
    seeds : sequence of bytes
        Real files, small.
    read : callable
        Reads an input as nbmodel does, and uses what was read; raises `NbModelError` where
        nbmodel refuses, `NotAnInput`, or whatever is a defect.
    mutate : callable
        An input with a change that keeps its form, as a checksum or a count.
    tokens : sequence of bytes
        Words of the format, for libFuzzer's dictionary.
    """

    seeds: Sequence[bytes]
    read: Callable[[bytes], None]
    mutate: Mutate = damaged
    tokens: Sequence[bytes] = ()


@dataclass(frozen=True)
class Target:
    """A row of the table.

    Attributes
    ----------
    name : str
    about : str
        What is read.
    prepare : str
        ``module:function`` that gives a `Prepared`; imported under the fuzzer's instruments.
    packages : tuple of str
        What the fuzzer instruments.
    max_bytes : int
        Of an input.
    few : int
        Changes in the short form.
    """

    name: str
    about: str
    prepare: str
    packages: tuple[str, ...]
    max_bytes: int = 1 << 14
    few: int = 60


def outcome(prepared: Prepared, data: bytes) -> str:
    """What an input comes to; any other exception than ours goes on."""
    try:
        prepared.read(data)
    except NotAnInput:
        return "not an input"
    except NbModelError:
        return "refused"
    return "read"


@contextmanager
def in_use(*errors: type[Exception]):
    """An ordinary error is how a loaded object says that it is wrong; ours is one everywhere."""
    try:
        yield
    except (*errors, ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, RecursionError):
            raise
