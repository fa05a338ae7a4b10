"""What every endpoint of one server works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nbmodel.serve.http.clock import Clock
from nbmodel.serve.http.middleware import RequestLimits
from nbmodel.serve.http.recording import Recorder
from nbmodel.serve.inference.slots import Slots

GatherMetrics = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """What an application works with.

    Attributes
    ----------
    slots : Slots
    recorder : Recorder or None
        None if nothing is logged.
    limits : RequestLimits
    clock : Clock
    gather : callable or None
        Takes this worker's metrics and returns those of all workers; None for a single worker.
    """

    slots: Slots
    recorder: Recorder | None = None
    limits: RequestLimits = field(default_factory=RequestLimits)
    clock: Clock = field(default_factory=Clock)
    gather: GatherMetrics | None = None
