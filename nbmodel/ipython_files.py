"""Settings in IPython's configuration files, for processes that are not a kernel."""

from __future__ import annotations

import logging
import os
import sys
from functools import lru_cache
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

# What a kernel reads from its profile; a later file decides.
NAMES = ("ipython_config", "ipython_kernel_config")
LOADERS = {".json": JSONFileConfigLoader, ".py": PyFileConfigLoader}
MAX_CACHED_FILES = 32

_log = logging.getLogger(__name__)


def setting(name: str) -> str:
    """The value of ``c.NbModel.NAME`` in the files that a kernel of the default profile reads.

    Parameters
    ----------
    name : str
        Name of a setting that is a text.

    Returns
    -------
    str
        An empty text if no file sets it. A file that cannot be read is left out, with a warning
        in the log, as IPython does.
    """
    value = ""
    for folder in _folders():
        for path in (folder / (stem + ending) for stem in NAMES for ending in LOADERS):
            try:
                changed_ns = path.stat().st_mtime_ns
            except OSError:  # most of them do not exist
                continue
            value = str(_section(path, changed_ns).get(name, value))
    return value


def _folders() -> list[Path]:
    """The folders in IPython's order: those of the machine first, the user's profile last."""
    own = os.environ.get("IPYTHONDIR") or str(Path("~/.ipython").expanduser())
    return [
        Path("/etc/ipython"),
        Path("/usr/local/etc/ipython"),
        Path(sys.prefix, "etc", "ipython"),
        Path(own, "profile_default"),
    ]


@lru_cache(MAX_CACHED_FILES)
def _section(path: Path, changed_ns: int) -> Config:
    """Settings of nbmodel in one file; `changed_ns` makes a new version of the file another key."""
    try:
        config = LOADERS[path.suffix](path.name, path=str(path.parent)).load_config()
    except Exception as error:  # noqa: BLE001  the file is a program of the user
        _log.warning("%s was not read: %s: %s", path, type(error).__name__, error)
        return Config()
    return Config(config.get("NbModel", {}))
