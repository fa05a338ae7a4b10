"""Calls views in threads, so that the server's event loop never waits for git or a disk."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from nbmodel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbmodel.config import NbModel
    from nbmodel.jupyter_server.registries import Registries

THREADS = 8
SLOW_THREADS = 2  # for views that use all cores
NETWORK_THREADS = 2  # for actions that wait for a remote


@dataclass(frozen=True, slots=True)
class Request:
    """The call of a view, and the registry that it is about.

    Attributes
    ----------
    table : {"QUESTIONS", "ACTIONS"}
        The table of `nbmodel.views` that has the verb.
    verb : str
    args : mapping
    root, path : str
        The folder that the server shows, and a notebook in it.
    repo : str
        The absolute path of a registry; if it is not empty, `path` is ignored.
    """

    table: str
    verb: str
    args: Mapping[str, Any]
    root: str
    path: str
    repo: str


class Service:
    """Answers requests, and keeps registries open.

    Parameters
    ----------
    settings : NbModel
    """

    def __init__(self, settings: NbModel) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(THREADS, "nbmodel")
        self._slow_threads = ThreadPoolExecutor(SLOW_THREADS, "nbmodel-slow")
        self._network_threads = ThreadPoolExecutor(NETWORK_THREADS, "nbmodel-network")
        self._lock = Lock()

    async def ask(self, request: Request) -> str:
        """Call a view; returns its result as strict JSON."""
        loop = asyncio.get_running_loop()
        kind = await loop.run_in_executor(self._threads, _kind_of, request.verb)
        pools = {"slow": self._slow_threads, "network": self._network_threads}
        return await loop.run_in_executor(pools.get(kind, self._threads), self._answer, request)

    def close(self) -> None:
        """Wait for the running requests, then close the registries."""
        for threads in (self._network_threads, self._slow_threads, self._threads):
            threads.shutdown(cancel_futures=True)
        with self._lock:
            if "_registries" in self.__dict__:
                self._registries.close()

    @cached_property
    def _registries(self) -> Registries:
        # Imported with the first request, because it imports GitPython, numpy and SQLite.
        from nbmodel.jupyter_server.registries import Registries

        return Registries(read_only=bool(self._settings.read_only), log=self._settings.chosen_log())

    def _answer(self, request: Request) -> str:
        from nbmodel import views

        table = getattr(views, request.table)
        if request.verb not in table:
            raise NotFound(request.table.lower()[:-1], request.verb[:80], "nbmodel", table)
        with self._lock:
            registries = self._registries
        folder = registries.folder(
            request.root, request.path, request.repo or self._settings.chosen_repo()
        )
        with registries.borrow(folder) as registry:
            answer = views.answer(registry, request.verb, request.args)
        return json.dumps(answer, allow_nan=False)


def _kind_of(verb: str) -> str:
    """Which threads answer a verb: slow, network, or an empty text for those of all others."""
    from nbmodel.views import SLOW, SLOW_ACTIONS

    return "slow" if verb in SLOW else "network" if verb in SLOW_ACTIONS else ""
