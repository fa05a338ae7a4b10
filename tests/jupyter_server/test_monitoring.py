"""The views of the prediction log over HTTP: which log they read, and that they delay no other."""

import asyncio
import threading

import numpy as np
import pytest
from traitlets.config import Config

import nbmodel
from nbmodel import monitor
from nbmodel.jupyter_server.service import SLOW_THREADS
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.views import monitoring
from tests.views.conftest import HOSTILE


async def test_a_slow_question_does_not_delay_others(shop, ask, monkeypatch):
    gate, real = threading.Event(), monitoring.panel_report
    monkeypatch.setattr(monitoring, "panel_report", lambda *args: gate.wait(60) and real(*args))
    windows = [f"{hours}h" for hours in range(1, 7 + SLOW_THREADS)]  # more than there are threads
    slow = [asyncio.ensure_future(ask("monitor", {"ref": "churn", "window": w})) for w in windows]
    try:
        assert (await ask("rows"))[0] == (await ask("state"))[0] == 200
        assert not any(each.done() for each in slow)
    finally:
        gate.set()
    answers = await asyncio.gather(*slow)
    assert [status for status, _ in answers] == [200] * len(windows)
    assert [answer["windowSeconds"] for _, answer in answers] == [
        3600 * int(w[:-1]) for w in windows
    ]


class TestConfiguredLog:
    @pytest.fixture
    def logs(self, tmp_path):
        return tmp_path / "logs ü"

    @pytest.fixture
    def jp_server_config(self, logs):
        extensions = {"ServerApp": {"jpserver_extensions": {"nbmodel.jupyter_server": True}}}
        return Config({**extensions, "NbModel": {"prediction_log": str(logs)}})

    async def test_the_log_is_where_the_setting_says(self, shop, ask, logs):
        _, answer = await ask("monitor", {"ref": "churn"})
        assert answer["loggedVersions"] == []
        with nbmodel.open(shop) as registry:
            context = registry.context
            root = default_root(context.location, str(logs))
            assert root == logs / context.location.key
            data = {"x": np.ones(5), HOSTILE: ["a"] * 5}
            monitor.log("churn@4", data, np.ones(5), context=context, root=root)
        _, answer = await ask("monitor", {"ref": "churn"})
        assert [(row["version"], row["rows"]) for row in answer["loggedVersions"]] == [
            ("churn@4", 5)
        ]
        assert (await ask("monitor", {"ref": "churn", "root": "/"}))[0] == 400
