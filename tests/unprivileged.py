"""Python in a process that obeys file permissions, also if the tests run as root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_DROP = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def run(code: str, *args: str | Path) -> Any:
    """What a script prints, as JSON."""
    start: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root, and no setpriv: nothing is forbidden")
        start = _DROP
    done = subprocess.run(
        [*start, sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def shell(line: str) -> None:
    """Run a line of advice as a user would."""
    subprocess.run(["sh", "-c", line], check=True, capture_output=True)
