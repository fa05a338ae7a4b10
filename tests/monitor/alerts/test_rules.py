"""Rules: which texts are valid, the errors for others, and when a rule fires."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmodel.errors import InvalidValue, NbModelError
from nbmodel.monitor.alerts.outcomes import evaluate
from nbmodel.monitor.alerts.rules import VERSION_METRICS, AlertRule, column_metrics, parse
from nbmodel.monitor.quality.timeseries import Series
from tests.monitor.conftest import DAY, START


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("psi(age) > 0.2 for 3 windows", AlertRule("psi", "age", ">", 0.2, 3)),
        ("accuracy < 0.9", AlertRule("accuracy", "", "<", 0.9)),
        ("missing(income) > 5%", AlertRule("missing", "income", ">", 0.05, 1, True)),
        ("volume<10 for 2 windows", AlertRule("volume", "", "<", 10.0, 2)),
        ("  KS( * )>=.1  ", AlertRule("ks", "*", ">=", 0.1)),
        ("latency_p99 > 2.5e-1 for 1 window", AlertRule("latency_p99", "", ">", 0.25)),
        ("psi(f(x) > (1)) > 1", AlertRule("psi", "f(x) > (1)", ">", 1.0)),
        ("new('a b') > 1%", AlertRule("new", "a b", ">", 0.01, 1, True)),
        ("psi(output) > 0.1", AlertRule("psi", "output", ">", 0.1)),
        ("psi(größe \U0001f600) > 0.1", AlertRule("psi", "größe \U0001f600", ">", 0.1)),
        ("r2 < -0.5", AlertRule("r2", "", "<", -0.5)),
    ],
)
def test_rules(text, rule):
    assert parse(text) == rule
    assert parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not begin with a metric"),
        ("> 5", "does not begin with a metric"),
        ("psi > 0.2", "psi needs a column"),
        ("accuracy(age) < 0.9", "of the whole version"),
        ("acuracy < 0.9", "Did you mean accuracy"),
        ("nonsense < 0.9", "Available: volume"),
        ("psi(age > 0.2", "not closed"),
        ("psi() > 0.2", "empty"),
        ("accuracy", "a comparison such as > 0.2 is missing"),
        ("accuracy = 0.9", "'=' cannot follow 'accuracy': a comparison such as > 0.2 comes next."),
        ("psi(age) is bad", "'is' cannot follow 'psi(age)': a comparison such as > 0.2 comes"),
        ("accuracy < high", "'high' cannot follow '<': a number comes next."),
        ("accuracy <", "after '<' a number is missing"),
        ("accuracy < 0.9 for ever", "'ever' cannot follow 'for': a number of windows comes next."),
        ("psi(age) > 0.2 for many windows", "'many' cannot follow 'for': a number of windows"),
        ("accuracy < 0.9 for", "after 'for' a number of windows is missing"),
        ("accuracy < 0.9 for 3 days", "'days' cannot follow '3': 'windows' comes next"),
        ("accuracy < 0.9 for 3 windows or so", "'or' cannot follow 'windows': the rule ends"),
        (
            "accuracy < 5% always",
            "'always' cannot follow '5%': only something like 'for 3 windows'",
        ),
        ("accuracy < 0.9 for 0 windows", "0 windows"),
        ("accuracy < 0.9 for 999999 windows", "999999 windows"),
        ("accuracy < 0.9; rm -rf /", "cannot follow"),
        ("accuracy < nan", "cannot follow"),
        ("x" * 1000, "longer than 200"),
    ],
)
def test_an_invalid_rule_is_refused_with_the_reason(text, message):
    with pytest.raises(InvalidValue) as caught:
        parse(text)
    assert message in str(caught.value)


def test_a_rule_of_a_plug_in_that_is_not_installed_can_be_parsed():
    rule = parse("Gap(age)>10% for 2 windows", any_metric=True)
    assert str(rule) == "gap(age) > 10% for 2 windows"
    with pytest.raises(InvalidValue, match="there is no metric 'gap'"):
        parse("gap(age) > 10%")
    with pytest.raises(InvalidValue, match="of the whole version"):
        parse("accuracy(age) < 0.9", any_metric=True)


@settings(deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"(psi|volume)\(?[a-z()*]*\)? ?[<>]=? ?[0-9.%e-]{1,8}"))
def test_any_text_is_a_rule_or_an_invalid_value(text):
    try:
        rule = parse(text)
    except NbModelError:
        return
    assert parse(str(rule)) == rule
    assert rule.metric in (*column_metrics(), *VERSION_METRICS)


# -- evaluation ----------------------------------------------------------------


def series(values, metric="accuracy", version="churn@2", stage="prod", gaps=()):
    points = [(START + n * DAY, v) for n, v in enumerate(values) if n not in gaps]
    return Series(metric, version, stage, *zip(*points, strict=True))


def outcome(text, *observed, until=START + 100 * DAY, width=DAY):
    return evaluate([parse(text)], observed, "churn@2", "prod", until, width)[0]


@pytest.mark.parametrize(
    ("values", "state", "since"),
    [
        ([0.95, 0.95, 0.95, 0.95], "ok", None),
        ([0.95, 0.95, 0.95, 0.85], "pending", 3),
        ([0.95, 0.85, 0.85, 0.85], "firing", 1),
        ([0.85, 0.85, 0.85, 0.95], "ok", None),
        ([0.85, 0.95, 0.85, 0.85], "pending", 2),
        ([0.9, 0.9, 0.9, 0.9], "ok", None),
    ],
)
def test_a_rule_fires_after_its_number_of_windows(values, state, since):
    result = outcome("accuracy < 0.9 for 3 windows", series(values))
    assert result.state == state
    assert result.since == (0 if since is None else START + since * DAY)
    assert result.value == values[-1]


def test_a_window_without_a_value_neither_continues_nor_ends_a_run():
    result = outcome("accuracy < 0.9 for 3 windows", series([0.8, 0.8, 0, 0.8], gaps=(2,)))
    assert (result.state, result.since) == ("firing", START)


def test_an_incomplete_window_does_not_count():
    observed = series([100, 100, 3], "volume")
    assert outcome("volume < 10", observed).state == "firing"
    assert outcome("volume < 10", observed, until=START + 2 * DAY).state == "ok"
    assert outcome("volume < 10", until=START).state == "no data"


def test_a_rule_without_a_complete_window_is_pending_with_its_value_so_far():
    young = series([0.98], "psi(age)"), series([0.01], "psi(income)")
    result = outcome("psi(*) > 0.2", *young, until=START, width=DAY)
    assert (result.state, result.metric, result.value) == ("pending", "psi(age)", None)
    assert result.text() == "psi(*) > 0.2: psi(age) is 0.98 now, judged at 00:00 UTC"
    assert result.concerning
    assert not outcome("psi(income) > 0.2", *young, until=START, width=DAY).concerning
    volume = outcome("volume < 10", series([3], "volume"), until=START, width=DAY)
    assert volume.state == "pending"
    assert not volume.concerning  # the window goes on
    weekly = outcome("psi(*) > 0.2", *young, until=START, width=7 * DAY)
    assert weekly.text().endswith("judged at 9 March 00:00 UTC")


def test_a_judged_rule_has_its_value_so_far_too():
    result = outcome("psi(age) > 0.2", series([0.1, 0.5], "psi(age)"), until=START + DAY, width=DAY)
    assert (result.state, result.value, result.current) == ("ok", 0.1, 0.5)
    assert result.judged_at == START + 2 * DAY
    assert result.current_text() == "0.5 now, judged at 00:00 UTC"


def test_any_column_means_the_worst_column():
    result = outcome(
        "psi(*) > 0.2 for 2 windows",
        series([0.3, 0.1, 0.3], "psi(a)"), series([0.1, 0.3, 0.3], "psi(b)"),
        series([0.9, 0.9, 0.9], "ks(c)"),
    )  # fmt: skip
    assert (result.state, result.metric) == ("firing", "psi(b)")
    assert result.text() == "psi(*) > 0.2 for 2 windows: psi(b) is 0.3 on 4 March"


def test_output_stands_for_every_output():
    observed = series([0.5], "psi(out.predict_proba.1)"), series([0.9], "psi(age)")
    result = outcome("psi(output) > 0.2", *observed)
    assert (result.state, result.metric) == ("firing", "psi(out.predict_proba.1)")


def test_other_versions_and_stages_do_not_count():
    result = outcome(
        "accuracy < 0.9", series([0.1], version="churn@1"), series([0.1], stage="canary")
    )
    assert result.state == "no data"
