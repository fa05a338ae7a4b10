"""The base of our widgets: a script that the page loads, and an id by which it hears the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from nbmodel.widgets.static_files import read_static

_STATIC = Path(__file__).parent / "static"


class ScriptWidget(anywidget.AnyWidget):
    """A widget that a script of ``labextension/src/widget`` draws.

    Parameters
    ----------
    script : str
        File name of the built script.
    **values
        Values of the traits that the script reads.

    Raises
    ------
    NotBuilt
        If the front end of a source tree was not built.
    """

    _esm = traitlets.Unicode().tag(sync=True)  # imports `script`; see widget/loader.ts
    script = traitlets.Unicode().tag(sync=True)
    comm_id = traitlets.Unicode().tag(sync=True)  # for widget/widgetModel.ts

    def __init__(self, script: str, **values: Any) -> None:
        comm_id = uuid4().hex
        super().__init__(
            model_id=comm_id,  # ipywidgets opens the comm with this id
            comm_id=comm_id,
            _esm=read_static(_STATIC / "loader.js"),
            script=read_static(_STATIC / script),
            **values,
        )
