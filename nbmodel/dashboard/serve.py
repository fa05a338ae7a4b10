"""``nbmodel dashboard``: read-only, on one notebook, until Ctrl-C."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config

from nbmodel import terminal
from nbmodel.config import LOG_VARIABLE, READ_ONLY_VARIABLE, REPO_VARIABLE, NbModel
from nbmodel.dashboard import address, policy
from nbmodel.dashboard.app import STATIC, Dashboard, OwnKernel
from nbmodel.display import visible
from nbmodel.errors import NotFound
from nbmodel.versioning.registry import Registry
from nbmodel.widgets.static_files import read_static

HERE = Path(__file__).parent
MODEL_VARIABLE = "NBMODEL_MODEL"
KEEP_ALIVE_SECONDS = 3600  # seconds; sooner Voilà would write an inline script into the page
PREHEATED_KERNELS = 2  # kernels that wait for a viewer
MAX_IDLE_SECONDS = 600  # seconds after which the kernel of a page that is gone ends


@dataclass(frozen=True, slots=True)
class Options:
    """Where to listen, for whom, and on what to open."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = ""
    model: str = ""
    browser: bool = False
    base_url: str = ""


def serve(registry: Registry, options: Options) -> None:
    """Show a registry until the process is told to stop.

    Raises
    ------
    InvalidValue
        If the address or the base URL cannot be used.
    NotBuilt
        If the front end of a source tree was not built.
    """
    read_static(STATIC / "live.js")
    public = address.public_address(options.base_url)
    token = address.token_for(options.host, options.token, public.host)
    port = address.free_port(options.host, options.port)
    place = registry.context.location
    os.environ |= {
        REPO_VARIABLE: str(place.work_tree or place.git_dir),
        READ_ONLY_VARIABLE: "1",
        MODEL_VARIABLE: options.model,
        LOG_VARIABLE: NbModel.instance().chosen_log(),
        "JUPYTER_PATH": os.pathsep.join(
            filter(None, (str(HERE / "share" / "jupyter"), os.environ.get("JUPYTER_PATH")))
        ),
    }
    url = address.url_of(options.host, port, token, public)
    title = visible(Path(place.name).name)
    registry.close()
    app = Dashboard(
        lambda: terminal.show(f"{title} at {url}  (Ctrl-C ends it)", sys.stdout),
        config=_config(options, port, token, title, public),
        notebook_path=str(notebook("model" if options.model else "registry")),
    )
    app.initialize([])
    app.start()


def notebook(name: str) -> Path:
    """A notebook of ours: in the wheel it lies here, in a source tree beside the package."""
    for folder in (HERE, HERE.parent.parent / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise NotFound("notebook", name, "this installation of nbmodel")


def _config(
    options: Options, port: int, token: str, title: str, public: address.PublicAddress
) -> Config:
    local = address.is_loopback(options.host)
    return Config(
        {
            "Voila": {
                "ip": options.host,
                "port": port,
                "port_retries": 0,
                "base_url": public.path,
                "server_url": "/",  # `Dashboard.init_handlers` adds the path
                "token": token,
                "open_browser": options.browser,
                "log_level": logging.ERROR,
                "tornado_settings": {
                    # Else any web page could reach it under a name that its owner points here.
                    "allow_remote_access": not local,
                    "local_hostnames": list(filter(None, ("localhost", public.host))),
                    "xsrf_cookie_kwargs": {"path": public.path},
                    "headers": {
                        "Content-Security-Policy": policy.for_server(),
                        "Referrer-Policy": "same-origin",  # the address may hold the token
                    },
                },
            },
            "VoilaConfiguration": {
                "template": "nbmodel",
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "preheat_kernel": True,
                "default_pool_size": PREHEATED_KERNELS,
                "http_keep_alive_timeout": KEEP_ALIVE_SECONDS,
                "file_allowlist": [],
                "file_denylist": [".*"],
                "kernel_spec_manager_class": OwnKernel,
                "resources": {"nbmodel": {"title": title}},
            },
            # Else a person with the token could set a password for the owner's Jupyter.
            "PasswordIdentityProvider": {"allow_password_change": False},
            "MappingKernelManager": {
                "cull_idle_timeout": MAX_IDLE_SECONDS,
                "cull_interval": 60,
                "cull_connected": False,
            },
        }
    )
