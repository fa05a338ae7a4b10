"""One server for each file, with the models of its table ``CASES``."""

from __future__ import annotations

import pytest

from tests.serve.answers.cases import serve


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", list(metafunc.module.CASES))


@pytest.fixture(scope="module")
def served(request, isolated_home, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        running = serve(tmp_path_factory.mktemp("served"), request.module.CASES)
    yield running
    if running.server is not None:
        running.server.stop()
