"""The counters of several workers as those of one server.

What is counted is added up, also of workers that ended; what is so now is told by those that
live. A scrape never goes back: Prometheus would take that for a restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

ALIKE = ("nbmodel_watch_", "nbmodel_notifications")  # of the one watcher, told by every worker
ADDED = frozenset({"nbmodel_log_waiting_rows"})  # gauges that are shares of a whole
_COUNTED = frozenset({"counter", "histogram"})

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class _Family:
    name: str
    documentation: str
    kind: str
    values: dict[Key, float] = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        return self.kind in _COUNTED and not self.name.startswith(ALIKE)

    def add(self, key: Key, value: float) -> None:
        before = self.values.get(key)
        if before is None:
            self.values[key] = value
        elif self.counted or self.name in ADDED:
            self.values[key] = before + value
        else:
            self.values[key] = max(before, value)


class Sums(Collector):
    """Families of metrics, added up."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}

    def copy(self) -> Sums:
        """The same sums, to go on with."""
        fresh = Sums()
        for name, family in self._families.items():
            fresh._families[name] = replace(family, values=dict(family.values))
        return fresh

    def note(self, name: str, kind: str, documentation: str, value: float) -> None:
        """One more value of the whole server."""
        suffix = "_total" if kind == "counter" else ""
        family = self._families.setdefault(name, _Family(name, documentation, kind))
        family.add((name + suffix, ()), value)

    def add(self, text: bytes, *, alive: bool = True) -> None:
        """Add what one worker told; of one that ended, only what it counted."""
        for found in text_string_to_metric_families(text.decode()):
            family = _Family(found.name, found.documentation, found.type)
            if alive or family.counted:
                family = self._families.setdefault(found.name, family)
                for sample in found.samples:
                    family.add((sample.name, tuple(sample.labels.items())), sample.value)

    def collect(self) -> Iterator[Metric]:
        """The sums, as prometheus_client writes them."""
        for family in self._families.values():
            metric = Metric(family.name, family.documentation, family.kind)
            for (name, labels), value in family.values.items():
                metric.add_sample(name, dict(labels), value)
            yield metric

    def text(self) -> bytes:
        """Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)
