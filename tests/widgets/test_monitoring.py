"""``%model_monitor`` in a real kernel: a panel over the log, and the answers to its page."""

from __future__ import annotations

import pytest

from tests.widgets.conftest import Page

LOG = """
import numpy as np, pandas as pd, nbmodel
from datetime import UTC, datetime, timedelta
rng = np.random.default_rng(1)
X = pd.DataFrame({'age': rng.normal(40, 10, 400), 'plan': rng.choice(['a', 'b'], 400)})
class Old:
    def predict(self, X):
        return (X.age > 50).astype(int).to_numpy()
old = Old()
"""


@pytest.fixture(scope="module")
def kernel(kernel):
    """The kernel after it logged predictions of ``old@prod``."""
    kernel.result(LOG)
    kernel.result("%model_commit old --data X -m first")
    kernel.result("%model_promote old prod")
    kernel.result("nbmodel.monitor.log('old@prod', X, old.predict(X))")
    return kernel


@pytest.fixture(scope="module")
def page(kernel):
    return Page(kernel, "%model_monitor old@prod --since 7d --window 1d")


def test_the_panel_opens_with_the_arguments_of_the_magic(page):
    assert page.traits["opening"] == {"monitor": {"ref": "old@prod", "since": "7d", "window": "1d"}}
    assert {"monitor", "distribution", "monitoringState", "health"} <= set(page.traits["verbs"])


def test_without_widgets_the_text_is_the_report(page):
    assert "old: logged" in page.data["text/plain"]
    assert "old@1" in page.data["text/plain"]
    assert "400" in page.data["text/plain"]


def test_the_monitoring_panel_answers_the_questions_of_its_page(kernel, page):
    report = page.ask("monitor", **page.traits["opening"]["monitor"])["answer"]
    assert [(row["version"], row["stage"], row["rows"]) for row in report["loggedVersions"]] == [
        ("old@1", "prod", 400)
    ]
    shares = page.ask("distribution", version="old@1", stage="prod", column="age")["answer"]
    assert sum(shares["current"]) == pytest.approx(1)
    assert page.ask("monitoringState", model="old")["answer"]["state"] == report["state"]
    kernel.result("nbmodel.monitor.log('old@prod', X, old.predict(X), when=datetime.now(UTC))")
    assert page.ask("monitoringState", model="old")["answer"]["state"] != report["state"]
    (health,) = page.ask("health", models=["old"])["answer"]["health"]["old"]
    assert (health["stage"], health["state"]) == ("prod", "good")
    assert page.ask("monitor", ref="odd")["error"]["kind"] == "NotFound"


def test_a_slow_question_delays_no_other(kernel, page):
    kernel.run(
        "from nbmodel.views import monitoring; import threading; gate = threading.Event()\n"
        "real, monitoring.panel_report = monitoring.panel_report, "
        "lambda *args: gate.wait(60) and real(*args)"
    )
    try:
        content = {"id": "slow", "verb": "monitor", "args": {"ref": "old"}}
        page.send({"method": "custom", "content": content})
        assert "answer" in page.ask("rows", _id="quick")
        assert kernel.result("1 + 1") == "2"
        kernel.client.execute("gate.set()")
        reply = page.next_message(lambda content: content.get("id") == "slow")
        assert reply["answer"]["model"] == "old"
    finally:
        kernel.run("gate.set(); monitoring.panel_report = real")


def test_the_page_does_not_see_the_path_of_the_log(kernel, tmp_path):
    kernel.run(f"nbmodel.monitor.log('old', X, old.predict(X), root={str(tmp_path)!r})")
    page = Page(kernel, f"%model_monitor old --log '{tmp_path}'")
    assert page.traits["opening"] == {"monitor": {"ref": "old", "window": "1m"}}  # fits the log
    assert str(tmp_path) not in str(page.traits["opening"])
    report = page.ask("monitor", ref="old", window="1d")["answer"]
    assert [(row["stage"], row["rows"]) for row in report["loggedVersions"]] == [("", 400)]
    assert page.ask("monitor", ref="old", log="/")["error"]["kind"] == "InvalidValue"
    assert page.ask("version", ref="old@1")["answer"]["row"]["ref"] == "old@1"


def test_the_configured_log_is_used(kernel, tmp_path):
    kernel.run(f"%config NbModel.prediction_log = {str(tmp_path)!r}")
    try:
        logged = kernel.result("nbmodel.monitor.log('old', X, old.predict(X))")
        assert str(tmp_path) in logged
        assert "400" in kernel.result("nbmodel.monitor.monitor('old', window='1h')")
    finally:
        kernel.run("%config NbModel.prediction_log = ''")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%model_monitor odd", "Did you mean old?"),
        ("%model_monitor old --window often", "is not a duration"),
        ("%model_monitor old --since yesterday", "is not a time"),
        ("%model_monitor old --since 1d --until 2d", "The period from"),
        ("%model_monitor old --log nowhere", "There is no folder"),
        ("%model_monitor '<b>'", "is not a reference"),
        ('%model_alert old@prod "psi(aeg) > 0.2"', "Did you mean age?"),
        ('%model_alert old "chi2(age) > 0.2"', "'age' of old@1 is a number"),
    ],
)
def test_a_users_mistake_is_reported_in_one_line(kernel, line, says):
    assert says in kernel.usage_error(line)


def test_an_alert_on_a_young_log_says_the_value_now_and_when_it_is_judged(kernel, tmp_path):
    """Two minutes of rows that drift, and an alert that judges whole days."""
    kernel.result(
        "now = datetime.now(UTC); midnight = now.replace(hour=0, minute=0, second=0)\n"
        "times = [max(midnight, now - timedelta(seconds=n)) for n in np.linspace(0, 120, len(X))]\n"
        "older = X.assign(age=X.age + 20)"
    )
    kernel.result(
        f"nbmodel.monitor.log('old@prod', older, old.predict(older), when=times, "
        f"root={str(tmp_path)!r})"
    )
    kernel.result('%model_alert old@prod "psi(age) > 0.2"')
    try:
        page = Page(kernel, f"%model_monitor old@prod --log '{tmp_path}'")
        first = page.data["text/plain"].splitlines()[0]
        assert first.startswith("old@1 in prod: age has drifted since ")
        report = page.ask("monitor", **page.traits["opening"]["monitor"])["answer"]
        assert report["window"] == "1m"  # fits the age of the log
        assert first == report["verdicts"][0]["verdict"]
        (alert,) = report["alerts"]
        assert (alert["state"], alert["value"], alert["since"]) == ("pending", None, None)
        assert alert["current"] > 0.2
        assert alert["judgedAt"] % 86_400 == 0 < alert["judgedAt"]
        assert "psi(age) is " in page.data["text/plain"]
        assert " now, judged at 00:00 UTC" in page.data["text/plain"]
    finally:
        kernel.result('%model_alert old@prod --remove "psi(age) > 0.2"')


def test_without_the_libraries_of_the_panel_the_result_is_the_report(kernel):
    kernel.run("import sys; gone = dict(sys.modules)\n"
               "for name in ('panel', 'script_widget'):\n"
               "    sys.modules.pop(f'nbmodel.widgets.{name}', None)\n"
               "sys.modules['anywidget'] = None")  # fmt: skip
    try:
        assert "old: logged" in kernel.result("%model_monitor old")
        assert kernel.result("type(_).__name__") == "'MonitorReport'"
    finally:
        kernel.run("sys.modules.update(gone)")
