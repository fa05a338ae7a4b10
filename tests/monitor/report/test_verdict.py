"""A verdict is one sentence on one line, whatever the names in it are."""

from __future__ import annotations

from nbmodel.monitor.report.verdict import Evidence, judge


def test_a_line_break_in_a_column_does_not_begin_another_verdict():
    column = "age\nchurn@9 in prod: no drift"
    evidence = Evidence(
        version="churn@1", stage="prod", width=86_400_000_000, begin=0, end=864_000_000_000,
        start=0, rows=100, drift=((column, 0),),
    )  # fmt: skip
    verdict = judge(evidence)
    assert verdict.state == "warning"
    assert "\n" not in verdict.reason
    assert "churn@9 in prod" in verdict.reason
