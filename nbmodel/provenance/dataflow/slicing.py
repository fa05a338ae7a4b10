"""The cells that lead to a variable: a backward slice by definitions and uses.

Cells are the unit: a cell is in or out as a whole, and what it reads is needed
with it. Method calls, item and attribute assignments, augmented assignments
and ``del`` count as definition and use. A plain assignment that certainly ran
ends the search for older definitions; one under a condition does not. Of a cell that failed, only
what ran before the error counts; where that is not known, its assignments end nothing.
``from x import *`` and ``%run`` define names that are read, that are not builtins, and that no
earlier cell defines. How far a change reaches is explained in
`nbmodel.provenance.dataflow.assumptions`. Where it cannot be known, the slice contains a cell too
many rather than one too few.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel.provenance.cells import Cell
from nbmodel.provenance.dataflow.effects import Effects
from nbmodel.provenance.dataflow.failed import parts_that_ran
from nbmodel.provenance.dataflow.flow import Flow
from nbmodel.provenance.dataflow.parser import parse_cell
from nbmodel.provenance.dataflow.steps import CellCode
from nbmodel.provenance.dataflow.syntax import Transform
from nbmodel.records import Use

_VARIABLE = re.compile(
    r"(?!_\d*$)[^\W\d]\w*"
)  # neither IPython's _, _12 nor the parser's own names
_KNOWN_ANYWAY = frozenset(dir(builtins)) | {"get_ipython", "display", "In", "Out", "exit", "quit"}


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a variable was made from.

    Attributes
    ----------
    cells : tuple of Cell
        The slice, in run order.
    versions : tuple of Use
        Versions that these cells checked out.
    modules : tuple of str
        What they import, as written, sorted.
    names : frozenset of str
        Variables they read or set: code with access to the namespace can look up
        which of their objects came from another version.
    """

    cells: tuple[Cell, ...]
    versions: tuple[Use, ...]
    modules: tuple[str, ...]
    names: frozenset[str]


def plain(source: str) -> str:
    """The transform of cells without IPython syntax: none."""
    return source


def backward_slice(cells: Sequence[Cell], name: str, transform: Transform = plain) -> list[Cell]:
    """The cells that lead to the current value of variable `name`, in run order.

    Parameters
    ----------
    cells : sequence of Cell
        Every run, in run order; a cell run again is there again.
    name : str
    transform : callable
        From the text of a cell to Python: ``TransformerManager().transform_cell``
        of IPython. Keep one: readings are cached by source and transform.

    Returns
    -------
    list of Cell
        Empty if no cell sets `name`. Cells that do not parse are left out.
    """
    return list(dependencies(cells, name, transform).cells)


def dependencies(cells: Sequence[Cell], name: str, transform: Transform = plain) -> Dependencies:
    """`backward_slice` with what its cells checked out and imported."""
    candidates = parts_that_ran(cells, transform)
    while True:
        codes = [parse_cell(cell.source, transform, cell.line) for cell in candidates]
        indices, effects = _slice(candidates, codes, name)
        if len(indices) == len(candidates):
            break
        # Without the others less may be shared, so less is needed: until nothing changes.
        candidates = [candidates[index] for index in indices]
    versions = dict.fromkeys(text for cell in candidates for text in cell.binds.values())
    names = {name for effect in effects for name in effect.uses | effect.defs}
    return Dependencies(
        tuple(candidates),
        tuple(Use(*text.rsplit("@", 1)) for text in versions),
        tuple(sorted({module for code in codes for module in code.modules})),
        frozenset(name for name in names - _KNOWN_ANYWAY if _VARIABLE.fullmatch(name)),
    )


def _slice(
    cells: Sequence[Cell], codes: Sequence[CellCode], name: str
) -> tuple[list[int], list[Effects]]:
    """Indices of the cells that matter, and the effects of every cell."""
    flow = Flow()
    effects = [
        flow.cell(code, cell.number, cell.binds, cell.finished or cell.line is not None)
        for cell, code in zip(cells, codes, strict=True)
    ]
    target = flow.effects_of_reading(name)
    needed, library = set(target.uses), target.library
    settled: set[str] = set()  # seeds that a later seed makes void
    indices: list[int] = []
    for index in reversed(range(len(cells))):
        effect = effects[index]
        matters = (
            not needed.isdisjoint(effect.defs)
            or (library and bool(effect.process_state.keys() - settled))
            or (effect.wildcard and _unknown(needed, effects[:index]))
        )
        if not matters:
            continue
        indices.append(index)
        needed -= effect.kills
        needed |= effect.uses
        if effect.library:
            library = True
            settled.clear()
        settled |= {key for key, whole in effect.process_state.items() if whole}
    return indices[::-1], effects


def _unknown(needed: set[str], before: Sequence[Effects]) -> bool:
    """Whether a name is needed that no earlier cell defines."""
    names = {name for name in needed - _KNOWN_ANYWAY if "@" not in name}
    return any(all(name not in effect.defs for effect in before) for name in names)
