"""The limits and fired periods that charts show."""

from __future__ import annotations

from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.periods import fired_periods, limits
from nbmodel.monitor.alerts.rules import parse
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.records import Person
from tests.monitor.conftest import DAY, START


def alert(rule, stage="prod"):
    return Alert("churn", parse(rule), stage, (), Person("A", "a@example.org"), 1)


def series(*values, metric="psi(age)", version="churn@2", stage="prod"):
    points = [(START + n * DAY, value) for n, value in enumerate(values) if value is not None]
    return Series(metric, version, stage, *zip(*points, strict=True))


def periods(rule, *observed, until=START + 99 * DAY, stage="prod"):
    fired = fired_periods([alert(rule, stage)], observed, until, DAY)
    return [(p.version, (p.start - START) // DAY, (p.end - START) // DAY) for p in fired]


def test_each_run_that_is_long_enough_is_a_period():
    observed = series(0.1, 0.3, 0.3, 0.1, 0.3, 0.1, 0.4, None, 0.4)
    assert periods("psi(age) > 0.2 for 2 windows", observed) == [
        ("churn@2", 1, 3),
        ("churn@2", 6, 9),
    ]
    assert periods("psi(age) > 0.2 for 2 windows", observed, until=START + 2 * DAY) == []


def test_a_period_has_the_values_of_its_begin_and_end_and_may_be_open():
    observed = series(0.3, 0.4, 0.5, 0.1, None, 0.6, 0.7, None, 0.8)
    rule = [alert("psi(age) > 0.2 for 2 windows")]
    found = fired_periods(rule, [observed], START + 99 * DAY, DAY)
    assert [(p.value, p.last_value, p.open) for p in found] == [(0.4, 0.5, False), (0.7, 0.8, True)]
    assert {p.alert for p in found} == {rule[0].id}
    earlier = fired_periods(rule, [observed], START + 8 * DAY, DAY)
    assert [(p.last_value, p.open) for p in earlier] == [(0.5, False), (0.7, True)]


def test_versions_that_serve_no_longer_fired_too_but_not_other_stages():
    observed = series(0.3, version="churn@1"), series(0.3), series(0.3, stage="canary")
    assert periods("psi(*) > 0.2", *observed) == [("churn@1", 0, 1), ("churn@2", 0, 1)]
    assert len(periods("psi(*) > 0.2", *observed, stage="")) == 3


def test_a_limit_names_each_metric_that_its_rule_is_about():
    observed = series(0.3), series(0.3, version="churn@1"), series(9, metric="psi(out.predict)")
    found = limits([alert("psi(*) > 0.2"), alert("psi(output) > 1")], observed)
    assert [(limit.metric, limit.rule.threshold) for limit in found] == [
        ("psi(age)", 0.2),
        ("psi(out.predict)", 0.2),
        ("psi(out.predict)", 1.0),
    ]
