"""Fill the registry beside these notebooks by running the quickstart once.

`make start`, `make dashboard` and binder call it, so that panels and dashboard have something
to show at once. A registry that is there already is left alone.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
REGISTRY = HERE / ".nbmodel.git"


def main() -> int:
    """Run the quickstart in a scratch folder, then move what it committed here."""
    if REGISTRY.exists():
        return 0
    print("running the quickstart once, to have models to show")
    with tempfile.TemporaryDirectory() as scratch:
        notebook = nbformat.read(HERE / "quickstart.ipynb", 4)
        os.environ["TMPDIR"] = scratch  # where the quickstart makes its registry
        NotebookClient(notebook, resources={"metadata": {"path": scratch}}).execute()
        (made,) = Path(scratch).glob("nbmodel-quickstart-*/.nbmodel.git")
        part = REGISTRY.with_name(".nbmodel.part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        shutil.copytree(made, part)
        part.rename(REGISTRY)  # whole or not at all
    return 0


if __name__ == "__main__":
    sys.exit(main())
