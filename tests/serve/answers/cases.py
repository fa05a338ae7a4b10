"""A fitted model of each kind, and a server of the models of a file."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import nbmodel
from nbmodel.errors import NbModelError, ServerFailed
from nbmodel.serve.process import RunningServer, start
from nbmodel.versioning.registry import Registry
from tests.fixtures.servers import Answer, Client, answer_of
from tests.serve.answers.rows import Rows
from tests.serve.answers.ways import Request

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """A fitted model, and how a notebook asks it.

    Attributes
    ----------
    model : object
    data : object
        The training data of the commit, or None.
    rows : Rows
        To ask for: not those of the training.
    methods : sequence of str
    call : callable, optional
        Of method and rows: how the notebook asks, where it is not ``model.method(rows)``.
    names : mapping of str to sequence of str
        Of the outputs of a method that has several.
    """

    model: Any
    data: Any
    rows: Rows
    methods: Sequence[str] = ("predict",)
    call: Callable[[str, Any], Any] | None = None
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def wanted(self, method: str) -> Outputs:
        """What the notebook answers to all rows, by the name of the output."""
        call = self.call or (lambda name, rows: getattr(self.model, name)(rows))
        outputs = call(method, self.rows.value)
        if isinstance(outputs, Mapping):
            return {f"{method}.{key}": as_array(values) for key, values in outputs.items()}
        if isinstance(outputs, list | tuple) and method in self.names:
            parts = zip(self.names[method], outputs, strict=True)
            return {name: as_array(values) for name, values in parts}
        return {method: as_array(outputs)}


Make = Callable[[], Case]


class Cases(dict[str, Make]):
    """The table of a file: how to make each model, by its name."""

    def add(self, make: Make) -> Make:
        """Decorator of a function that makes a case."""
        self[make.__name__] = make
        return make


@dataclass(frozen=True)
class Served:
    """A server of a family.

    Attributes
    ----------
    server : RunningServer or None
    cases : mapping of str to Case
    warnings : mapping of str to sequence of str
        What each commit warned of.
    failed : mapping of str to str
        Why a model could not be committed or served.
    """

    server: RunningServer | None
    cases: Mapping[str, Case]
    warnings: Mapping[str, Sequence[str]]
    failed: Mapping[str, str]

    def ask(self, name: str, request: Request) -> Answer:
        """The response to one request."""
        path = request.path.format(name)
        return Client(self.server).ask(path, request.body, **request.headers)

    def ask_together(self, name: str, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests of as many clients, all sent before one answer is read."""
        address = Client(self.server).address
        lines = [http.client.HTTPConnection(address.hostname, address.port) for _ in requests]
        try:
            for line in lines:
                line.connect()
            for line, request in zip(lines, requests, strict=True):
                line.request("POST", request.path.format(name), request.body, request.headers)
            return [answer_of(line.getresponse()) for line in lines]
        finally:
            for line in lines:
                line.close()


def serve(folder: Path, makers: Mapping[str, Make]) -> Served:
    """Commit every model and serve them in one process.

    A model that cannot be committed or served fails its own tests, not those of the others.
    """
    cases = {name: make() for name, make in makers.items()}
    failed: dict[str, str] = {}
    warnings: dict[str, Sequence[str]] = {}
    with nbmodel.open(folder, create=True) as registry:
        for name, case in cases.items():
            try:
                warnings[name] = registry.commit(case.model, name, data=case.data).warnings
            except NbModelError as error:
                failed[name] = f"commit: {error}"
        while left := [name for name in cases if name not in failed]:
            server, error = _started(registry, left, folder)
            if server is not None:
                return Served(server, cases, warnings, failed)
            failed |= _culprits(registry, left, folder, error)
    return Served(None, cases, warnings, failed)


def as_array(values: Any) -> np.ndarray:
    """An answer of any framework as an array."""
    if hasattr(values, "toarray"):
        return values.toarray()
    if hasattr(values, "detach"):
        values = values.detach()
        return values.float().numpy() if "bfloat16" in str(values.dtype) else values.numpy()
    return np.asarray(values)


# -- parts -------------------------------------------------------------------


def _started(
    registry: Registry, names: Sequence[str], folder: Path
) -> tuple[RunningServer | None, str]:
    words = [*(f"{name}@1" for name in names), "--port", "0", "--no-log"]
    try:
        return start(registry.path, words, detach=False, log=folder / "serve.log"), ""
    except ServerFailed as error:
        return None, str(error)


def _culprits(registry: Registry, names: Sequence[str], folder: Path, error: str) -> dict[str, str]:
    """Those that the error names, else those that do not start alone, else all."""
    named = {name: error for name in names if re.search(rf"\b{name}@1\b", error)}
    if named:
        return named
    alone: dict[str, str] = {}
    for name in names:
        server, why = _started(registry, [name], folder)
        if server is None:
            alone[name] = why
        else:
            server.stop()
    return alone or dict.fromkeys(names, error)
