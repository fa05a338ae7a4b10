"""Verbs in threads of their own: the server's event loop never waits for git or a disk."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from nbmodel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmodel.config import NbModel
    from nbmodel.jupyter_server.registries import Registries

THREADS = 8
SLOW_THREADS = 2  # each of whose answers uses all cores by itself


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, of which registry.

    Attributes
    ----------
    table : {"QUESTIONS", "ACTIONS"}
        Of `nbmodel.views`: where the verb must be.
    verb : str
    args : mapping
    root, path : str
        The folder that the server shows, and a notebook in it.
    repo : str
        A registry by its absolute path; it wins over `path`.
    """

    table: str
    verb: str
    args: Mapping[str, Any]
    root: str
    path: str
    repo: str


class Service:
    """Answers requests over registries that stay open.

    Parameters
    ----------
    settings : NbModel
    """

    def __init__(self, settings: NbModel) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(THREADS, "nbmodel")
        self._slowly = ThreadPoolExecutor(SLOW_THREADS, "nbmodel-slow")
        self._lock = Lock()

    async def ask(self, request: Request) -> str:
        """Answer as strict JSON."""
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self._threads, _is_slow, request.verb):
            return await loop.run_in_executor(self._slowly, self._answer, request)
        return await loop.run_in_executor(self._threads, self._answer, request)

    def close(self) -> None:
        """Wait for what is under way; close the registries."""
        for threads in (self._slowly, self._threads):
            threads.shutdown(cancel_futures=True)
        with self._lock:
            if "_registries" in self.__dict__:
                self._registries.close()

    @cached_property
    def _registries(self) -> Registries:
        # By name and only now: it brings GitPython, numpy and SQLite along.
        module = import_module("nbmodel.jupyter_server.registries")
        opened: Registries = module.Registries(
            read_only=bool(self._settings.read_only), log=self._settings.chosen_log()
        )
        return opened

    def _answer(self, request: Request) -> str:
        views = import_module("nbmodel.views")
        table = getattr(views, request.table)
        if request.verb not in table:
            raise NotFound(request.table.lower()[:-1], request.verb[:80], "nbmodel", table)
        with self._lock:
            registries = self._registries
        folder = registries.folder(
            request.root, request.path, request.repo or self._settings.chosen_repo()
        )
        with registries.lent(folder) as registry:
            answer = views.answer(registry, request.verb, request.args)
        return json.dumps(answer, allow_nan=False)


def _is_slow(verb: str) -> bool:
    return verb in import_module("nbmodel.views").SLOW
