"""A fresh IPython; imports nothing that ``%load_ext nbmodel`` might be glad to find imported."""

from __future__ import annotations

import sys
import time

from IPython.core.interactiveshell import InteractiveShell

HEAVY = ("sklearn", "pandas", "plotly", "ipywidgets", "torch")


class Startup:
    """One IPython; good for one measurement."""

    def __init__(self) -> None:
        self.shell = InteractiveShell.instance()

    def load_ext(self) -> list[float]:
        """Load the extension."""
        begin = time.perf_counter()
        self.shell.run_line_magic("load_ext", "nbmodel")
        seconds = time.perf_counter() - begin
        if self.shell.find_line_magic("model_commit") is None:
            raise RuntimeError("%load_ext nbmodel registered no magics")
        return [seconds]

    def heavy(self) -> list[str]:
        """What must not have been imported, but was."""
        return [name for name in HEAVY if name in sys.modules]
