"""The notebook as commands see it: its variables, its registry, what came from where."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from nbmodel.api import choose_registry, default_registry
from nbmodel.commands.panels import panel_class
from nbmodel.errors import AlreadyExists, InvalidValue, VariableNotFound
from nbmodel.provenance.cells import CellRecorder
from nbmodel.provenance.failure import is_top_level
from nbmodel.provenance.notebook import session
from nbmodel.records import VersionInfo

if TYPE_CHECKING:
    from types import FrameType

    from nbmodel.versioning.registry import Registry

_NO_VALUE = object()


class NotebookWorkspace:
    """A `nbmodel.commands.base.Workspace` over IPython's namespace."""

    def __init__(self, shell: InteractiveShell, recorder: CellRecorder) -> None:
        self._shell = shell
        self._recorder = recorder
        self._lines: dict[str, tuple[str, str]] = {}
        self._loaded: dict[str, Any] = {}

    def registry(self, *, create: bool = False) -> Registry:
        """The configured registry, else that of the notebook's folder."""
        return default_registry(create=create)

    def use_registry(self, path: str) -> Registry:
        """Make another registry the one in use, for the rest of this kernel."""
        return choose_registry(path)

    def variable(self, name: str) -> Any:
        """Value of ``clf`` or ``grid.best_estimator_``; nothing is evaluated."""
        first, *attributes = name.split(".")
        value = self._shell.user_ns.get(first, _NO_VALUE)
        if value is _NO_VALUE:
            raise VariableNotFound(first, self.variables())
        for attribute in attributes:
            try:
                value = getattr(value, attribute)
            except AttributeError as error:
                raise InvalidValue(
                    f"{name}: {error}.", "Name a variable, or its attribute."
                ) from error
        return value

    def variables(self) -> list[str]:
        """Names the user defined."""
        hidden = self._shell.user_ns_hidden
        return [n for n in self._shell.user_ns if not n.startswith("_") and n not in hidden]

    def bind(self, name: str, value: Any, version: VersionInfo, *, force: bool) -> None:
        """Set a variable; one that holds something else is kept unless `force` is set."""
        if not name.isidentifier():
            raise InvalidValue(f"{name!r} is not a variable's name.", "Choose another: --as NAME.")
        there = self._shell.user_ns.get(name, _NO_VALUE)
        if not force and there is not _NO_VALUE and there is not self._loaded.get(name, _NO_VALUE):
            raise AlreadyExists(
                f"The variable {name!r} is in use.",
                f"Choose another (--as NAME), or overwrite it (--as {name}, or --force).",
            )
        self._shell.push({name: value})
        self._loaded[name] = value
        self._recorder.bind(name, version.model, version.commit)

    def line_of(self, variable: str) -> tuple[str, str] | None:
        """Model and branch that a variable was last committed to or loaded from."""
        return self._lines.get(variable)

    def remember(self, variable: str, model: str, branch: str) -> None:
        """Keep model and branch of a variable."""
        self._lines[variable] = (model, branch)
        running = session.current()
        if running is not None and variable in self._shell.user_ns:
            running.ledger.bind(variable, self._shell.user_ns[variable])

    def hides_result(self) -> bool:
        """Whether IPython will not show the result of the magic that runs.

        IPython shows the value of the last line of a cell. A magic above it, or in a block such as
        a loop, shows its own result. If IPython is set to show the value of every line, or of none,
        that setting holds.
        """
        if self._shell.ast_node_interactivity in ("all", "none"):
            return False
        line = self._running_line()
        if self._recorder.idle or line is None:
            return False
        body = self._statements(self._recorder.cells[-1].source)
        running = [
            node
            for statement in body
            for node in ast.walk(statement)
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line)
        ]
        inner = max(running, key=lambda node: (node.lineno, node.col_offset), default=None)
        if inner is None or inner is body[-1] or not isinstance(inner, ast.Expr):
            return False
        return ast.unparse(inner).startswith("get_ipython().run_line_magic(")

    def _running_line(self) -> int | None:
        """Line of the statement under way, in a cell or in the body of a magic such as %%time."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not is_top_level(frame, self._shell.user_global_ns):
            frame = frame.f_back
        return None if frame is None else frame.f_lineno

    def _statements(self, source: str) -> list[ast.stmt]:
        """Statements of a cell; behind %%time, those of its body."""
        try:
            body: list[ast.stmt] = ast.parse(self._shell.transform_cell(source)).body
        except SyntaxError:
            return []
        match body:
            case [ast.Expr(ast.Call(ast.Attribute(attr="run_cell_magic"), [name, _, inner]))]:
                if isinstance(inner, ast.Constant) and ast.unparse(name) == "'time'":
                    return self._statements(str(inner.value))
        return body

    def confirms(self, question: str) -> bool:
        """Ask nothing: Run All must not wait for an answer."""
        return False

    def edit_card(self, reference: str, message: str) -> Any:
        """A panel with the card in an editor; it asks for the message itself."""
        card = self.registry().card(reference)
        return panel_class()(self.registry, opening={"edit": card.version.ref}, fallback=card.text)
