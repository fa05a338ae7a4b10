"""``nbmodel monitor`` in a shell: text, an exit code, and errors in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbmodel.cli import main
from nbmodel.monitor import log
from nbmodel.monitor.alerts.store import add
from tests.monitor.conftest import people, registry

__all__ = ["people", "registry"]


@pytest.fixture
def shell(registry, people, capsys):
    """Runs a command over three logged days; returns the exit code and what was printed."""
    frame, _ = people
    predicted = registry.checkout("churn@prod").predict(frame)
    for days in (3, 2, 1):
        when = datetime.now(UTC) - timedelta(days=days)
        log("churn@prod", frame, predicted, when=when, context=registry.context)

    def run(*words):
        code = main(["--repo", str(registry.path), *words])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_the_report_is_text_and_the_exit_code_says_whether_an_alert_fires(shell, registry):
    code, text = shell("monitor", "churn")
    assert code == 0
    assert "churn: logged" in text
    assert "12,000" in text
    add(registry.context, "churn@prod", "volume > 10")
    code, text = shell("monitor", "churn@prod", "--since", "4d", "--until", "36h")
    assert code == 1
    assert "8,000" in text
    assert "%model_rollback churn@prod" in text


def test_alerts_of_a_stage_are_added_listed_and_removed(shell):
    code, text = shell("alert", "churn@prod", "psi(aeg) > 0.2 for 2 windows")
    assert code == 1
    assert "Did you mean age?" in text
    assert "Traceback" not in text
    code, text = shell("alert", "churn@prod", "psi(age) > 0.2 for 2 windows")
    assert code == 0
    assert "Rule added for churn@prod." in text
    code, text = shell("alert", "churn@prod")
    assert "psi(age) > 0.2 for 2 windows" in text
    assert "psi(age)" in shell("alert", "churn")[1]
    code, text = shell("alert", "churn@prod", "--remove", "psi(age) > 0.2 for 2 windows")
    assert (code, text.splitlines()[0]) == (0, "Rule removed:")
    assert shell("alert", "churn@prod") == (0, "No rules are set for churn@prod.\n")
    code, text = shell("alert", "chorn")
    assert code == 1
    assert "Did you mean churn?" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("chorn",), "Did you mean churn?"),
        (("churn", "--log", "nowhere"), "There is no folder"),
        (("churn", "--until", "soon"), "is not a time"),
        (("churn", "--since", "1d", "--until", "2d"), "The period from"),
    ],
)
def test_an_invalid_argument_is_refused_in_one_line(shell, words, says):
    code, text = shell("monitor", *words)
    assert code == 1
    assert says in text
