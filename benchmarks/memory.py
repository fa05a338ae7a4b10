"""Memory of a process in bytes, as Linux reports it."""

from __future__ import annotations

from pathlib import Path

_SELF = Path("/proc/self")


def anonymous() -> int:
    """Memory that belongs to this process alone: heap, and pages written of private maps."""
    return _field("smaps_rollup", "Anonymous")


def resident() -> int:
    """Memory in use now, mapped files included."""
    return _field("status", "VmRSS")


def peak() -> int:
    """The highest `resident` since `forget_peak`: the kernel counts, no sampling misses it."""
    return _field("status", "VmHWM")


def forget_peak() -> None:
    """Begin a new peak (proc(5), ``clear_refs`` 5)."""
    (_SELF / "clear_refs").write_text("5")


def _field(file: str, name: str) -> int:
    for line in (_SELF / file).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)
