"""The thread that refreshes a widget while a page shows it."""

from __future__ import annotations

import threading

import pytest

from nbmodel.widgets.polling import Poll
from tests.waiting import until


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_thread_starts_again_after_an_error():
    looked = threading.Event()

    def fail_once() -> bool:
        if not failures:
            failures.append(1)
            raise RuntimeError("a defect")
        looked.set()
        return False

    failures = []
    poll = Poll(fail_once)
    poll.look()
    until(lambda: not poll.running)
    poll.look()
    assert looked.wait(10)
    until(lambda: not poll.running)
