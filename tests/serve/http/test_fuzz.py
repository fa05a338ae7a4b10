"""Requests that fit the OpenAPI document, or nearly do, get the responses that it describes.

A campaign of hypothesis. It reduces a failure to the smallest request, which Schemathesis prints as
a command for curl. `NBMODEL_SEED` and `NBMODEL_CAMPAIGN` (requests for each operation) choose
others.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
BASE = "/v2/models/churn"
OPERATIONS = [
    "GET /v2",
    "GET /v2/health/live",
    "GET /v2/health/ready",
    "GET /metrics",
    f"GET {BASE}",
    f"GET {BASE}/ready",
    f"POST {BASE}/infer",
    f"GET {BASE}/versions/{{version}}",
    f"GET {BASE}/versions/{{version}}/ready",
    f"POST {BASE}/versions/{{version}}/infer",
    "POST /predict/churn",
    "POST /feedback/churn",
]
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.large_base_example]


@pytest.fixture(scope="module")
def described(client):
    schema = schemathesis.openapi.from_url(f"{client.server.address}/openapi.json")
    return {operation.ok().label: operation.ok() for operation in schema.get_all_operations()}


def explore(operation, mode, count, seed):
    seen = Counter()

    @seeded(seed)
    @settings(deadline=None, suppress_health_check=HEALTH, max_examples=count, print_blob=True)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        answer = case.call()
        seen[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:  # a BaseException, which hypothesis does not shrink
            raise AssertionError(str(failures)) from None

    print(f"\n{operation.label}, {mode.value}, NBMODEL_SEED={seed}: ", end="")
    try:
        ask()
    finally:
        print(f"{seen.total()} requests, by status {dict(sorted(seen.items()))}")


def seed_and_count(seed, count):
    """From the environment, where they are there."""
    return int(os.environ.get("NBMODEL_SEED", seed)), int(os.environ.get("NBMODEL_CAMPAIGN", count))


def modes(label):
    """Valid and invalid requests; only valid ones if there is neither body nor parameter."""
    fixed = label.startswith("GET") and "{" not in label
    return [GenerationMode.POSITIVE] if fixed else list(GenerationMode)


def test_every_operation_of_the_description_is_tested(described):
    assert sorted(described) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_the_responses_fit_the_openapi_document(described, label):
    seed, count = seed_and_count(9, 2 if len(modes(label)) == 1 else 12)
    for mode in modes(label):
        explore(described[label], mode, count, seed)


@pytest.mark.stress
@pytest.mark.parametrize("label", [label for label in OPERATIONS if len(modes(label)) > 1])
def test_the_responses_fit_the_openapi_document_for_a_long_time(described, label):
    seed, count = seed_and_count(random.SystemRandom().randrange(1 << 32), 2000)
    for mode in modes(label):
        explore(described[label], mode, count, seed)


def test_the_server_still_answers_after_fuzzing(client):
    assert client.ask(f"{BASE}/ready").json == {"name": "churn", "ready": True}
