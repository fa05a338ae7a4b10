"""What a user of MLServer's codecs does, run in its environment; prints the results."""

from __future__ import annotations

import json
import sys
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, PandasCodec
from mlserver.types import InferenceResponse, MetadataModelResponse, MetadataServerResponse

address, rows, columns = json.load(sys.stdin)
values = np.array(rows)


def ask(path: str, body: str | None = None) -> bytes:
    request = Request(address + path, body.encode() if body else None)
    with urlopen(request, timeout=30) as answer:
        return answer.read()


def infer(request) -> InferenceResponse:
    return InferenceResponse.model_validate_json(
        ask("/v2/models/churn/infer", request.model_dump_json())
    )


results: dict = {
    "server": MetadataServerResponse.model_validate_json(ask("/v2")).name,
    "inputs": [
        [tensor.name, tensor.datatype]
        for tensor in MetadataModelResponse.model_validate_json(ask("/v2/models/churn")).inputs
    ],
}
whole = infer(NumpyRequestCodec.encode_request(values))
results["numpy"] = NumpyRequestCodec.decode_response(whole).tolist()
by_column = infer(PandasCodec.encode_request(pd.DataFrame(values, columns=columns)))
results["pandas"] = PandasCodec.decode_response(by_column)["predict"].tolist()
document = json.loads(NumpyRequestCodec.encode_request(values).model_dump_json()) | {
    "parameters": {"method": "predict_proba"}
}
answer = InferenceResponse.model_validate_json(ask("/v2/models/churn/infer", json.dumps(document)))
results["probabilities"] = NumpyCodec.decode_output(answer.outputs[0]).tolist()
print(json.dumps(results))
