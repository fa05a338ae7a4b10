"""kserve's side: a custom model in its server, which reads the command line."""

from __future__ import annotations

import argparse
import os

import joblib
from kserve import InferRequest, InferResponse, Model, ModelServer, model_server
from kserve.utils.utils import get_predict_input, get_predict_response


class Churn(Model):
    """The model in the file that ``BENCH_MODEL`` names; answers as kserve's own runtimes do."""

    def load(self) -> bool:
        """Called by the server when it starts."""
        self.model = joblib.load(os.environ["BENCH_MODEL"])
        self.ready = True
        return self.ready

    def predict(
        self, payload: InferRequest, headers: dict[str, str] | None = None
    ) -> InferResponse:
        """The class of each row."""
        return get_predict_response(
            payload, self.model.predict(get_predict_input(payload)), self.name
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.parse_known_args()
    model = Churn("churn")
    model.load()
    ModelServer().start([model])
