"""The plug-in of ``docs/extending.md``, written to disk from the page, installed and used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent.parent / "docs" / "extending.md").read_text()
USE = """
import sys
import hello, nbmodel
from nbmodel.versioning.verbs.status import fitted_models
greeter = hello.Greeter("good morning")
assert list(fitted_models({"g": greeter})) == []
greeter.fit([1, 2])
assert list(fitted_models({"g": greeter})) == [("g", greeter)]
registry = nbmodel.open(".", create=True)
version = registry.commit(greeter, "greeter", "first").version
print(version.flavor, version.summary, dict(version.params))
print(registry.checkout("greeter").predict([0]))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed distributions with the plug-in in it."""
    folder = tmp_path / "site"
    for name, code in re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    groups = re.findall(
        r'```toml\n\[project\.entry-points\."([\w.]+)"\]\n(.*?)```', PAGE, re.DOTALL
    )
    entries = "".join(f"[{group}]\n{rows.replace(chr(34), '')}" for group, rows in groups)
    info = folder / "hello_nbmodel-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hello-nbmodel\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)
    return folder


def run(script: str, site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_plug_in_of_the_page_works(site: Path, tmp_path: Path) -> None:
    done = run(USE, site, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "hello Greeter {'greeting': 'good morning'}",
        "['good morning']",
    ]


def test_a_plug_in_that_cannot_be_imported_is_named_and_breaks_nothing(
    site: Path, tmp_path: Path
) -> None:
    (site / "hello_nbmodel.py").write_text("import no_such_package_of_anybody")
    done = run("import nbmodel.plugins as p; print(p.framework_of(int))", site, tmp_path)
    assert done.stdout.strip() == "None"
    assert "The plug-in hello (hello_nbmodel:FRAMEWORK) cannot be loaded" in done.stderr


def test_rules_of_a_plug_in_are_ignored(site: Path, tmp_path: Path) -> None:
    path = site / "hello_nbmodel.py"
    row = 'flavor="hello_nbmodel:FLAVOR"'
    path.write_text(path.read_text().replace(row, f'{row}, rules="hello_nbmodel:RULES"'))
    script = "import hello, nbmodel.plugins as p\nprint(p.framework_of(hello.Greeter).name)"
    done = run(f"{script}\nprint(p.rules_for('hello'))", site, tmp_path)
    assert done.stdout.split() == ["hello", "None"], done.stderr


PREDICT = """
import numpy as np
import hello, nbmodel
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import methods_of
from sklearn.linear_model import LinearRegression
methods = methods_of(hello.Greeter("hi"), Inputs(kind="matrix"))
print(list(methods), methods["greet"]([1, 2]))
print(list(methods_of(LinearRegression(), Inputs(kind="matrix"))))
"""


def test_a_predictor_calls_the_objects_of_its_class(site: Path, tmp_path: Path) -> None:
    done = run(PREDICT, site, tmp_path)
    assert done.stdout.splitlines() == ["['greet'] ['hi!', 'hi!']", "['predict']"], done.stderr


@pytest.mark.parametrize(
    "name", ["sklearn.base.BaseEstimator", "builtins.object", "numpy.ndarray", "abc.ABC"]
)
def test_a_predictor_cannot_answer_for_others(site: Path, tmp_path: Path, name: str) -> None:
    add_entry(site, f"[nbmodel.predictors]\n{name} = hello_predict\n")
    done = run(f"import nbmodel.plugins as p\nprint({name!r} in p.callers())", site, tmp_path)
    assert done.stdout.strip() == "False"
    assert f"cannot call the objects of {name}" in done.stderr


MERGE = """
import hello, nbmodel
from nbmodel.errors import CannotMerge
registry = nbmodel.open(".", create=True)
registry.commit(hello.Greeter("hi").fit([1]), "greeter")
for branch, rows in (("a", [1]), ("b", [1, 2])):
    registry.branch("greeter", branch)
    registry.commit(hello.Greeter("hello " + branch).fit(rows), "greeter", branch=branch)
