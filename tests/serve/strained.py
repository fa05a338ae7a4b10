"""A server of a registry whose limits are small, for tests that reach them."""

from __future__ import annotations

import json
import sys

from nbmodel.serve.http.middleware import Limits
from nbmodel.serve.inference.slots import Plan
from nbmodel.serve.options import Options
from nbmodel.serve.server import serve
from nbmodel.versioning.registry import open_registry

if __name__ == "__main__":
    path, reference, log, workers, limits = sys.argv[1:]
    options = Options(
        port=0, as_json=True, with_parent=True, log=log, workers=int(workers),
        limits=Limits(**json.loads(limits)),
    )  # fmt: skip
    with open_registry(path) as registry:
        serve(registry, [Plan.parse(reference)], options)
