"""Reference pages that are written from the code: commands, errors, HTTP endpoints.

Those of commands and errors are in git, so that they can be read at a git host. The others need a
server, and are parts of `http.md`. To write the first ones: ``python docs/_ext/generated.py``.
"""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, build_opener

import nbmodel
from nbmodel import errors
from nbmodel.commands.base import Argument, Command
from nbmodel.commands.table import COMMANDS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_COMMANDS = """# Commands

Every command is a magic in a notebook (`%model_log`) and, where it needs no variables, a command
in a shell (`nbmodel log`). Both take the same arguments. `%model_commit?` shows these pages in a
notebook; `nbmodel log --help` shows them in a shell.

A reference is `NAME[:BRANCH][@SELECTOR][~N]`: see
[references](../guide/search.md#references).
"""
_ERRORS = """# Errors

Words in capitals stand for the values of a message.

Every error that nbmodel raises on purpose is a subclass of `nbmodel.NbModelError`. `error.what`
says what happened and to what. `error.hint` says what to do next. `error.code` names the class for
programs: it stays the same when texts change. HTTP bodies have it as `code`. In a notebook, a
command shows both and no traceback.
"""
_MODEL = "example"  # the served model; a page says MODEL in its place


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx reads the sources."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Write every generated page; one that has not changed keeps its time."""
    document, metrics_text = server_answers("/openapi.json", "/metrics")
    pages = {
        "http_endpoints.md": endpoints(json.loads(document)),
        "http_statuses.md": statuses(json.loads(document)),
        "http_metrics.md": metrics(metrics_text),
    }
    write_pages(folder, pages)
    write_pages(folder, own_pages())


def own_pages() -> dict[str, Iterator[str]]:
    """The pages that are in git."""
    return {"commands.md": commands(), "errors.md": error_classes()}


def write_pages(folder: Path, pages: Mapping[str, Iterator[str]]) -> None:
    """Write pages, but leave those that have not changed."""
    for name, lines in pages.items():
        text = "\n".join(lines) + "\n"
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


# -- commands ----------------------------------------------------------------


def commands() -> Iterator[str]:
    """A section for each command, with its arguments and examples."""
    yield _COMMANDS
    for command in COMMANDS:
        yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    magic, shell = f"%model_{command.name}", f"nbmodel {command.name}"
    title = shell if command.shell_only else magic
    yield f"## `{title}`\n"
    yield f"{command.help}\n"
    if not (command.notebook_only or command.shell_only):
        yield f"In a shell: `{shell}`.\n"
    yield "```text"
    yield _usage(command, title)
    yield "```\n"
    if command.arguments:
        yield "| argument | meaning |\n|---|---|"
        for argument in command.arguments:
            yield f"| {_flags(argument)} | {_cell(argument.options['help'])} |"
        yield ""
    if command.examples:
        yield "```text"
        yield inspect.cleandoc(command.examples)
        yield "```\n"


def _usage(command: Command, title: str) -> str:
    parser = ArgumentParser(title, add_help=False)
    for argument in command.arguments:
        parser.add_argument(*argument.flags, **argument.options)
    return parser.format_usage().removeprefix("usage: ").rstrip()


def _flags(argument: Argument) -> str:
    value = argument.options.get("metavar")
    placeholder = value if isinstance(value, str) and argument.flags[0].startswith("-") else ""
    return ", ".join(f"`{flag} {placeholder}`".replace(" `", "`") for flag in argument.flags)


def _cell(text: str) -> str:
    return text.replace("%%", "%").replace("|", "\\|")


# -- errors ------------------------------------------------------------------


def error_classes() -> Iterator[str]:
    """A section for each class of error: what it means, its message, and what to do."""
    yield _ERRORS
    texts: dict[str, tuple[str, str]] = {}
    for module in vars(errors).values():
        if inspect.ismodule(module):
            texts |= _messages(inspect.getsource(module))
    for name, kind in sorted(vars(errors).items()):
        if isinstance(kind, type) and issubclass(kind, errors.NbModelError):
            yield f"## `{name}`\n"
            yield f"Code: `{kind.code}`\n"
            yield f"{inspect.cleandoc(kind.__doc__ or '').splitlines()[0]}\n"
            what, do = texts.get(name, ("", "")) if kind.__mro__[1] is not Exception else ("", "")
            if what:
                yield f"It reads: *{what}*\n"
            if do:
                yield f"What to do: {do}\n"


# What a message shows in place of a number; other values are shown by their names.
_COUNTS = {
    **dict.fromkeys(("waiting", "returned"), "COUNT"),
    **dict.fromkeys(("seconds", "age_s", "wait_s", "version"), "N"),
}


def _messages(source: str) -> dict[str, tuple[str, str]]:
    """By class, the sentences that it hands to its base class, without optional parts."""
    messages = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and _is_init(n)]
            if calls:
                values = _local_values(node)
                what, do = (*(_text(a, values) for a in calls[0].args[:2]), "", "")[:2]
                messages[node.name] = what.strip(), do.strip()
    return messages


