"""Tells open panels after each cell that the registry changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from nbmodel.widgets.panel import RegistryPanel


class Watch:
    """Hears IPython's ``post_run_cell`` for as long as a panel is open, and keeps none alive."""

    def __init__(self) -> None:
        self._panels: WeakSet[RegistryPanel] = WeakSet()
        self._listening = False

    def add(self, panel: RegistryPanel) -> None:
        """Tell this panel too; outside IPython there are no cells to hear of."""
        shell = get_ipython()
        if shell is None:
            return
        self._panels.add(panel)
        if not self._listening:
            shell.events.register("post_run_cell", self._after_cell)
            self._listening = True

    def tell(self) -> None:
        """Have every open panel look whether something changed."""
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
