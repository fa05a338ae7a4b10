"""Parsing, as the readers of cells share it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

Transform = Callable[[str], str]
RETURN = "@return"  # no name of Python's: what a function gives back

# What reading a cell of any text can raise; the last two for text nested beyond reason.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse(source: str) -> ast.Module:
    """Parse without the warnings that the cell gave when it ran."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


# Magics whose text is Python run in the notebook's namespace.
RUNNING_MAGICS = frozenset(
    {"time", "prun", "capture", "memit", "mprun", "lprun", "snakeviz", "wandb"}
)
# The same in a separate scope: nothing assigned there is seen outside.
TIMING_MAGICS = frozenset({"timeit"})
# Magics that set names that only running them can tell.
OPAQUE_MAGICS = frozenset({"run", "pylab"})
# Magics that change what later code reads without naming it.
PROCESS_STATE_MAGICS = {"env": "os.environ", "set_env": "os.environ", "cd": "cwd"}

_OPTIONS = re.compile(r"(?:\s*-(?:[nrsltTD]\s*[\w./:-]+|[\w-]+))*\s*")
_BRACED = re.compile(r"(?<!\{)\{([^{}]+)\}")
_DOLLAR = re.compile(r"(?<!\$)\$([A-Za-z_]\w*)")
_OUT = re.compile(r"--out(?:=|\s+)([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Magic:
    """A magic, a shell command (`name` is "!") or an unknown request, with its texts."""

    name: str
    line: str = ""
    body: str | None = None

    @property
    def python(self) -> str | None:
        """The Python it runs, if it runs any: the body, else the line without options."""
        if self.name not in RUNNING_MAGICS | TIMING_MAGICS:
            return None
        return self.body if self.body is not None else _OPTIONS.sub("", self.line, count=1)

    @property
    def binds(self) -> tuple[str, ...]:
        """Names that it sets by its own arguments."""
        words = self.line.split()
        if self.name == "capture":
            return tuple(word for word in words if word.isidentifier())[:1]
        if self.name == "store" and "-r" in words:
            return tuple(word for word in words if word.isidentifier())
        return tuple(_OUT.findall(self.line)) if self.body is not None else ()

    @property
    def opaque(self) -> bool:
        """It sets names that cannot be known from its text."""
        restores_all = self.name == "store" and "-r" in self.line.split() and not self.binds
        return self.name in OPAQUE_MAGICS or restores_all

    @property
    def expressions(self) -> tuple[str, ...]:
        """Python that IPython expands in its line: ``{expr}`` and ``$name``."""
        return (*_BRACED.findall(self.line), *_DOLLAR.findall(self.line))


def magic_of(node: ast.Call) -> Magic | None:
    """Read ``get_ipython().run_line_magic('time', 'f(x)')`` and its kin, else None."""
    match node.func:
        case ast.Attribute(attr=request, value=ast.Call(func=ast.Name(id="get_ipython"))):
            pass
        case _:
            return None
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    if len(texts) != len(node.args) or not all(isinstance(text, str) for text in texts):
        return None
    match request, texts:
        case "run_line_magic", [name, line]:
            return Magic(str(name), str(line))
        case "run_cell_magic", [name, line, body]:
            return Magic(str(name), str(line), str(body))
        case "system" | "getoutput", [line]:
            return Magic("!", str(line))
    return None
