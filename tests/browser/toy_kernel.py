"""A kernel of a language that is not Python: it answers every cell with its own text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

NAME = "toy"


class Toy(Kernel):
    implementation = NAME
    implementation_version = banner = "1"
    language_info = {"name": NAME, "mimetype": "text/plain", "file_extension": ".toy"}  # noqa: RUF012

    async def do_execute(self, code: str, silent: bool, *_: Any, **__: Any) -> dict[str, Any]:
        if not silent:
            self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": code})
        count = self.execution_count
        return {"status": "ok", "execution_count": count, "payload": [], "user_expressions": {}}


def install(data: Path) -> None:
    """Write its description to the folder where Jupyter looks for kernels."""
    folder = data / "kernels" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, __file__, "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Toy", "language": NAME}
    (folder / "kernel.json").write_text(json.dumps(spec))


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=Toy)
