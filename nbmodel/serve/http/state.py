"""What every endpoint of one server works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbmodel.serve.http.clock import Clock
from nbmodel.serve.http.middleware import Limits
from nbmodel.serve.http.recording import Recorder
from nbmodel.serve.inference.slots import Slots

Gather = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Serving:
    """What an application works with.

    Attributes
    ----------
    slots : Slots
    recorder : Recorder or None
        Without one nothing is logged.
    limits : Limits
    clock : Clock
    watched : Path or None
        Folder of what the watcher finds.
    gather : callable or None
        Own counters to those of all workers; None for a server that is alone.
    """

    slots: Slots
    recorder: Recorder | None = None
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=Clock)
    watched: Path | None = None
    gather: Gather | None = None
