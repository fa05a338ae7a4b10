"""What a user of kserve's client does, run by an interpreter that has it; says what came back."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


async def main(address: str, rows: list[list[float]]) -> dict:
    told: dict = {}
    values = np.array(rows)
    async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as client:
        told["live"] = await client.is_server_live(address)
        told["ready"] = await client.is_server_ready(address)
        told["model ready"] = await client.is_model_ready(address, "churn")
        told["other ready"] = await client.is_model_ready(address, "other")
        for name, as_bytes in (("json", False), ("bytes", True)):
            given = InferInput("x", list(values.shape), "FP64")
            given.set_data_from_numpy(values, binary_data=as_bytes)
            asked = InferRequest("churn", [given], request_id=name)
            answer = await client.infer(address, asked, model_name="churn")
            (output,) = answer.outputs
            told[name] = [answer.id, output.name, output.as_numpy().tolist()]
        given.set_data_from_numpy(values, binary_data=True)
        asked = InferRequest(
            "churn", [given],
            request_outputs=[
                RequestedOutput("predict_proba", {"binary_data": True}),
                RequestedOutput("predict", {"binary_data": False}),
            ],
        )  # fmt: skip
        answer = await client.infer(address, asked, model_name="churn")
        told["outputs"] = {one.name: one.as_numpy().tolist() for one in answer.outputs}
        half = InferInput("x", list(values.shape), "FP16")
        half.set_data_from_numpy(values.astype(np.float16))
        answer = await client.infer(address, InferRequest("churn", [half]), model_name="churn")
        told["half"] = answer.outputs[0].as_numpy().tolist()
        try:
            await client.infer(address, InferRequest("churn", []), model_name="churn")
        except httpx.HTTPStatusError as error:
            told["refused"] = str(error)
    return told


address, rows = json.load(sys.stdin)
print(json.dumps(asyncio.run(main(address, rows))))
