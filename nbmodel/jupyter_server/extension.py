"""The application that Jupyter Server loads, configures and stops."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from nbmodel.config import NbModel
from nbmodel.jupyter_server.handlers import SERVICE_KEY, AboutHandler, VerbHandler
from nbmodel.jupyter_server.service import Service


class Extension(ExtensionApp):
    """nbmodel for Jupyter Server; it is configured by ``c.NbModel``, as in a notebook."""

    name = "nbmodel"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        """Create the service; it opens no registry yet."""
        # Not the instance of the process: another server in it may have other settings.
        self._service = Service(NbModel(config=self.config))
        self.settings[SERVICE_KEY] = self._service

    def initialize_handlers(self) -> None:
        """Register the handlers."""
        self.handlers.extend(
            [(r"/nbmodel/api/about", AboutHandler), (r"/nbmodel/api/([^/]+)", VerbHandler)]
        )

    async def stop_extension(self) -> None:
        """Finish the running requests, and stop git's processes."""
        self._service.close()
