"""What Jupyter Server loads, configures and stops."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from nbmodel.config import NbModel
from nbmodel.jupyter_server.handlers import SERVICE, AboutHandler, VerbHandler
from nbmodel.jupyter_server.service import Service


class Extension(ExtensionApp):
    """nbmodel for Jupyter Server; configured by ``c.NbModel``, as in a notebook."""

    name = "nbmodel"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        """Prepare the answers; nothing is opened yet."""
        # Not the process-wide instance: another server of this process may be set otherwise.
        self._service = Service(NbModel(config=self.config))
        self.settings[SERVICE] = self._service

    def initialize_handlers(self) -> None:
        """Name the handlers."""
        self.handlers.extend(
            [(r"/nbmodel/api/about", AboutHandler), (r"/nbmodel/api/([^/]+)", VerbHandler)]
        )

    async def stop_extension(self) -> None:
        """Let the answers under way end, and git's processes with them."""
        self._service.close()
