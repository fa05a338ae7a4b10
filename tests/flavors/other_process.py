"""Loads an object in another process than the one that dumped it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from nbmodel.flavors import pickling

_CHILD = """
import pickle, sys
from pathlib import Path
from nbmodel.flavors import pickling

folder = Path(sys.argv[1])
objects = {}
for part in sorted(folder.iterdir()):
    if part.is_dir():
        buffers = [memoryview(bytearray(f.read_bytes())) for f in sorted(part.glob("buffer*"))]
        objects[part.name] = pickling.load((part / "skeleton").read_bytes(), buffers)
data = pickle.loads((folder / "data").read_bytes())
results = {}
exec((folder / "code.py").read_text())
(folder / "results").write_bytes(pickle.dumps(results))
"""


def elsewhere(folder: Path, objects: dict[str, Any], data: Any, code: str) -> Any:
    """Run `code` over `objects` and `data` in another process; it fills the dict ``results``."""
    for name, obj in objects.items():
        pickled = pickling.dump(obj)
        part = folder / name
        part.mkdir(parents=True)
        (part / "skeleton").write_bytes(pickled.skeleton)
        for number, buffer in enumerate(pickled.buffers):
            (part / f"buffer{number:05}").write_bytes(buffer)
    (folder / "data").write_bytes(pickle.dumps(data))
    (folder / "code.py").write_text(code)
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder)],
        env=os.environ | {"KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3000:]
    return pickle.loads((folder / "results").read_bytes())


def reload(obj: Any) -> Any:
    """Dump and load in this process, over copies of the buffers."""
    pickled = pickling.dump(obj)
    return pickling.load(pickled.skeleton, [memoryview(bytearray(b)) for b in pickled.buffers])


def notebook(source: str) -> dict[str, Any]:
    """Names defined as a notebook defines them: in ``__main__``, where no one can import them."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(source, names)
    return names
