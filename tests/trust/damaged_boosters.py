"""Loads damaged boosters in another process: each is refused or loads, and none crashes."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from nbmodel.flavors import pickling

_CHILD = """
import json, pickle, random, sys
from pathlib import Path
import numpy as np
from nbmodel.errors import NbModelError
from nbmodel.trust.loader import load_untrusted

folder, count = Path(sys.argv[1]), int(sys.argv[2])
cases, code = pickle.loads((folder / "cases").read_bytes())
use = {}
exec(code, use)
random.seed(5)

def damaged(number, buffers):
    parts = [bytearray(part) for part in buffers]
    part = max(parts, key=len)
    place = random.randrange(len(part))
    kind = number % 10
    if kind > 7:  # a digit of a text for another
        digits = [n for n, byte in enumerate(part) if 48 <= byte < 58]
        part[random.choice(digits or [place])] = random.choice(b"0123456789-")
    elif kind < 4:
        part[place] ^= 1 << random.randrange(8)
    elif kind == 4:
        part[place] = random.randrange(256)
    elif kind == 5:
        part[place : place + 4] = random.choice((b"\\xff" * 4, b"\\x7f" + b"\\xff" * 3, bytes(4)))
    elif kind == 6:
        del part[place : place + random.randrange(1, 9)]
    else:
        other = random.randrange(len(part))
        part[place : place + 16] = part[other : other + 16]
    return parts

def attempt(skeleton, parts, data):
    try:
        model = load_untrusted(skeleton, [memoryview(part) for part in parts], "damaged@1")
    except NbModelError:
        return "refused"
    try:
        use["predict"](model, data)
    except Exception as error:
        if type(error).__name__ not in ("XGBoostError", "LightGBMError", "ValueError", "TypeError"):
            raise
    return "loaded"

found = {}
for name, (skeleton, buffers, data) in cases.items():
    print(name, file=sys.stderr)
    found[name] = {"refused": 0, "loaded": 0}
    for number in range(count):
        found[name][attempt(skeleton, damaged(number, buffers), data)] += 1
print(json.dumps(found))
"""


def damage(
    folder: Path, objects: dict[str, tuple[Any, Any]], code: str, count: int
) -> dict[str, dict[str, int]]:
    """Try `count` damaged copies of each stored object.

    Parameters
    ----------
    folder : Path
    objects : dict
        By name, an object and the data to predict on.
    code : str
        Defines ``predict(model, data)``.
    count : int

    Returns
    -------
    found : dict
        By name, how many were ``refused`` and ``loaded``.
    """
    cases = {name: (*everything_apart(obj), data) for name, (obj, data) in objects.items()}
    (folder / "cases").write_bytes(pickle.dumps((cases, code)))
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CHILD, str(folder), str(count)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, f"{child.returncode}: {child.stderr[-3000:]}"
    return json.loads(child.stdout.splitlines()[-1])


def everything_apart(obj: Any) -> tuple[bytes, list[bytes]]:
    """Dump with every buffer out of band, however small: that is where the damage is done."""
    buffers: list[bytes] = []
    file = io.BytesIO()

    def keep(buffer: pickle.PickleBuffer) -> None:
        buffers.append(bytes(buffer.raw()))

    pickling.SnapshotPickler(file, protocol=5, buffer_callback=keep).dump(obj)
    return file.getvalue(), buffers
