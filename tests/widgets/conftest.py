"""Panels in a real kernel, which tests ask as a page does: by comm messages."""

from __future__ import annotations

import time
from pathlib import Path
from queue import Empty

from tests.fixtures.kernels import Kernel
from tests.fixtures.projects import make_project

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

    def next_message(self, matches, timeout=60.0):
        """Wait for the next custom message for which `matches` is true."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.kernel.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == self.comm:
                inner = content["data"].get("content")
                if content["data"]["method"] == "custom" and matches(inner):
                    return inner
        raise AssertionError("the kernel did not answer")

    def ask(self, verb, _id="q", **args):
        """The reply to a question."""
        self.send({"method": "custom", "content": {"id": _id, "verb": verb, "args": args}})
        return self.next_message(lambda reply: reply.get("id") == _id)


def commit_two(kernel: Kernel) -> None:
    """Commit ``net@1`` and ``net@2``."""
    kernel.run("net = {'w': [1, 2]}")
    kernel.result("%model_commit net -m first --metric auc=0.9")
    kernel.run("net = {'w': [1, 3]}")
    kernel.result("%model_commit net -m second --metric auc=0.95")


def make_watched_project(folder: Path) -> Path:
    """A project in which ``net@1`` and then ``net@2`` held the stage prod."""
    with Kernel(make_project(folder)) as author:
        commit_two(author)
        author.result("%model_promote net@1 prod")
        author.result("%model_promote net@2 prod")
    return folder
