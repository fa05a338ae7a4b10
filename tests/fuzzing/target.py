"""A target: files that a repository may contain, and their readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from nbmodel.errors import NbModelError
from tests.fuzzing.mutations import damaged

Mutate = Callable[[bytes, Random], bytes]


class NotAnInput(Exception):
    """Bytes that the target cannot parse, so that nothing was read."""


@dataclass(frozen=True)
class Prepared:
    """A target in a separate process, after its imports and fits.

    Attributes
    ----------
    seeds : sequence of bytes
        Small real files.
    read : callable
        Reads an input as nbmodel does, and uses the result. It raises `NbModelError` if nbmodel
        refuses, or `NotAnInput`. Any other error is a defect.
    mutate : callable
        Changes an input and keeps its form, such as a checksum or a count.
    tokens : sequence of bytes
        Words of the format, for the dictionary of libFuzzer.
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
        Description of the files.
    prepare : str
        ``module:function`` that returns a `Prepared`; imported with the instrumentation.
    packages : tuple of str
        Packages that the fuzzer instruments.
    max_bytes : int
        Of an input.
    short_count : int
        Number of changes in the short form.
    """

    name: str
    about: str
    prepare: str
    packages: tuple[str, ...]
    max_bytes: int = 1 << 14
    short_count: int = 60


def outcome(prepared: Prepared, data: bytes) -> str:
    """Return the outcome of an input; an exception other than `NbModelError` is raised."""
    try:
        prepared.read(data)
    except NotAnInput:
        return "not an input"
    except NbModelError:
        return "refused"
    return "read"


@contextmanager
def in_use(*errors: type[Exception]):
    """Ignore ordinary errors of a loaded object in use."""
    try:
        yield
    except (*errors, ArithmeticError, IndexError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, RecursionError):
            raise
