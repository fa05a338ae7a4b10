"""A Voilà that serves one notebook of ours, and nothing else."""

from __future__ import annotations

import logging
import re
import shutil
import signal
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import tornado.ioloop
from jinja2 import Environment, FileSystemLoader
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import run_sync
from tornado.web import HTTPError, RedirectHandler
from traitlets import default
from voila.app import Voila  # type: ignore[import-untyped]
from voila.tornado.handler import TornadoVoilaHandler  # type: ignore[import-untyped]

from nbmodel.dashboard import policy

STATIC = Path(__file__).parent / "static"
PAGES = Path(__file__).parent / "pages"
MAX_STOP_ATTEMPTS = 10  # each ends at least the kernels that no page ended meanwhile


class OwnKernel(KernelSpecManager):
    """Knows the kernel of this environment only: another may not have nbmodel."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel, which keeps its remarks about the network to itself."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv = [*spec.argv, f"--IPKernelApp.log_level={logging.ERROR}"]
        return spec

    @default("kernel_dirs")
    def _none(self) -> list[str]:
        return []


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """The page, with a policy that names the address of its web socket."""

    @property
    def content_security_policy(self) -> str:
        """What the page may load and run."""
        return policy.for_server(self.request.host)

    async def get(self, path: str | None = None) -> None:
        """The page, with the cookie by which it may end its kernel when it is left."""
        _ = self.xsrf_token  # asking for it sets the cookie
        await super().get(path)


class Dashboard(Voila):  # type: ignore[misc]
    """Voilà, which says where it is once it answers."""

    def __init__(self, announce: Callable[[], object], **options: Any) -> None:
        super().__init__(**options)
        self._announce = announce

    @default("config_file_paths")
    def _no_config_files(self) -> list[str]:
        return []  # what is served here does not depend on what the user set for other notebooks

    def setup_template_dirs(self) -> None:
        """Voilà's and ours; scripts and styles of ours only."""
        super().setup_template_dirs()
        self.static_paths.insert(0, str(STATIC))

    def init_settings(self) -> dict[str, Any]:
        """Voilà's own, with our pages for logging in and for errors."""
        settings: dict[str, Any] = super().init_settings()
        pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
        settings["jinja2_env"] = settings["voila_jinja2_env"] = pages
        return settings

    def init_handlers(self) -> list[Any]:
        """Voilà's own, with our page, at the root and under the path that a proxy adds.

        A proxy may pass the path on, or remove it. Voilà itself has the login at the root only.
        """
        base = self.base_url.rstrip("/")
        prefix = f"(?:{re.escape(base)})?" if base else ""
        handlers = [
            (
                prefix + pattern,
                *(PageHandler if part is TornadoVoilaHandler else part for part in rest),
            )
            for pattern, *rest in super().init_handlers()
        ]
        to_page = (re.escape(base), RedirectHandler, {"url": f"{base}/", "permanent": False})
        return [to_page, *handlers] if base else handlers

    def stop(self) -> None:
        """End the kernels. A page that closes may end its kernel at the same time."""
        shutil.rmtree(self.connection_dir, ignore_errors=True)
        for _ in range(MAX_STOP_ATTEMPTS):
            try:
                run_sync(self.kernel_manager.shutdown_all)()
                break
            except HTTPError as error:
                if error.status_code != HTTPStatus.NOT_FOUND:
                    raise

    def listen(self) -> None:
        """Serve until the process is told to stop."""
        # Not as KeyboardInterrupt in the midst of a kernel's start: the kernels are ended in order.
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        tornado.ioloop.IOLoop.current().add_callback(self._announce)
        super().listen()