def _is_init(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "super().__init__"


def _local_values(of: ast.ClassDef) -> dict[str, ast.expr]:
    """The expressions of the variables and defaults of the methods of a class."""
    values: dict[str, ast.expr] = {"hint": ast.Constant("")}  # an argument: the caller's advice
    for node in ast.walk(of):
        if isinstance(node, ast.arguments):
            parameters = [*node.posonlyargs, *node.args][-len(node.defaults) or len(node.args) :]
            pairs = zip(parameters, node.defaults, strict=False)
            values |= {a.arg: d for a, d in pairs if isinstance(d, ast.Constant) and d.value}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, node.value)
    return values


def _text(node: ast.expr, values: Mapping[str, ast.expr]) -> str:
    if isinstance(node, ast.Constant):
        text = _cell(str(node.value)).replace("*", "\\*").replace("<", "&lt;")
        return text.replace("__", r"\_\_")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, values) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _value(node.value, values)
    if isinstance(node, ast.BoolOp):  # `hint or "..."`: what is said if there is no better hint
        return _text(node.values[-1], values)
    if isinstance(node, ast.IfExp):
        is_optional = isinstance(node.orelse, ast.Constant) and not node.orelse.value
        return "" if is_optional else _text(node.body, values)
    return ""


def _value(node: ast.expr, values: Mapping[str, ast.expr]) -> str:
    """A value of a message: an optional part is left out, another one is named."""
    if isinstance(node, ast.Name) and isinstance(value := values.get(node.id), _TEXTS):
        return _text(value, values)
    if isinstance(node, ast.Name) and isinstance(values.get(node.id), ast.Call):
        node = values[node.id]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "len":
        return "COUNT"
    parts = [p for p in ast.walk(node) if isinstance(p, ast.Name | ast.Attribute)]
    names = [p.id if isinstance(p, ast.Name) else p.attr for p in parts]
    names = [name for name in names if name not in ("self", "join", "strerror", "max")]
    return _COUNTS.get(names[-1], names[-1].upper()) if names else "..."


_TEXTS = (ast.Constant, ast.JoinedStr, ast.IfExp)


# -- HTTP --------------------------------------------------------------------


def server_answers(*paths: str) -> list[str]:
    """What a real server of a small model answers to GET: it is started, asked and stopped."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    X, y = load_iris(return_X_y=True, as_frame=True)  # noqa: N806  as scikit-learn calls it
    with TemporaryDirectory(prefix="nbmodel-docs-") as folder:
        with nbmodel.open(folder, create=True) as registry:
            registry.commit(LogisticRegression(max_iter=500).fit(X, y), _MODEL, "example", data=X)
            path = registry.path
        serve = [sys.executable, "-m", "nbmodel.cli", "--repo", str(path), "serve", f"{_MODEL}@1"]
        serve += ["--port", "0", "--json", "--with-parent", "--log", f"{folder}/log"]
        with subprocess.Popen(
            serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            address = json.loads(server.stdout.readline())["address"]
            opener = build_opener(ProxyHandler({}))  # a proxy does not reach this machine
            answers = [opener.open(address + path, timeout=30).read().decode() for path in paths]
            server.stdin.close()
    return answers


def endpoints(document: Mapping[str, Any]) -> Iterator[str]:
    """A row for each path and method of an OpenAPI document."""
    yield "| endpoint | what it does | status codes |\n|---|---|---|"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            address = path.replace(f"/{_MODEL}", "/MODEL").replace("{version}", "N")
            codes = ", ".join(operation["responses"])
            yield f"| `{method.upper()} {address}` | {_cell(operation['summary'])} | {codes} |"


def statuses(document: Mapping[str, Any]) -> Iterator[str]:
    """A row for each error status of an OpenAPI document."""
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    meanings = {
        code: response["description"]
        for operation in operations
        for code, response in operation["responses"].items()
        if code >= "400"
    }
    yield "| status | meaning |\n|---|---|"
    for code, meaning in sorted(meanings.items()):
        yield f"| {code} | {_cell(meaning)} |"


def metrics(text: str) -> Iterator[str]:
    """A row for each metric of nbmodel in Prometheus' text format."""
    yield "| metric | type | meaning |\n|---|---|---|"
    lines = [line.split(" ", 3) for line in text.splitlines() if line.startswith("# ")]
    types = {name: rest for _, kind, name, rest in lines if kind == "TYPE"}
    for _, kind, name, rest in lines:
        if kind == "HELP" and name.startswith("nbmodel_") and not name.endswith("_created"):
            yield f"| `{name}` | {types[name]} | {_cell(rest)} |"


if __name__ == "__main__":
    write_pages(Path(__file__).parents[1] / "reference", own_pages())
