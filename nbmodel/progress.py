"""Progress bars for steps that may last over a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

DELAY = 1.0  # seconds before a bar appears
QUICK = 64 << 20  # bytes that are through before a bar would appear


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int], None] | None]:
    """Yield a function that is told the bytes done, or None where no bar can be needed.

    Parameters
    ----------
    what : str
        The step, in front of the bar.
    total : int or None
        Bytes; None if unknown.
    """
    if total is not None and total < QUICK:
        yield None
        return
    from tqdm.auto import tqdm  # costs ipywidgets' import: only for long steps

    with tqdm(
        total=total, desc=what, unit="B", unit_scale=True, delay=DELAY, leave=False
    ) as progress:
        yield progress.update


@contextmanager
def counted(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that is told what is done and what there is; a bar only if it lasts."""
    begin = time.monotonic()
    with ExitStack() as stack:
        bars: list[Any] = []

        def tell(done: int, total: int) -> None:
            if not bars and time.monotonic() - begin > DELAY:
                from tqdm.auto import tqdm  # costs ipywidgets' import: only for long steps

                bars.append(stack.enter_context(tqdm(desc=what, unit=unit, leave=False)))
            for each in bars:
                each.total = total
                each.update(done - each.n)

        yield tell
