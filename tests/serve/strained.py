"""A server with small limits, for tests that exceed them."""

from __future__ import annotations

import json
import sys

from nbmodel.serve.http.middleware import RequestLimits
from nbmodel.serve.inference.slots import ServingPlan
from nbmodel.serve.options import ServerOptions
from nbmodel.serve.server import serve
from nbmodel.versioning.registry import open_registry

if __name__ == "__main__":
    path, reference, log, workers, limits = sys.argv[1:]
    options = ServerOptions(
        port=0, as_json=True, with_parent=True, log=log, workers=int(workers),
        limits=RequestLimits(**json.loads(limits)),
    )  # fmt: skip
    with open_registry(path) as registry:
        serve(registry, [ServingPlan.parse(reference)], options)