try:
    registry.merge("greeter:a", "greeter:b", into="greeter", how="longest")
except CannotMerge as error:
    print(error.what)
print(registry.merge("greeter:a", into="greeter", how="longest").version.ref)
print(registry.checkout("greeter").greeting)
"""


def test_a_method_of_merging_is_used(site: Path, tmp_path: Path) -> None:
    done = run(MERGE, site, tmp_path)
    assert done.stdout.splitlines() == [
        "Nothing was merged: the members have seen different numbers of rows.",
        "greeter@3",
        "hello a",
    ], done.stderr


MONITOR = """
import datetime, logging
import numpy as np, pandas as pd
import nbmodel
from nbmodel.monitor.alerts.store import add, list_alerts
from nbmodel.monitor.alerts.evaluation import evaluate_alerts
from nbmodel.monitor.alerts.channels.table import check_notifier
from nbmodel.monitor.alerts.notify import Notifier, is_allowed
from nbmodel.monitor.exporters.base import export
from sklearn.linear_model import LinearRegression

rng = np.random.default_rng(0)
frame = pd.DataFrame({"age": rng.normal(40, 10, 1000)})
model = LinearRegression().fit(frame, frame.age)
registry = nbmodel.open(".", create=True)
registry.commit(model, "churn", data=frame)
registry.promote("churn@1", "prod")
start = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
for day in (*range(15), 16):
    rows = pd.DataFrame({"age": rng.normal(40 + 30 * (day == 16), 10, 200)})
    when = start + datetime.timedelta(days=day)
    answers = model.predict(rows)
    nbmodel.monitor.log("churn@prod", rows, answers, None, when, context=registry.context)
