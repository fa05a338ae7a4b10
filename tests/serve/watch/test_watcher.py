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
from nbmodel.serve.process import start
from nbmodel.serve.watch import results
from nbmodel.serve.watch.process import LogWatch
from nbmodel.serve.watch.watcher import WatchSchedule, WatchTask
from tests.serve.client import Client
from tests.serve.conftest import X, fitted, made
from tests.systems import asked, free_port, receiving, running
from tests.waiting import until

RULES = ("psi(mean area) > 0.2", "volume > 5")
OTHERS = X.assign(**{"mean area": X["mean area"] * 3}).head(60).to_dict("records")


class Watched:
    """A server of ``churn@2`` with rows that drift, and a webhook that receives its alerts."""

    def __init__(self, registry, folder, address, got, *more):
        self.registry, self.got = registry, got
        for rule in RULES:
            add(registry.context, "churn#prod", rule, [f"webhook:{address}"])
        self.log = folder / "serve.log"
        words = ["churn#prod", "--port", "0", "--log", str(folder / "log")]
        words += ["--watch", "1s", "--window", "1s", *more]
        self.server = start(registry.path, words, detach=False, log=self.log)
        self.client = Client(self.server)

    def ask(self):
        return self.client.ask("/predict", OTHERS).status

    def metric(self, name):
        """Values of a metric by their labels."""
        text = self.client.ask("/metrics").body.decode()
        found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
        return {labels: float(value) for labels, value in found}

    def pid(self):
        """The pid of the watching process."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                facts = path.read_text().rpartition(")")[2].split()
                words = (path.parent / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(facts[1]) == self.server.pid and b"serve.watch.process" in words:
                found.append(int(path.parent.name))
        (pid,) = found
        return pid


@contextmanager
def watching(folder, *more):
    """A server that receives requests all the time."""
    stop = threading.Event()
    with made(folder) as registry, receiving() as (address, got):
        registry.commit(fitted(0.1), "churn", "C=0.1", data=X)
        registry.promote("churn@2", "prod")
        found = Watched(registry, folder, address, got, *more)
        failed = []

        def ask():
            while not stop.wait(0.1):
                if found.ask() != 200:
                    failed.append(1)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield found, stop
        finally:
            stop.set()
            asking.join()
            found.server.stop()
        assert failed == []


@pytest.fixture(scope="module")
def watched(isolated_home, tmp_path_factory):
    with watching(tmp_path_factory.mktemp("watched")) as (found, _):
        until(lambda: len(found.got) >= len(RULES))
        yield found


def test_webhook_and_log_name_the_version_the_last_good_one_and_the_rollback_command(watched):
    for rule in RULES:
        (told,) = [one for one in watched.got if one["rule"] == rule]
        assert (told["state"], told["version"], told["stage"]) == ("firing", "churn@2", "prod")
        assert told["last_good"] == "churn@1"
        assert told["rollback"].startswith(f'%model_rollback churn#prod -m "{rule}: ')
        assert told["text"].endswith(f"last good: churn@1\n{told['rollback']}")
        log = watched.log.read_text()
        assert f"firing  churn@2 #prod  {rule}" in log
        assert f"last good: churn@1\n{told['rollback']}\n" in log


def test_the_rollback_command_of_a_message_works(watched, registry):
    line = watched.got[0]["rollback"]
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
    told = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    for system in ("prometheus", "grafana"):
        document = export(watched.registry.context, "churn", system, "", no_report).document
        asked_for = set(re.findall(r"\b(nbmodel_\w+)\{", document))
        assert len(asked_for) > 4
        assert {name.removesuffix("_bucket") for name in asked_for} <= told


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
        found = asked(f"http://{place}/api/v1/alerts")["data"]["alerts"]
        return {one["labels"]["rule"]: one for one in found if "rule" in one["labels"]}

    with running(command, tmp_path, lambda: asked(f"http://{place}/api/v1/status/buildinfo")):
        fired = until(lambda: found if len(found := alerts()) == len(RULES) else None)
        (target,) = asked(f"http://{place}/api/v1/targets")["data"]["activeTargets"]
    for rule in RULES:
        assert fired[rule]["state"] == "firing"
        assert fired[rule]["labels"]["version"] == "churn@2"
        assert fired[rule]["annotations"]["summary"] == f"churn@2: {rule}"
        assert "%model_rollback churn#prod" in fired[rule]["annotations"]["rollback"]
    assert (target["health"], target["lastError"]) == ("up", "")


def test_a_killed_watcher_of_two_workers_restarts_and_sends_nothing_twice(tmp_path):
    with watching(tmp_path, "--workers", "2") as (found, stop):
        until(lambda: len(found.got) == len(RULES))
        # What was told is kept with the findings of that look.
        until(lambda: sum(found.metric("nbmodel_alert_firing").values()) == len(RULES))
        os.kill(found.pid(), signal.SIGKILL)
        until(lambda: found.metric("nbmodel_watch_failing") == {'model="churn"': 1})
        assert (
            "The process that watches the log ended (signal 9). Scoring goes on"
            in found.log.read_text()
        )
        until(lambda: found.metric("nbmodel_watch_failing") == {'model="churn"': 0})
        assert found.metric("nbmodel_watch_starts_total") == {"": 2}
        assert len(found.got) == len(RULES)
        pid = found.pid()
        folder = Path(f"/proc/{pid}/environ").read_bytes().partition(b"TMPDIR=")[2]
        folder = Path(folder.partition(b"\0")[0].decode())
        assert (folder / results.FILE_NAME).exists()
        stop.set()
        os.kill(found.server.pid, signal.SIGKILL)
        until(lambda: not folder.exists())
        until(lambda: not Path(f"/proc/{pid}").exists())


def test_without_watching_there_is_no_process_and_no_metric(serve):
    client = serve("churn#prod", "--watch", "off")
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
