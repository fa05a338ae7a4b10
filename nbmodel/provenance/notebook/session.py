"""The notebook that is running: where a model's variable, cells and ancestors are known from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbmodel.provenance.cells import Cell, CellRecorder
from nbmodel.provenance.dataflow.parser import parse_cell
from nbmodel.provenance.dataflow.slicing import dependencies
from nbmodel.provenance.notebook.ledger import Ledger
from nbmodel.records import Use


@dataclass(frozen=True, slots=True)
class Origin:
    """What a commit learns from the notebook: variable, path, cells that made it, ancestors."""

    variable: str = ""
    notebook: str = ""
    cells: tuple[Cell, ...] = ()
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One kernel with nbmodel loaded.

    Attributes
    ----------
    recorder : CellRecorder
    namespace : mapping
        The user's variables, live.
    transform : callable
        IPython's cell syntax to Python.
    notebook : callable
        Path of the notebook, or an empty text.
    ledger : Ledger
        What was committed and checked out.
    """

    recorder: CellRecorder
    namespace: Mapping[str, Any]
    transform: Callable[[str], str]
    notebook: Callable[[], str]
    ledger: Ledger = field(default_factory=Ledger)

    def warm(self, *_: object) -> None:
        """Read the cell that just ran, so that a commit finds its reading in the cache."""
        for cell in self.recorder.cells[-1:]:
            parse_cell(cell.source, self.transform)

    def variable_of(self, obj: Any) -> str:
        """The user's name for an object, or an empty text."""
        return next(
            (n for n, v in self.namespace.items() if v is obj and not n.startswith("_")), ""
        )

    def origin(self, obj: Any, variable: str = "") -> Origin:
        """Where an object came from."""
        variable = variable or self.variable_of(obj)
        if not variable:
            return Origin(notebook=self.notebook())
        sources = dependencies(self.recorder.cells, variable.partition(".")[0], self.transform)
        loaded = (
            self.recorder.origin_of(self.namespace.get(name)) for name in sorted(sources.names)
        )
        uses = dict.fromkeys([*sources.versions, *(use for use in loaded if use is not None)])
        return Origin(variable, self.notebook(), sources.cells, tuple(uses))


_current: list[Session] = []


def current() -> Session | None:
    """The session of this kernel, if the extension is loaded."""
    return _current[-1] if _current else None


def start(session: Session) -> None:
    """Make a session the current one."""
    _current.append(session)


def stop(session: Session) -> None:
    """End a session."""
    _current.remove(session)