add(registry.context, "churn", "gap(age) > 0.1", ["file:alerts.txt"])
report = nbmodel.monitor.monitor(
    "churn", until="2026-03-19", window="1d", context=registry.context
)
gaps = [f for f in report.findings if f.measure == "gap" and f.column == "age"]
print(len(gaps), [f.drifted for f in gaps][-2:])
print({a.detector for a in report.anomalies if a.value == 0} >= {"zeros"})
print(report.firing[0].outcome.metric, "gap" in str(report), "drift(gap)" in report.figures)
print(export(registry.context, "churn", "hello", "", lambda: report).document.strip())
print(is_allowed("file:alerts.txt"), is_allowed("file:other.txt"))
notifier = Notifier()
notifier.notify(["file:alerts.txt", "file:other.txt"], report.firing[0])
notifier.close()
print(notifier.sent, notifier.refused, open("alerts.txt").readline().split()[0])
"""


def test_monitoring_uses_the_plug_ins_of_the_page(site: Path, tmp_path: Path) -> None:
    done = run(MONITOR, site, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "16 [False, True]",
        "True",
        "gap(age) True True",
        "churn gap(age) > 0.1",
        "True False",
        "1 1 firing",
    ], done.stderr


def test_the_command_offers_the_exporter_of_the_page(site: Path, tmp_path: Path) -> None:
    made = MONITOR.partition("report = ")[0]
    assert run(made, site, tmp_path).returncode == 0
    cli = "from nbmodel.cli import main\nmain(['monitor', 'churn', '--as', '%s'])"
    done = run(cli % "hello", site, tmp_path)
    assert done.stdout.strip() == "churn gap(age) > 0.1", done.stderr
    done = run(cli % "nowhere", site, tmp_path)
    assert "choose from prometheus, influxdb, grafana, hello" in done.stderr.replace("'", "")


SHADOW = """
from nbmodel.monitor.alerts.channels.table import channels
from nbmodel.monitor.alerts.rules import column_metrics, parse
from nbmodel.monitor.anomalies.detection import detector_names
from nbmodel.monitor.drift.detection import DRIFT_MEASURES, drift_measures
from nbmodel.monitor.exporters import exporter_names
from nbmodel.monitor.exporters.base import EXPORTERS
assert drift_measures()[: len(DRIFT_MEASURES)] == DRIFT_MEASURES
print([m.name for m in drift_measures()[len(DRIFT_MEASURES):]])
print("accuracy" in column_metrics(), parse("accuracy < 0.9"))
print(detector_names()[-1], detector_names().count("ewma"))
print(exporter_names()[-1], exporter_names().count("grafana"))
print(channels()["webhook"].send.__module__, [*channels()])
"""


def test_a_plug_in_cannot_replace_what_nbmodel_has(site: Path, tmp_path: Path) -> None:
    with (site / "hello_monitor.py").open("a") as file:
        file.write("from dataclasses import replace\nPSI = replace(GAP, name='psi')\n")
        file.write("ACCURACY = replace(GAP, name='accuracy')\n")
    add_entry(
        site,
        "[nbmodel.drift_measures]\npsi = hello_monitor:PSI\naccuracy = hello_monitor:ACCURACY\n"
        "[nbmodel.anomaly_detectors]\newma = hello_monitor:find_zeros\n"
        "[nbmodel.exporters]\ngrafana = hello_monitor:HELLO\n"
        "[nbmodel.notifiers]\nwebhook = hello_monitor:FILE\n",
    )
    done = run(SHADOW, site, tmp_path)
    assert done.stdout.splitlines() == [
        "['accuracy', 'gap']",
        "False accuracy < 0.9",
        "zeros 1",
        "hello 1",
        "nbmodel.monitor.alerts.channels.webhook "
        "['log', 'slack', 'mattermost', 'mail', 'webhook', 'file']",
    ], done.stderr
    assert "cannot replace nbmodel's own" in done.stderr


def test_a_measure_that_is_tested_by_an_unknown_one_is_a_warning(
    site: Path, tmp_path: Path
) -> None:
    path = site / "hello_monitor.py"
    path.write_text(path.read_text().replace('tested_by="psi"', 'tested_by="psy"'))
    code = (
        MONITOR.partition("print(len(gaps)")[0] + "print(len(gaps), any(f.drifted for f in gaps))"
    )
    done = run(code, site, tmp_path)
    assert done.stdout.strip() == "16 False", done.stderr
    assert "The drift measure gap never marks drift: there is no measure psy" in done.stderr
    assert "Did you mean psi" in done.stderr


def test_a_plug_in_that_fails_is_a_warning(site: Path, tmp_path: Path) -> None:
    path = site / "hello_monitor.py"
    text = path.read_text()
    text = text.replace("    return Score(max", "    raise OSError('no disk')\n    Score(max")
    path.write_text(text.replace("if value == 0]", "if value == 0] + [3]"))
    done = run(MONITOR.partition("gaps = ")[0] + "print(len(report.findings))", site, tmp_path)
    assert int(done.stdout) > 0, done.stderr
    assert "The drift measure gap failed: OSError: no disk" in done.stderr
    assert "The anomaly detector zeros failed" in done.stderr


def test_an_alert_of_a_plug_in_that_is_not_here_is_kept(site: Path, tmp_path: Path) -> None:
    done = run(MONITOR.partition("report = ")[0], site, tmp_path)
    assert done.returncode == 0, done.stderr
    with_others = (
        "import nbmodel\nfrom nbmodel.monitor.alerts.store import add, list_alerts\n"
        "context = nbmodel.open('.').context\n"
    )
    listed = "print([str(a.rule) for a in list_alerts(context).alerts])\n"
    added = "add(context, 'churn', 'volume < 5')\n"
    without = run(with_others + added + listed, tmp_path / "empty", tmp_path)
    assert without.stdout.strip() == "['volume < 5']", without.stderr
    again = run(with_others + listed, site, tmp_path)
    assert again.stdout.strip() == "['volume < 5', 'gap(age) > 0.1']", again.stderr


def add_entry(site: Path, text: str) -> None:
    """Install another distribution beside the plug-in."""
    info = site / "rude-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rude\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(text)
