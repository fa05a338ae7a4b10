"""What the numbers were measured on, and keeping it quiet."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

MIB = 1 << 20
DISTRIBUTIONS = ("numpy", "scikit-learn", "joblib", "ipython", "gitpython", "blake3")
PATIENCE = 5.0  # seconds to wait for others, at most
BUSY = 0.15  # share of all cores that others may use


def facts(folder: Path) -> dict[str, Any]:
    """Cores, memory, disk and versions.

    Parameters
    ----------
    folder : Path
        On the disk that is measured.
    """
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "file_system": _file_system(folder),
        "disk_write_fsync_mib_s": round(_disk_speed(folder)),
        "git": _output_of("git", "--version").removeprefix("git version "),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in DISTRIBUTIONS},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _file_system(folder: Path) -> str:
    return _output_of("stat", "--file-system", "--format=%T", str(folder))


def _output_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _disk_speed(folder: Path, size: int = 256 * MIB) -> float:
    """MiB a second of one plain file, written and fsynced; median of five."""
    block = os.urandom(16 * MIB)
    seconds = []
    for _ in range(5):
        os.sync()
        path = folder / "speed"
        begin = time.perf_counter()
        with path.open("wb", buffering=0) as file:
            for _ in range(size // len(block)):
                file.write(block)
            os.fsync(file.fileno())
        seconds.append(time.perf_counter() - begin)
        path.unlink()
    return size / MIB / median(seconds)


# -- quiet -------------------------------------------------------------------


def settle(folder: Path, memory: int) -> None:
    """Write back what is waiting, let other programs be done, and touch memory.

    Parameters
    ----------
    folder : Path
        On the disk that is measured.
    memory : int
        Bytes that a sample needs, files included. The host of a virtual machine
        takes free memory back after a second or so and returns it, when it is
        touched, at a tenth of its speed: of two sides the one that happens to
        get warm pages would win.
    """
    os.sync()
    end = time.monotonic() + PATIENCE
    while _busy() > BUSY and time.monotonic() < end:
        pass
    _touch(folder / "touch", memory)


def _touch(path: Path, size: int) -> None:
    """Fill the page cache with a file that never gets to the disk."""
    block = os.urandom(min(size, 16 * MIB))
    with path.open("wb", buffering=0) as file:
        for _ in range(0, size, len(block)):
            file.write(block)
    path.unlink()


def _busy(interval: float = 0.2) -> float:
    """Share of all cores in use during `interval` seconds of sleep."""
    before = _ticks()
    time.sleep(interval)
    busy, total = (after - first for after, first in zip(_ticks(), before, strict=True))
    return busy / max(1, total)


def _ticks() -> tuple[int, int]:
    """``(busy, total)`` clock ticks of all cores since the start."""
    try:
        text = Path("/proc/stat").read_text()
    except OSError:
        return 0, 0
    counts = [int(field) for field in text.split("\n", 1)[0].split()[1:9]]
    idle = counts[3] + counts[4]
    return sum(counts) - idle, sum(counts)
