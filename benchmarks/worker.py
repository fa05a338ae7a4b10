"""A process that measures: it makes one object and runs its methods when asked.

Started by `benchmarks.runner` with any interpreter that can import the side's
module, so that each side runs in a separate environment. A fresh worker is
cold; calling its methods again is warm. One JSON document a line, in and out.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module


def main(target: str, options: str) -> None:
    """Answer calls of the methods of ``module:Class(**options)`` until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # output of a library must not mix with the answers
    module, _, name = target.partition(":")
    side = None
    for line in sys.stdin:
        call = json.loads(line)
        try:
            if side is None:
                side = getattr(import_module(module), name)(**json.loads(options))
            answer = {"result": getattr(side, call["method"])(**call["options"])}
        except Exception:  # noqa: BLE001 - the parent shows the traceback and ends the run
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
