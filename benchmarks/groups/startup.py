"""``%load_ext nbmodel`` in a fresh IPython."""

from __future__ import annotations

from benchmarks.ipython_side import HEAVY
from benchmarks.measurements import Line
from benchmarks.runner import Bench


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    imported: set[str] = set()

    def once() -> list[float]:
        with bench.worker("benchmarks.ipython_side:Startup") as side:
            seconds: list[float] = side.call("load_ext")
            imported.update(side.call("heavy"))
        return seconds

    seconds = bench.in_turn(15, ours=once)["ours"]
    return [
        Line("startup", "%load_ext nbmodel in a fresh IPython", "s", seconds, target=0.1),
        Line("startup-heavy", f"the same: {', '.join(HEAVY)} imported", "modules",
             [float(len(imported))], target=0.0),
    ]  # fmt: skip
