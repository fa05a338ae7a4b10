"""Servers and the kernels that started them: when a server ends, and who may stop it."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack

import psutil
import pytest
from sklearn.linear_model import LinearRegression

import nbmodel
from tests.fixtures.kernels import Kernel
from tests.fixtures.projects import make_project
from tests.waiting import until


@pytest.fixture
def folder(tmp_path):
    with nbmodel.open(make_project(tmp_path)) as registry:
        registry.commit(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), "line", "straight")
    return tmp_path


@pytest.fixture
def kernels(folder):
    """A function that starts a kernel in the folder."""
    with ExitStack() as running:
        yield lambda: running.enter_context(Kernel(folder))


def start_server(kernel: Kernel, *words: str) -> psutil.Process:
    """Start a server in a kernel; returns its process."""
    kernel.result(f"server = %model_serve line {' '.join(words)}")
    return psutil.Process(int(kernel.result("server.pid")))


def until_ended(process: psutil.Process) -> None:
    """Wait for the end of a process; its parent may not have collected it."""
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 20)


def test_a_server_ends_with_its_kernel_unless_it_was_detached(kernels):
    kernel = kernels()
    restarted = start_server(kernel)
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=60)
    until_ended(restarted)
    kernel.run("%load_ext nbmodel")
    killed, detached = start_server(kernel), start_server(kernel, "--detach")
    os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
    until_ended(killed)
    assert detached.is_running()
    other = kernels()
    assert str(detached.pid) in other.result("%model_stop --list")
    assert "no running server of 'other'" in other.usage_error("%model_stop other")
    assert other.result("%model_stop line") == "stopped line@1"
    until_ended(detached)
    assert (
        other.result("%model_stop --list")
        == "no server of this registry is running on this machine"
    )
