"""The metrics of several workers as those of one server.

Counters are added up, including those of workers that have ended. Gauges come from the workers
that run. A counter never decreases, because Prometheus would take that for a restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

SHARED_PREFIXES = ("nbmodel_watch_", "nbmodel_notifications")  # every worker reports the same
SUMMED_GAUGES = frozenset({"nbmodel_log_waiting_rows"})
_SUMMED_KINDS = frozenset({"counter", "histogram"})

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class _Family:
    name: str
    documentation: str
    kind: str
    values: dict[Key, float] = field(default_factory=dict)

    @property
    def summed(self) -> bool:
        return self.kind in _SUMMED_KINDS and not self.name.startswith(SHARED_PREFIXES)

    def add(self, key: Key, value: float) -> None:
        previous = self.values.get(key)
        if previous is None:
            self.values[key] = value
        elif self.summed or self.name in SUMMED_GAUGES:
            self.values[key] = previous + value
        else:
            self.values[key] = max(previous, value)


class MetricsAggregator(Collector):
    """Adds up the metrics of workers."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}

    def copy(self) -> MetricsAggregator:
        """An independent aggregator with the same values."""
        result = MetricsAggregator()
        for name, family in self._families.items():
            result._families[name] = replace(family, values=dict(family.values))
        return result

    def add_value(self, name: str, kind: str, documentation: str, value: float) -> None:
        """Add a value of the whole server, without labels."""
        suffix = "_total" if kind == "counter" else ""
        family = self._families.setdefault(name, _Family(name, documentation, kind))
        family.add((name + suffix, ()), value)

    def add(self, text: bytes, *, alive: bool = True) -> None:
        """Add the metrics of one worker; only the counters if it has ended."""
        for parsed in text_string_to_metric_families(text.decode()):
            family = _Family(parsed.name, parsed.documentation, parsed.type)
            if alive or family.summed:
                family = self._families.setdefault(parsed.name, family)
                for sample in parsed.samples:
                    family.add((sample.name, tuple(sample.labels.items())), sample.value)

    def collect(self) -> Iterator[Metric]:
        """Yield the families in the form that prometheus_client writes."""
        for family in self._families.values():
            metric = Metric(family.name, family.documentation, family.kind)
            for (name, labels), value in family.values.items():
                metric.add_sample(name, dict(labels), value)
            yield metric

    def text(self) -> bytes:
        """The metrics in Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)
