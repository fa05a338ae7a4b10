"""``%load_ext nbmodel`` in a fresh IPython."""

from __future__ import annotations

import sys
import time

from IPython.core.interactiveshell import InteractiveShell

from benchmarks.lines import Line
from benchmarks.runner import Bench, in_turn

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


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    imported: set[str] = set()

    def once() -> list[float]:
        with bench.worker("benchmarks.groups.startup:Startup") as side:
            seconds: list[float] = side.call("load_ext")
            imported.update(side.call("heavy"))
        return seconds

    seconds = in_turn(bench.rounds(15), ours=once)["ours"]
    return [
        Line("startup", "%load_ext nbmodel in a fresh IPython", "s", seconds, target=0.1),
        Line("startup-heavy", f"the same: {', '.join(HEAVY)} imported", "modules",
             [float(len(imported))], target=0.0),
    ]  # fmt: skip
