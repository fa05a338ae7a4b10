"""One measurement: the work, what it is compared with, and its target. And the table of all."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from benchmarks.machine import MIB
from benchmarks.reasons import REASONS

Unit = Literal["s", "B", "versions/s", "requests/s", "rows/s", "modules", "requests", "shift"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: the samples of both sides for one piece of work.

    Attributes
    ----------
    key : str
        Its name in `benchmarks.reasons`.
    work : str
        The work that was measured.
    unit : str
        The unit of all samples.
    ours : list of float
    peer : str
        What it is compared with; empty if with nothing.
    theirs : list of float
        Samples of the peer, taken in turn with `ours`.
    target : float or None
        For the ratio of the medians if there is a peer, or else for the median, in `unit`.
        None if there is no target.
    at_least : bool
        Whether the target is a minimum, not a maximum.
    """

    key: str
    work: str
    unit: Unit
    ours: list[float]
    peer: str = ""
    theirs: list[float] | None = None
    target: float | None = None
    at_least: bool = False

    @property
    def value(self) -> float:
        """The number to compare with the target."""
        own = median(self.ours)
        return own / median(self.theirs) if self.theirs else own

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def reason(self) -> str:
        """Why the target is not met, from profiling."""
        return REASONS.get(self.key, "") if self.met is False else ""

    def document(self) -> dict[str, Any]:
        """Everything, for the JSON file."""
        return {
            "key": self.key,
            "work": self.work,
            "unit": self.unit,
            "nbmodel": self.ours,
            "peer": self.peer,
            "peer_samples": self.theirs,
            "value": self.value,
            "target": self.target,
            "at_least": self.at_least,
            "met": self.met,
            "reason": self.reason,
        }

    def cells(self) -> tuple[str, ...]:
        """Its row of the table."""
        theirs = (
            f"{quantity_text(median(self.theirs), self.unit)} {self.peer}" if self.theirs else ""
        )
        ratio = f"{self.value:.2f}x" if self.theirs else ""
        return (
            self.work,
            quantity_text(median(self.ours), self.unit),
            theirs,
            ratio,
            self._target(),
            {None: "", True: "met", False: "not met"}[self.met],
            self.reason,
        )

    def _target(self) -> str:
        if self.target is None:
            return ""
        bound = "at least" if self.at_least else "at most"
        number = f"{self.target:.2f}x" if self.theirs else quantity_text(self.target, self.unit)
        return f"{bound} {number}"


# The smallest number of bytes for a unit, its bytes, its name.
_SIZES = ((1000 * MIB, 1024 * MIB, "GiB"), (MIB / 10, MIB, "MiB"), (0, 1024, "KiB"))

HEAD = ("work", "nbmodel", "compared with", "ratio", "target", "", "reason")


def quantity_text(number: float, unit: Unit) -> str:
    """A number with its unit, with three digits."""
    if unit == "s":
        return f"{number * 1e3:.3g} ms" if number < 1 else f"{number:.2f} s"
    if unit == "B":
        size, name = next((size, name) for least, size, name in _SIZES if number >= least)
        return f"{number / size:.3g} {name}"
    if unit == "shift":
        return f"{number:.3f}"
    return f"{number:,.0f} {unit}"


def table(lines: list[Line]) -> str:
    """A Markdown table, with columns aligned for terminals."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    padded = [
        f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |" for row in rows
    ]
    rule = f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    return "\n".join([padded[0], rule, *padded[1:]])
