"""Progress bars for steps that may take longer than a second.

If the output stream of a bar has ended (``2>&1 | head``), the work continues without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

DELAY_SECONDS = 1.0  # a bar appears after this time
MIN_BYTES = 64 << 20  # less is done before a bar would appear

_is_silent: ContextVar[bool] = ContextVar("_is_silent", default=False)


@contextmanager
def silent() -> Iterator[None]:
    """Draw no bar in this block, because no cell and no terminal is there to show it."""
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int], None] | None]:
    """Yield a function to call with the bytes done, or None if no bar is needed.

    Parameters
    ----------
    what : str
        The name of the step, in front of the bar.
    total : int or None
        Bytes; None if unknown.
    """
    if _is_silent.get() or (total is not None and total < MIN_BYTES):
        yield None
        return
    with _Bar() as progress_bar:
        progress_bar.open(total=total, desc=what, unit="B", unit_scale=True, delay=DELAY_SECONDS)
        yield progress_bar.add


@contextmanager
def counted(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with ``(count, total)``. A bar appears only if the step is slow."""
    begin = time.monotonic()
    with _Bar() as progress_bar:

        def report(count: int, total: int) -> None:
            if not progress_bar.is_open and time.monotonic() - begin > DELAY_SECONDS:
                progress_bar.open(desc=what, unit=unit)
            progress_bar.reach(count, total)

        yield report


class _Bar:
    """A bar of tqdm once it is opened; a context manager that closes it."""

    def __init__(self) -> None:
        self.is_open = False
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw(lambda bar: bar.close())

    def open(self, **options: Any) -> None:
        from tqdm.auto import tqdm  # it imports ipywidgets, so only for long steps

        self.is_open = True
        try:
            self._bar = tqdm(leave=False, **options)
        except BrokenPipeError:  # tqdm draws at once
            self._bar = None

    def add(self, size: int) -> None:
        self._draw(lambda bar: bar.update(size))

    def reach(self, count: int, total: int) -> None:
        def draw(bar: Any) -> None:
            bar.total = total
            bar.update(count - bar.n)

        self._draw(draw)

    def _draw(self, draw: Callable[[Any], object]) -> None:
        if self._bar is not None:
            try:
                draw(self._bar)
            except BrokenPipeError:
                self._bar.disable = True  # otherwise, tqdm closes it at the end of the process
                self._bar = None
