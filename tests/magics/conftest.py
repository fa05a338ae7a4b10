"""A real kernel that runs cells one after another."""

from __future__ import annotations

import pytest
from jupyter_client.manager import KernelManager

from tests.versioning.conftest import git


class Kernel:
    """Runs cells and collects what they show."""

    def __init__(self, folder) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.run("%load_ext nbmodel")

    def run(self, source):
        """Text of a cell's result, of its streams, and of its error."""
        found = {"result": "", "html": "", "stream": "", "error": ""}

        def hook(message):
            content = message["content"]
            if message["msg_type"] == "execute_result":
                found["result"] = content["data"]["text/plain"]
                found["html"] = content["data"].get("text/html", "")
            elif message["msg_type"] == "stream":
                found["stream"] += content["text"]
            elif message["msg_type"] == "error":
                found["error"] = "\n".join(content["traceback"])

        self.client.execute_interactive(source, output_hook=hook, timeout=120)
        return found

    def result(self, source):
        """What a cell returns; it must not fail."""
        found = self.run(source)
        assert not found["error"], found["error"]
        assert "UsageError" not in found["stream"], found["stream"]
        return found["result"]

    def usage_error(self, source):
        """What a cell complains of: a `UsageError` without a traceback."""
        found = self.run(source)
        assert found["error"] == "", found["error"]
        assert found["stream"].startswith("UsageError: "), found
        return found["stream"]

    def complete(self, line):
        """What the tab key offers at the end of a line."""
        reply = self.client.complete(line, len(line), reply=True, timeout=60)
        return reply["content"]["matches"]

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my notebooks ü")
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")
    running = Kernel(folder)
    yield running
    running.close()
