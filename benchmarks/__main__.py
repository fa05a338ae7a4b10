"""``python -m benchmarks``: measure, print, keep.

Each group of lines runs its sides in turn, A B A B, and reports medians. What
was measured lands in ``results.json`` and in the table of ``README.md``.
"""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine, report
from benchmarks.measurements import Line, table
from benchmarks.runner import Bench

GROUPS = (
    "startup", "small", "forest", "arrays", "foreign", "history", "faces", "overview",
    "serving", "answering", "monitoring", "evaluation", "sharing", "buckets", "merging",
)  # fmt: skip
SCRATCH = Path(__file__).resolve().parent / ".scratch"


def main() -> None:
    """Measure the groups that were asked for."""
    options = _options()
    # Servers that were started are ended too: they are not in this process's group.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    options.folder.mkdir(parents=True, exist_ok=True)
    measured: dict[str, list[Line]] = {}
    with TemporaryDirectory(dir=options.folder.absolute()) as scratch:
        bench = Bench(Path(scratch), options.effort)
        for name in options.groups or GROUPS:
            print(f"\n{name}", flush=True)
            measured[name] = import_module(f"benchmarks.groups.{name}").measure(bench)
            print(table(measured[name]), flush=True)
        facts = machine.facts(bench.scratch)
    if not options.dry:
        report.store(measured, facts)
    missed = [line.work for lines in measured.values() for line in lines if line.met is False]
    print(f"\n{len(missed)} not met{': ' if missed else ''}{'; '.join(missed)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure nbmodel.")
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help="all, if none is named")
    parser.add_argument("--effort", type=float, default=1.0, help="factor on all rounds")
    parser.add_argument("--folder", type=Path, default=SCRATCH, help="on the disk to measure")
    parser.add_argument("--dry", action="store_true", help="print only, keep nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
