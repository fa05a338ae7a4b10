"""Tells open panels after each cell if the registry has changed."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

from IPython.core.getipython import get_ipython


class Panel(Protocol):
    """A panel that receives changes."""

    def is_open(self) -> bool:
        """Whether a page shows it."""

    def notice(self) -> None:
        """Tell the page if the registry has changed."""


class Watch:
    """Listens to IPython's ``post_run_cell`` while a panel is open; keeps no panel alive."""

    def __init__(self) -> None:
        self._panels: WeakSet[Panel] = WeakSet()
        self._listening = False

    def add(self, panel: Panel) -> None:
        """Tell this panel too; does nothing outside IPython, where there are no cells."""
        shell = get_ipython()
        if shell is None:
            return
        self._panels.add(panel)
        if not self._listening:
            shell.events.register("post_run_cell", self._after_cell)
            self._listening = True

    def tell(self) -> None:
        """Ask every open panel to check for changes."""
        for panel in list(self._panels):
            if panel.is_open():
                panel.notice()
            else:
                self._panels.discard(panel)

    def _after_cell(self, *_: object) -> None:
        self.tell()
        if not self._panels:
            shell = get_ipython()
            shell.events.unregister("post_run_cell", self._after_cell)
            self._listening = False


WATCH = Watch()
