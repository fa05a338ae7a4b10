"""The notebooks run top to bottom in a real kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


@pytest.mark.parametrize(
    "name",  # tests/test_monitoring_notebook.py runs the one that takes long
    [path.name for path in sorted(NOTEBOOKS.glob("*.ipynb")) if path.stem != "monitoring"],
)
def test_a_notebook_runs_and_shows_what_its_text_says(name, tmp_path):
    notebook = nbformat.read(NOTEBOOKS / name, 4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    assert not [text for text in outputs if "UsageError" in text]
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("%model_"):
            assert cell.outputs, cell.source


def test_the_notebooks_are_stored_without_outputs():
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            assert not cell.get("outputs")
