"""The watching process: alerts are sent once, and Prometheus scrapes its results."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.notify import Notifier
from nbmodel.monitor.alerts.store import add
from nbmodel.monitor.exporters.base import export
from nbmodel.serve.watch import results
from nbmodel.serve.watch.process import LogWatch
from nbmodel.serve.watch.watcher import WatchSchedule, WatchTask
from tests.fixtures.processes import free_port, json_at, server_process, webhook_receiver
from tests.fixtures.servers import serving
from tests.serve.conftest import X, churn_registry, fitted
from tests.waiting import until

RULES = ("psi(mean area) > 0.2", "volume > 5")
OTHERS = X.assign(**{"mean area": X["mean area"] * 3}).head(60).to_dict("records")


class Watched:
    """A server of ``churn@2`` with rows that drift, and a webhook that receives its alerts."""

    def __init__(self, registry, client, log, messages):
        self.registry, self.client, self.log = registry, client, log
        self.messages = messages

    def ask(self):
        return self.client.ask("/predict", OTHERS).status

    def metric(self, name):
        """Values of a metric by their labels."""
        text = self.client.ask("/metrics").body.decode()
        samples = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
        return {labels: float(value) for labels, value in samples}

    def pid(self):
        """The pid of the watching process."""
        pids = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
                arguments = (path.parent / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == self.client.server.pid and b"serve.watch.process" in arguments:
                pids.append(int(path.parent.name))
        (pid,) = pids
        return pid


@contextmanager
def watching(folder, *options):
    """A server that receives requests all the time."""
    stop, log = threading.Event(), folder / "serve.log"
    watch = ("--log", str(folder / "log"), "--watch", "1s", "--window", "1s")
    with churn_registry(folder) as registry, webhook_receiver() as (address, messages):
        registry.commit(fitted(0.1), "churn", "C=0.1", data=X)
        registry.promote("churn@2", "prod")
        for rule in RULES:
            add(registry.context, "churn@prod", rule, [f"webhook:{address}"])
        with serving(registry.path, "churn@prod", *watch, *options, log=log) as client:
            watched = Watched(registry, client, log, messages)
            failed = []

            def ask():
                while not stop.wait(0.1):
                    if watched.ask() != 200:
                        failed.append(1)

            asking = threading.Thread(target=ask)
            asking.start()
            try:
                yield watched, stop
            finally:
                stop.set()
                asking.join()
        assert failed == []


@pytest.fixture(scope="module")
def watched(isolated_home, tmp_path_factory):
    with watching(tmp_path_factory.mktemp("watched")) as (server, _):
        until(lambda: len(server.messages) >= len(RULES))
        yield server


def test_webhook_and_log_name_the_version_the_last_good_one_and_the_rollback_command(watched):
    for rule in RULES:
        (message,) = [message for message in watched.messages if message["rule"] == rule]
        assert (message["state"], message["version"], message["stage"]) == (
            "firing",
            "churn@2",
            "prod",
        )
        assert message["last_good"] == "churn@1"
        assert message["rollback"].startswith(f'%model_rollback churn@prod -m "{rule}: ')
        assert message["text"].endswith(f"last good: churn@1\n{message['rollback']}")
        log = watched.log.read_text()
        assert f"firing  churn@2 in prod  {rule}" in log
        assert f"last good: churn@1\n{message['rollback']}\n" in log


def test_the_rollback_command_of_a_message_works(watched, registry):
    line = watched.messages[0]["rollback"]
    stage, why = re.fullmatch(r'%model_rollback (\S+) -m "(.*)"', line).groups()
    registry.commit(fitted(0.1), "churn", "C=0.1", data=X)
    registry.promote("churn@2", "prod")
    assert "churn@1" in str(registry.rollback(stage, why))


def test_the_results_are_in_the_metrics_and_promtool_accepts_them(watched):
    until(lambda: watched.metric("nbmodel_drift_ratio"))
    text = watched.client.ask("/metrics").body
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    drift = watched.metric("nbmodel_drift_ratio")
    assert drift['column="mean area",model="churn",version="churn@2"'] > 1
    assert len(drift) == X.shape[1] + 1  # the inputs, and what was predicted
    firing = watched.metric("nbmodel_alert_firing")
    assert {re.search('rule="(.*?)"', labels)[1] for labels in firing} == set(RULES)
    assert watched.metric("nbmodel_watch_failing") == {'model="churn"': 0}
    assert watched.metric("nbmodel_watch_last_success_timestamp_seconds")['model="churn"'] > 1e9
    assert len(watched.metric("nbmodel_build_info")) == 1
    (priority,) = [Path(f"/proc/{watched.pid()}/stat").read_text().rpartition(")")[2].split()[16]]
    assert priority == "15"


def no_report():
    raise AssertionError("rules and dashboards need no report")


def test_the_server_has_every_metric_that_the_exporters_use(watched):
    text = watched.client.ask("/metrics").body.decode()
    exported = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    for system in ("prometheus", "grafana"):
        document = export(watched.registry.context, "churn", system, "", no_report).document
        asked_for = set(re.findall(r"\b(nbmodel_\w+)\{", document))
        assert len(asked_for) > 4
        assert {name.removesuffix("_bucket") for name in asked_for} <= exported


def test_a_real_prometheus_scrapes_the_server_and_fires_a_generated_rule(watched, tmp_path):
    export(watched.registry.context, "churn", "prometheus", str(tmp_path / "rules.yml"), no_report)
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "rule_files: [rules.yml]\n"
        "scrape_configs:\n"
        f"- {{job_name: nbmodel, static_configs: [{{targets: ['{watched.client.address.netloc}']}}]"
        "}\n"
    )
    place = f"127.0.0.1:{free_port()}"
    command = ["prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    command += [f"--web.listen-address={place}", "--log.level=warn"]

    def alerts():
        every = json_at(f"http://{place}/api/v1/alerts")["data"]["alerts"]
        return {alert["labels"]["rule"]: alert for alert in every if "rule" in alert["labels"]}

    with server_process(
        command, tmp_path, lambda: json_at(f"http://{place}/api/v1/status/buildinfo")
    ):
        fired = until(lambda: rules if len(rules := alerts()) == len(RULES) else None)
        (target,) = json_at(f"http://{place}/api/v1/targets")["data"]["activeTargets"]
    for rule in RULES:
        assert fired[rule]["state"] == "firing"
        assert fired[rule]["labels"]["version"] == "churn@2"
        assert fired[rule]["annotations"]["summary"] == f"churn@2: {rule}"
        assert "%model_rollback churn@prod" in fired[rule]["annotations"]["rollback"]
    assert (target["health"], target["lastError"]) == ("up", "")


def test_a_killed_watcher_of_two_workers_restarts_and_sends_nothing_twice(tmp_path):
    with watching(tmp_path, "--workers", "2") as (watched, stop):
        until(lambda: len(watched.messages) == len(RULES))
        # The metric proves that the sent alerts are stored beside the results.
        until(lambda: sum(watched.metric("nbmodel_alert_firing").values()) == len(RULES))
        os.kill(watched.pid(), signal.SIGKILL)
        until(lambda: watched.metric("nbmodel_watch_failing") == {'model="churn"': 1})
        assert (
            "The process that watches the log ended (signal 9). Scoring goes on"
            in watched.log.read_text()
        )
        until(lambda: watched.metric("nbmodel_watch_failing") == {'model="churn"': 0})
        assert watched.metric("nbmodel_watch_starts_total") == {"": 2}
        assert len(watched.messages) == len(RULES)
        pid = watched.pid()
        folder = Path(f"/proc/{pid}/environ").read_bytes().partition(b"TMPDIR=")[2]
        folder = Path(folder.partition(b"\0")[0].decode())
        assert (folder / results.FILE_NAME).exists()
        stop.set()
        os.kill(watched.client.server.pid, signal.SIGKILL)
        until(lambda: not folder.exists())
        until(lambda: not Path(f"/proc/{pid}").exists())


def test_without_watching_there_is_no_process_and_no_metric(serve):
    client = serve("churn@prod", "--watch", "off")
    assert b"nbmodel_watch" not in client.ask("/metrics").body


@pytest.mark.parametrize(
    ("words", "options"),
    [(("often",), {}), (("1m", "daily"), {}), (("0s",), {}), (("1m",), {"logs": False})],
)
def test_an_invalid_schedule_is_refused(words, options):
    with pytest.raises(InvalidValue):
        WatchSchedule.parse(*words, **options)


def test_a_server_that_logs_is_watched_every_minute_by_days():
    assert WatchSchedule.parse() == WatchSchedule(60.0, "1d")
    assert WatchSchedule.parse("off") is WatchSchedule.parse(logs=False) is None


def test_an_error_for_one_model_does_not_stop_the_watch_of_others(registry, tmp_path, caplog):
    models = ("gone", "churn")
    task = WatchTask(
        registry=str(registry.path), models=models, log=str(tmp_path / "log"),
        folder=str(tmp_path), interval_s=60, window="1d",
    )  # fmt: skip
    notifier = Notifier()
    watch = LogWatch(task, registry.context, notifier)
    watch.evaluate()
    watch.evaluate()
    seen = results.read(tmp_path).models
    assert (seen["gone"].failing, seen["gone"].succeeded_at) == (True, 0)
    assert seen["churn"].succeeded_at > 0
    assert caplog.text.count("gone is not watched: There is no model") == 1
    known = replace(seen["churn"], drift=(("churn@1", "age", 0.5),))
    results.write(tmp_path, results.WatchResults({"churn": known}))
    broken = replace(task, models=("churn",), log="nosuch://place")
    LogWatch(broken, registry.context, notifier).evaluate()
    notifier.close()
    assert results.read(tmp_path).models["churn"] == replace(known, failing=True)
