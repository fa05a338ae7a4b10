"""The peers' own environments: made once, with pinned versions, under ``.peers``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = HERE / ".peers"
MLFLOW = "3.17.2"


def mlflow() -> Path:
    """Interpreter of an environment with MLflow and the scikit-learn that is measured here."""
    pins = [f"mlflow=={MLFLOW}", *(f"{d}=={version(d)}" for d in ("scikit-learn", "numpy"))]
    return _environment("mlflow", pins)


def _environment(name: str, pins: list[str]) -> Path:
    folder = PEERS / name
    python = folder / "bin" / "python"
    stamp = folder / "pins.txt"
    wanted = "\n".join(pins)
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print(f"installing {', '.join(pins)} into {folder.relative_to(HERE.parent)}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "-qq", *pins], check=True)
    stamp.write_text(wanted)
    return python
