"""Parsing, as the readers of cells share it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable

Transform = Callable[[str], str]
RETURN = "@return"  # no name of Python's: what a function gives back

# What reading a cell of any text can raise; the last two for text nested beyond reason.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse(source: str) -> ast.Module:
    """Parse without the warnings that the cell gave when it ran."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)
