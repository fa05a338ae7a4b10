"""Panels in a real kernel, spoken to as a page does: by comm messages."""

from __future__ import annotations

import time
from queue import Empty

import pytest

from tests.magics.conftest import Kernel
from tests.versioning.conftest import git

WIDGET = "application/vnd.jupyter.widget-view+json"


class Page:
    """The page's side of one panel."""

    def __init__(self, kernel: Kernel, source: str) -> None:
        self.kernel = kernel
        self.data = {}
        self.comm = ""
        self.traits = {}

        def hook(message):
            content = message["content"]
            if message["msg_type"] in ("execute_result", "display_data"):
                self.data = content["data"]
            elif message["msg_type"] == "comm_open":
                state = content["data"]["state"]
                if state.get("_model_module") == "anywidget":
                    self.traits = state

        kernel.client.execute_interactive(source, output_hook=hook, timeout=120)
        self.comm = self.data[WIDGET]["model_id"]

    def send(self, data) -> None:
        """Any comm message at all."""
        client = self.kernel.client
        message = client.session.msg("comm_msg", {"comm_id": self.comm, "data": data})
        client.shell_channel.send(message)

    def hear(self, wanted, timeout=60.0):
        """The next custom message that `wanted` is true of."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.kernel.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == self.comm:
                inner = content["data"].get("content")
                if content["data"]["method"] == "custom" and wanted(inner):
                    return inner
        raise AssertionError("the kernel did not answer")

    def ask(self, verb, _id="q", **args):
        """The reply to a question."""
        self.send({"method": "custom", "content": {"id": _id, "verb": verb, "args": args}})
        return self.hear(lambda reply: reply.get("id") == _id)


def started(folder) -> Kernel:
    """A kernel in a repository with two versions of a dict."""
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")
    return Kernel(folder)


def commit_two(kernel: Kernel) -> None:
    """net@1 and net@2."""
    kernel.run("net = {'w': [1, 2]}")
    kernel.result("%model_commit net -m first --metric auc=0.9")
    kernel.run("net = {'w': [1, 3]}")
    kernel.result("%model_commit net -m second --metric auc=0.95")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    running = started(tmp_path_factory.mktemp("my notebooks ü"))
    commit_two(running)
    running.result("%model_promote net@1 dev")
    yield running
    running.close()
