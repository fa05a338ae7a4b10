"""What a user of kserve's client does, run in its environment; prints the results."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


async def main(address: str, rows: list[list[float]]) -> dict:
    results: dict = {}
    values = np.array(rows)
    async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as client:
        results["live"] = await client.is_server_live(address)
        results["ready"] = await client.is_server_ready(address)
        results["model ready"] = await client.is_model_ready(address, "churn")
        results["other ready"] = await client.is_model_ready(address, "other")
        for name, as_bytes in (("json", False), ("bytes", True)):
            tensor = InferInput("x", list(values.shape), "FP64")
            tensor.set_data_from_numpy(values, binary_data=as_bytes)
            request = InferRequest("churn", [tensor], request_id=name)
            answer = await client.infer(address, request, model_name="churn")
            (output,) = answer.outputs
            results[name] = [answer.id, output.name, output.as_numpy().tolist()]
        tensor.set_data_from_numpy(values, binary_data=True)
        request = InferRequest(
            "churn", [tensor],
            request_outputs=[
                RequestedOutput("predict_proba", {"binary_data": True}),
                RequestedOutput("predict", {"binary_data": False}),
            ],
        )  # fmt: skip
        answer = await client.infer(address, request, model_name="churn")
        results["outputs"] = {item.name: item.as_numpy().tolist() for item in answer.outputs}
        half = InferInput("x", list(values.shape), "FP16")
        half.set_data_from_numpy(values.astype(np.float16))
        answer = await client.infer(address, InferRequest("churn", [half]), model_name="churn")
        results["half"] = answer.outputs[0].as_numpy().tolist()
        try:
            await client.infer(address, InferRequest("churn", []), model_name="churn")
        except httpx.HTTPStatusError as error:
            results["refused"] = str(error)
    return results


address, rows = json.load(sys.stdin)
print(json.dumps(asyncio.run(main(address, rows))))
