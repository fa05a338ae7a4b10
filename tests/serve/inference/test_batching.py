"""Where requests are scored: a few rows in the event loop, many in the thread, each once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nbmodel.errors import Overloaded
from nbmodel.predict.compiled import NotCompiled
from nbmodel.serve.inference.batching import Batcher


class Model:
    """Doubles its rows, refuses negative ones, and records its calls and their threads."""

    def __init__(self, *, leaves=None) -> None:
        self.calls: list[tuple[list[float], bool]] = []
        self.leaves = leaves
        self.go = threading.Event()
        self.go.set()

    def __call__(self, rows):
        inline = threading.current_thread() is threading.main_thread()
        self.calls.append((rows.ravel().tolist(), inline))
        self.go.wait(10)
        if self.leaves is not None and (rows == self.leaves).any():
            raise NotCompiled
        if (rows < 0).any():
            raise ValueError("negative")
        return {"predict": 2 * rows[:, 0]}


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def rows(*values):
    return np.array(values, dtype=float).reshape(-1, 1)


def run(batcher, *requests):
    """Outcomes of requests that are sent at the same time."""

    async def all_of_them():
        answers = (batcher.submit(rows(*result)) for result in requests)
        results = await asyncio.gather(*answers, return_exceptions=True)
        return [
            result if isinstance(result, Exception) else result["predict"].tolist()
            for result in results
        ]

    return asyncio.run(all_of_them())


def test_few_rows_are_scored_together_in_the_loop(thread):
    model = Model()
    assert run(Batcher(model, thread, 8), [1], [2, 3], [4]) == [[2], [4, 6], [8]]
    assert model.calls == [([1, 2, 3, 4], True)]


def test_many_rows_are_scored_in_the_thread_and_the_order_stays(thread):
    model = Model()
    results = run(Batcher(model, thread, 2), [1], [2, 3, 4], [5], [6])
    assert results == [[2], [4, 6, 8], [10], [12]]
    assert model.calls == [([1], True), ([2, 3, 4], False), ([5, 6], True)]


def test_a_slow_model_is_called_in_the_thread_only(thread):
    model = Model()
    assert run(Batcher(model, thread), [1], [2]) == [[2], [4]]
    assert model.calls == [([1, 2], False)]


def test_a_batch_in_the_loop_is_not_larger_than_what_is_quick(thread):
    model = Model()
    run(Batcher(model, thread, 2), [1], [2], [3], [4, 5])
    assert model.calls == [([1, 2], True), ([3], True), ([4, 5], True)]


def test_each_request_is_scored_alone_if_outputs_depend_on_the_batch(thread):
    model = Model()
    assert run(Batcher(model, thread, 8, together=False), [1], [2]) == [[2], [4]]
    assert model.calls == [([1], True), ([2], True)]


@pytest.mark.parametrize("quick", [0, 8])
def test_a_refused_request_does_not_affect_the_others(thread, quick):
    first, refused, last = run(Batcher(Model(), thread, quick), [1], [-1], [2])
    assert (first, last) == ([2], [4])
    assert str(refused) == "negative"


def test_rows_that_a_scorer_cannot_take_go_to_the_model_in_the_thread(thread):
    scorer, model = Model(leaves=7), Model()
    batcher = Batcher(scorer, thread, 8, model)
    assert run(batcher, [1], [7], [-1, 7], [2])[:2] == [[2], [14]]
    assert [call for call in model.calls if 1 in call[0] or 2 in call[0]] == []
    assert not any(inline for _, inline in model.calls)
    assert run(batcher, [3]) == [[6]]


def test_many_rows_that_a_scorer_cannot_take_go_to_the_model(thread):
    batcher = Batcher(Model(leaves=7), thread, 2, Model())
    results = run(batcher, [1, 2, 3], [7, 8, 9], [-7, 7, 7], [4])
    assert results[:2] == [[2, 4, 6], [14, 16, 18]]
    assert str(results[2]) == "negative"
    assert results[3] == [8]


def test_no_request_is_quick_behind_a_slow_one(thread):
    model = Model()
    batcher = Batcher(model, thread, 2)

    async def ask():
        assert batcher.is_quick(2)
        assert not batcher.is_quick(3)
        model.go.clear()
        waiting = asyncio.ensure_future(batcher.submit(rows(1, 2, 3)))
        await asyncio.sleep(0)
        assert not batcher.is_quick(1)
        await asyncio.sleep(0.05)
        assert not batcher.is_quick(1)
        model.go.set()
        await waiting
        assert batcher.is_quick(1)

    asyncio.run(ask())


def test_a_cancelled_request_is_not_scored(thread):
    model = Model()
    batcher = Batcher(model, thread, 8)

    async def ask():
        gone = asyncio.ensure_future(batcher.submit(rows(1)))
        there = asyncio.ensure_future(batcher.submit(rows(2)))
        await asyncio.sleep(0)
        gone.cancel()
        return await there

    assert asyncio.run(ask())["predict"].tolist() == [4]
    assert batcher.is_quick(1)


def test_too_many_rows_are_refused(thread):
    batcher = Batcher(Model(), thread, 8, max_waiting_rows=3)
    first, second, third = run(batcher, [1, 2], [3], [4])
    assert (first, second) == ([2, 4], [6])
    assert isinstance(third, Overloaded)
