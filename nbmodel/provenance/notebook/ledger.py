"""What this kernel committed and checked out: content, variable and object of each version."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from nbmodel.records import VersionInfo


@dataclass(frozen=True, slots=True)
class Line:
    """A version as `status` names it, its content, and the cell that ran when it was noted."""

    model: str
    branch: str
    ref: str
    cell: int
    content: str = ""


class Ledger:
    """Versions that objects of this kernel are, or were."""

    def __init__(self) -> None:
        self._by_content: dict[str, Line] = {}
        self._by_variable: dict[str, Line] = {}
        self._by_object: dict[int, tuple[weakref.ref[Any], Line]] = {}

    def note(
        self, obj: object, variable: str, version: VersionInfo, content: str, cell: int
    ) -> None:
        """Remember that an object is a version; `content` is empty if it was not digested."""
        line = Line(version.model, version.branch, version.ref, cell, content)
        if content:
            self._by_content[content] = line
        if variable:
            self._by_variable[variable] = line
        key, lines = id(obj), self._by_object

        def forget(reference: weakref.ref[Any]) -> None:
            if key in lines and lines[key][0] is reference:
                del lines[key]

        try:
            lines[key] = weakref.ref(obj, forget), line
        except TypeError:  # lists and numbers: their content tells
            return

    def bind(self, variable: str, obj: object) -> None:
        """Remember that a variable now holds a version that was noted."""
        line = self.of_object(obj)
        if line is not None:
            self._by_variable[variable] = line

    def of_content(self, content: str) -> Line | None:
        """The last version noted with that content."""
        return self._by_content.get(content)

    def of_object(self, obj: object) -> Line | None:
        """The version that this very object last was."""
        entry = self._by_object.get(id(obj))
        return entry[1] if entry is not None and entry[0]() is obj else None

    def of_variable(self, variable: str) -> Line | None:
        """The version that a variable last held."""
        return self._by_variable.get(variable)
