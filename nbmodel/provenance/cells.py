"""The cells that ran in this kernel, kept in run order by IPython's own events."""

from __future__ import annotations

import sys
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from nbmodel.provenance.failure import Failure, failure_before_run, failure_of, is_top_level
from nbmodel.records import Use

if TYPE_CHECKING:
    from types import FrameType

# The slice of a model needs sources only, and a day's work is a few hundred KiB. The cap is
# for a kernel that runs generated cells for weeks: past it the oldest runs are forgotten.
MAX_CHARACTERS = 16_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of a cell.

    Attributes
    ----------
    number : int
        Its execution count, the number in ``In [12]``.
    source : str
        As typed, magics included.
    finished : bool
        It ran to its end without an error.
    binds : mapping of str to str
        Variables it checked out, to ``model@commit`` with the full commit id.
    line : int or None
        While it runs: the line, counted in the transformed source, of the
        top-level statement under way; statements further down have not run.
    failure : Failure or None
        If it ended in an error: where, as far as that is known.
    """

    number: int
    source: str
    finished: bool = True
    binds: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    failure: Failure | None = None


class Events(Protocol):
    """The part of IPython's event manager that is used here."""

    def register(self, event: str, function: Callable[[Any], None]) -> None:
        """Add a callback."""
        ...

    def unregister(self, event: str, function: Callable[[Any], None]) -> None:
        """Remove a callback."""
        ...


class Shell(Protocol):
    """The part of IPython's ``InteractiveShell`` that is used here."""

    events: Events
    history_manager: Any
    execution_count: int
    user_global_ns: dict[str, Any]


@dataclass(slots=True, eq=False)
class _Run:
    number: int
    source: str
    info: object = None
    finished: bool = False
    failure: Failure | None = None
    binds: dict[str, str] = field(default_factory=dict)


class CellRecorder:
    """Listens to one shell; forgets the oldest runs past `MAX_CHARACTERS` of source."""

    def __init__(self) -> None:
        self.dropped = 0
        self._runs: deque[_Run] = deque()
        self._size = 0
        self._running: list[_Run] = []
        self._shell: Shell | None = None
        self._origins: dict[int, tuple[weakref.ref[Any], Use]] = {}

    # -- listening -----------------------------------------------------------

    def attach(self, shell: Shell) -> None:
        """Begin to record the cells of `shell`, taking those that its history holds already.

        Attaching again to the same shell changes nothing.
        """
        if self._shell is shell:
            return
        self.detach()
        self._shell = shell
        for run in _earlier_runs(shell):
            self._add(run)
        if self._runs and self._line() is not None:  # the cell that attaches is under way
            self._runs[-1].finished = False
            self._running.append(self._runs[-1])
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)

    def detach(self) -> None:
        """Stop recording; what was recorded stays."""
        if self._shell is None:
            return
        self._shell.events.unregister("pre_run_cell", self._before)
        self._shell.events.unregister("post_run_cell", self._after)
        self._shell = None
        self._running.clear()

    def _before(self, info: Any) -> None:
        if self._shell is None or info.silent or not info.store_history:
            return
        run = _Run(_next_number(self._shell), info.raw_cell, info)
        self._add(run)
        self._running.append(run)

    def _after(self, result: Any) -> None:
        info = result.info
        if info.silent or not info.store_history:
            return
        run = self._find(info, result.execution_count)
        if run is None:  # blank cells have no pre_run_cell
            return
        run.finished = result.success
        if self._shell is not None and not result.success:
            run.failure = _failure_of(result, self._shell.user_global_ns)
        run.number = result.execution_count or run.number
        run.info = None
        if run in self._running:
            self._running.remove(run)

    def _find(self, info: Any, number: int | None) -> _Run | None:
        for run in reversed(self._running):
            if run.info is info:
                return run
        # The cell that attached the recorder: its start was not seen, and the source comes from the
        # history, which stores it without line ends.
        source = info.raw_cell.rstrip("\n")
        for run in reversed(self._runs):
            if run.number == number and run.source == source:
                return run
        return None

    def _add(self, run: _Run) -> None:
        run.source = sys.intern(run.source)  # a cell that is run again costs nothing
        self._runs.append(run)
        self._size += len(run.source)
        while self._size > MAX_CHARACTERS and len(self._runs) > 1:
            self._size -= len(self._runs.popleft().source)
            self.dropped += 1

    # -- asking --------------------------------------------------------------

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every recorded run in run order; the last one may be under way."""
        line = self._line() if self._running else None
        return tuple(
            Cell(
                run.number,
                run.source,
                run.finished,
                dict(run.binds),
                line if run in self._running else None,
                run.failure,
            )
            for run in self._runs
        )

    @property
    def number(self) -> int:
        """Execution count of the last run, which may be under way; -1 if none was recorded."""
        return self._runs[-1].number if self._runs and self._shell is not None else -1

    @property
    def idle(self) -> bool:
        """Whether no recorded cell is under way."""
        return not self._running

    def _line(self) -> int | None:
        """Line of the running top-level statement, from the outermost frame of user code."""
        if self._shell is None:
            return None
        line = None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if is_top_level(frame, self._shell.user_global_ns):
                line = frame.f_lineno
            frame = frame.f_back
        return line

    # -- what was checked out ------------------------------------------------

    def bind(self, name: str, model: str, commit: str) -> None:
        """Say that the running cell sets variable `name` to version `commit` of `model`.

        Outside a running cell there is nothing to note it in, and nothing happens.
        """
        if self._running:
            self._running[-1].binds[name] = f"{model}@{commit}"

    def note_object(self, obj: object, model: str, commit: str) -> None:
        """Remember that `obj` was checked out, as long as it lives.

        Objects that cannot be referenced weakly (lists, dicts, numbers) are
        not remembered: holding them would keep a large model alive, and an id
        alone is used again once its object is gone.
        """
        key = id(obj)
        origins = self._origins

        def forget(reference: weakref.ref[Any]) -> None:
            # By now a new object may own the id, and have a separate entry.
            if key in origins and origins[key][0] is reference:
                del origins[key]

        try:
            reference = weakref.ref(obj, forget)
        except TypeError:
            return
        origins[key] = reference, Use(model, commit)

    def origin_of(self, obj: object) -> Use | None:
        """The version that this very object was checked out from, if it was."""
        entry = self._origins.get(id(obj))
        return entry[1] if entry is not None and entry[0]() is obj else None


def _next_number(shell: Shell) -> int:
    """Execution count of the cell that begins.

    IPython raised its counter after a cell up to 8.x and raises it before one
    since; the raw input history is filled between ``pre_run_cell`` and the run in both.
    """
    history = shell.history_manager
    return shell.execution_count if history is None else len(history.input_hist_raw)


def _failure_of(result: Any, namespace: Mapping[str, Any]) -> Failure | None:
    if result.error_before_exec is not None:  # its syntax is wrong
        return failure_before_run(result.error_before_exec)
    return failure_of(result.error_in_exec, namespace)


def _earlier_runs(shell: Shell) -> list[_Run]:
    """Cells that ran before the recorder came, as the shell's history has them.

    A shell that keeps no record of errors leaves all of them unfinished, which
    only lengthens a slice.
    """
    history = shell.history_manager
    if history is None:
        return []
    errors = getattr(history, "exceptions", None)
    return [
        _Run(number, source, finished=errors is not None and number not in errors)
        for number, source in enumerate(history.input_hist_raw)
        if source.strip()
    ]
