"""Memory of reference cycles is freed, after requests and after a version was replaced."""

from __future__ import annotations

import gc
import time

import numpy as np
import psutil
import pytest

from nbmodel.serve.workers.garbage import (
    MAX_ALLOCATIONS,
    MAX_INTERVAL_SECONDS,
    SETTLE_SECONDS,
    GarbageCollector,
)
from tests.waiting import until

MIB = 1 << 20

SOURCE = """
import numpy as np

class Circular:
    n_features_in_ = 1

    def __init__(self, size):
        self.array = np.ones(size, np.uint8)
        self.itself = self

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        # Allocators return an array of this size to the system as soon as it is freed.
        ring = [np.ones(40 << 20, np.uint8)]
        ring.append(ring)
        return np.asarray(X)[:, 0]
"""


@pytest.fixture
def circular():
    """A class that is pickled by value."""
    names = {"__name__": "__main__"}
    exec(SOURCE, names)
    return names["Circular"]


@pytest.fixture
def collector():
    with GarbageCollector().replace_automatic() as collector:
        collector.version_loaded()
        yield collector
    assert gc.isenabled()


def memory(client) -> float:
    return psutil.Process(client.server.pid).memory_info().rss / MIB


def test_requests_that_leave_reference_cycles_do_not_fill_the_memory(serve, registry, circular):
    registry.commit(circular(1), "ring", data=np.zeros((4, 1)))
    client = serve("ring", "--no-log")
    client.ask("/predict/ring", [[1.0]])
    before = memory(client)
    for number in range(20):  # 800 MiB, if they stayed
        assert client.ask("/predict/ring", [[float(number)]]).json["predict"] == [number]
    until(lambda: memory(client) < before + 100)


def test_a_version_that_refers_to_itself_is_freed_when_it_was_replaced(serve, registry, circular):
    registry.commit(circular(200 * MIB), "ring", data=np.zeros((4, 1)))
    registry.promote("ring@1", "prod")
    client = serve("ring@prod", "--no-log")
    used = [memory(client)]
    registry.commit(circular(1), "ring", data=np.zeros((4, 1)))
    registry.promote("ring@2", "prod", "smaller")
    until(lambda: client.ask("/predict/ring", [[1.0]]).version == "ring@2")
    until(lambda: memory(client) < used[0] - 150, SETTLE_SECONDS + 10)


class Ring:
    def __init__(self) -> None:
        self.itself = self


def rings() -> int:
    return sum(type(each) is Ring for each in gc.get_objects())


def test_garbage_is_collected_after_many_allocations_or_a_long_time(collector):
    collector.collect_if_due(time.monotonic())
    Ring()
    assert rings() == 1
    collector.collect_if_due(time.monotonic())  # too early
    assert rings() == 1
    collector.collect_if_due(time.monotonic() + MAX_INTERVAL_SECONDS + 1)
    assert rings() == 0
    made = [Ring() for _ in range(MAX_ALLOCATIONS)]
    made.clear()
    collector.collect_if_due(time.monotonic() + MAX_INTERVAL_SECONDS + 2)
    assert rings() == 0


def test_frozen_objects_are_not_collected_until_a_version_was_replaced(collector):
    Ring()
    collector.version_loaded()
    collector.collect_if_due(time.monotonic() + MAX_INTERVAL_SECONDS + 1)
    collector.version_loaded(replaced=True)
    collector.collect_if_due(time.monotonic() + SETTLE_SECONDS + 1)
    collector.version_loaded()
    gc.unfreeze()
    assert rings() == 0
