"""Whatever fits the OpenAPI document, or nearly does, is answered as that document says."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
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
    found = schemathesis.openapi.from_url(f"{client.server.address}/openapi.json")
    return {one.ok().label: one.ok() for one in found.get_all_operations()}


def explore(operation, mode, **how):
    @settings(deadline=None, suppress_health_check=HEALTH, **how)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(checks=CHECKS)

    ask()


def modes(label):
    """Without a body or a parameter there is nothing to get wrong."""
    fixed = label.startswith("GET") and "{" not in label
    return [GenerationMode.POSITIVE] if fixed else list(GenerationMode)


def test_every_operation_is_asked(described):
    assert sorted(described) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_it_answers_as_it_is_described(described, label):
    for mode in modes(label):
        count = 2 if len(modes(label)) == 1 else 12
        explore(described[label], mode, max_examples=count, derandomize=True)


@pytest.mark.stress
@pytest.mark.parametrize("label", [label for label in OPERATIONS if len(modes(label)) > 1])
def test_it_does_so_for_a_long_time(described, label):
    for mode in modes(label):
        explore(described[label], mode, max_examples=2000)


def test_the_server_is_still_itself(client):
    assert client.ask(f"{BASE}/ready").json == {"name": "churn", "ready": True}
