"""Status: the fitted models of a notebook, and whether they changed since their last version.

The digest of an object's pickle is compared with the digests of the versions that this kernel
committed or checked out. A digest is reused until a cell runs. A digest that took long is
reused until a cell runs that the variable depends on
(`nbmodel.provenance.dataflow.slicing`). For objects that are
too large for a digest, only the cells decide.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from nbmodel import plugins
from nbmodel.display import Result, Table
from nbmodel.flavors.base import FittedCheck
from nbmodel.flavors.description import describe
from nbmodel.flavors.pickling import dump
from nbmodel.provenance.cells import CellRecorder
from nbmodel.provenance.dataflow.slicing import dependencies
from nbmodel.provenance.notebook.ledger import Ledger, Line
from nbmodel.provenance.notebook.session import Session
from nbmodel.records import VersionInfo
from nbmodel.versioning.payload import MAX_HASHED_BYTES, content_hash

State = Literal["new", "changed", "committed"]
SLOW_DIGEST_SECONDS = 0.01  # a digest that took longer is reused for as long as possible


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """A fitted model of the notebook.

    `ref` is the version that it is, or was before it changed. `certain` is false if only the
    cells decide whether it changed.
    """

    variable: str
    type: str
    summary: str
    model: str
    branch: str
    state: State
    ref: str
    certain: bool = True


@dataclass(frozen=True, repr=False)
class StatusResult(Result):
    """The fitted models of the notebook; those to commit come first."""

    models: tuple[ModelState, ...]

    def text(self) -> str:
        """A table."""
        return self._table().text() if self.models else _NONE

    def html(self) -> str:
        """The same table."""
        return self._table().html() if self.models else f"<div>{_NONE}</div>"

    def _table(self) -> Table:
        rows = [
            (("" if m.certain else "perhaps ") + m.state, m.variable, m.summary, m.ref)
            for m in self.models
        ]
        return Table(("state", "variable", "what", "version"), rows)


_NONE = "No variable holds a fitted model."
_ORDER: dict[State, int] = {"changed": 0, "new": 1, "committed": 2}


@dataclass(frozen=True, slots=True)
class _Look:
    """The last inspection of a variable's object."""

    obj: weakref.ref[Any]
    cell: int  # the last run that can have been seen
    type: str
    summary: str
    content: str
    seconds: float


_looks: weakref.WeakKeyDictionary[CellRecorder, dict[str, _Look]] = weakref.WeakKeyDictionary()


def status(running: Session) -> StatusResult:
    """Find the fitted models among the variables of a notebook. No object makes it raise."""
    before = _looks.get(running.recorder, {})
    looks: dict[str, _Look] = {}
    for variable, obj in _each_once(running):
        looks[variable] = _look(running, variable, obj, before.get(variable))
    _looks[running.recorder] = looks
    states = [_state(running, variable, look) for variable, look in looks.items()]
    return StatusResult(tuple(sorted(states, key=lambda s: (_ORDER[s.state], s.variable))))


def note_version(
    running: Session, obj: Any, variable: str, version: VersionInfo, content: str | None = None
) -> None:
    """Record that an object of the notebook is a version."""
    content = _content(obj) if content is None else content
    running.ledger.note(obj, variable, version, content, running.recorder.number)


def _each_once(running: Session) -> list[tuple[str, Any]]:
    """Each model once: under the variable that was committed, else under its first variable."""
    models: dict[int, tuple[str, Any]] = {}
    for variable, obj in fitted_models(running.namespace):
        if id(obj) not in models or running.ledger.of_variable(variable) is not None:
            models[id(obj)] = variable, obj
    return list(models.values())


def _look(running: Session, variable: str, obj: Any, last: _Look | None) -> _Look:
    recorder = running.recorder
    cell = recorder.number if recorder.idle else recorder.number - 1
    if last is not None and last.obj() is obj and recorder.number >= 0:
        if recorder.idle and last.cell == recorder.number:
            return last
        if last.seconds > SLOW_DIGEST_SECONDS and not _touched(running, variable, last.cell):
            return replace(last, cell=cell)
    begin = time.perf_counter()
    described = describe(obj)
    size = sum(array.nbytes for array in described.arrays.values())
    content = "" if size > MAX_HASHED_BYTES else _content(obj)
    seconds = time.perf_counter() - begin
    return _Look(weakref.ref(obj), cell, described.type, described.summary, content, seconds)


def _touched(running: Session, variable: str, cell: int) -> bool:
    """Whether a cell ran after `cell` that the variable's value depends on."""
    sources = dependencies(running.recorder.cells, variable, running.transform)
    return any(each.number > cell for each in sources.cells)


def _content(obj: Any) -> str:
    """Digest of an object; empty if it is too large or cannot be pickled."""
    try:
        return content_hash(dump(obj))
    except Exception:  # noqa: BLE001 - the object's code may raise anything; the cells decide then
        return ""


def _state(running: Session, variable: str, look: _Look) -> ModelState:
    ledger = running.ledger
    line = _line(ledger, variable, look)
    if line is None:
        return _of(variable, look, Line(variable.strip("_"), "main", "", -1), "new")
    if look.content:
        # Two versions may have the same bytes: the object's own one counts.
        same = line if line.content == look.content else ledger.of_content(look.content)
        return _of(variable, look, same or line, "committed" if same else "changed")
    itself = ledger.of_object(look.obj())
    if itself is None or running.recorder.number < 0 or _touched(running, variable, itself.cell):
        return replace(_of(variable, look, line, "changed"), certain=False)
    return _of(variable, look, itself, "committed")


def _line(ledger: Ledger, variable: str, look: _Look) -> Line | None:
    """The last version of an object: by identity, by variable, or by content."""
    return (
        ledger.of_object(look.obj())
        or ledger.of_variable(variable)
        or ledger.of_content(look.content)
    )


def _of(variable: str, look: _Look, line: Line, state: State) -> ModelState:
    return ModelState(
        variable=variable,
        type=look.type,
        summary=look.summary,
        model=line.model,
        branch=line.branch,
        state=state,
        ref=line.ref,
    )


def fitted_models(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Variables that hold a fitted model, with their objects. An object may have several names."""
    for name, value in list(namespace.items()):
        if not name.startswith("_") and is_fitted(value):
            yield name, value


def is_fitted(obj: object) -> bool:
    """Whether an object is a model of a framework that is imported already, and fitted."""
    if isinstance(obj, type) or not plugins.is_imported(type(obj)):
        return False
    try:
        flavor = plugins.framework_of(type(obj))
        weakref.ref(obj)  # without one, another object at the same address would look the same
        if isinstance(flavor, FittedCheck):
            return flavor.is_fitted(obj)
        return callable(getattr(type(obj), "predict", None))
    except Exception:  # noqa: BLE001  an object of the user may raise anything; it is not a model
        return False
