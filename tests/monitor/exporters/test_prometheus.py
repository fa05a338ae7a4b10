"""Rule files, checked by the real promtool."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest
import yaml

from nbmodel.display import visible
from nbmodel.monitor.alerts import rules
from nbmodel.monitor.exporters import prometheus
from tests.monitor.exporters.conftest import RULES


def promtool(*words, stdin=None):
    return subprocess.run(["promtool", *words], input=stdin, capture_output=True, text=True)


def test_promtool_accepts_rules_with_any_column_names(subject, tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text(prometheus.document(subject))
    done = promtool("check", "rules", str(path))
    assert done.returncode == 0, done.stderr
    assert "SUCCESS: 19 rules found" in done.stdout


def test_comments_name_the_rules_that_are_not_evaluated_here(subject, tmp_path):
    hostile = [f"gap({column}) > 0.1" for column in ("age", "ü\n- alert: x\r\x85\u2028y: |")]
    alerts = tuple(
        replace(subject.alerts[0], rule=rules.parse(text, any_metric=True)) for text in hostile
    )
    path = tmp_path / "rules.yml"
    path.write_text(prometheus.document(replace(subject, unavailable=alerts)))
    first = path.read_text().splitlines()[0]
    assert first == ("# gap(age) > 0.1 is not evaluated here: the plug-in gap is not installed.")
    assert yaml.safe_load(path.read_text()) == yaml.safe_load(prometheus.document(subject))
    assert "SUCCESS: 19 rules found" in promtool("check", "rules", str(path)).stdout


def test_a_rule_matches_its_own_label_and_expands_nothing(subject, tmp_path):
    """In Prometheus' unit test of rules, a series with that label fires under its exact name."""
    (tmp_path / "rules.yml").write_text(prometheus.document(subject))
    named = [visible(text) for text in (str(a.rule) for a in subject.alerts[::2])]
    assert len(set(named)) == len(RULES)
    tests = [
        {
            "interval": "1m",
            "input_series": [
                {
                    "series": 'nbmodel_alert_firing{model="churn",version="churn@2",'
                    f'stage="prod",rule={json.dumps(rule, ensure_ascii=False)}}}',
                    "values": "1 1 1",
                }
            ],
            "alert_rule_test": [
                {
                    "eval_time": "1m",
                    "alertname": "NbmodelRule",
                    "exp_alerts": [
                        {
                            "exp_labels": {
                                "model": "churn", "version": "churn@2", "stage": "prod",
                                "rule": rule, "severity": "warning", "alert_id": alert.id,
                            },
                            "exp_annotations": {
                                "summary": f"churn@2: {rule}",
                                "description": "The rule fires for the version that serves.",
                                "rollback": f'%model_rollback churn@prod -m "alert {alert.id}"',
                            },
                        }
                        for alert in subject.alerts
                        if visible(alert.rule) == rule
                    ],
                }
            ],
        }
        for rule in named
    ]  # fmt: skip
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": tests}))
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("stage", "sign"), [("prod", "@"), ("2024", "#"), ("Latest", "#")])
def test_the_rollback_names_a_stage_as_references_do(subject, tmp_path, stage, sign):
    """Of a rule for any stage, the name is known only when it fires."""
    alert = subject.alerts[0]
    own = replace(subject, alerts=(alert,))
    (tmp_path / "rules.yml").write_text(prometheus.document(own))
    labels = {"model": "churn", "version": "churn@2", "stage": stage, "rule": str(alert.rule)}
    written = ",".join(f"{name}={json.dumps(text)}" for name, text in labels.items())
    test = {
        "interval": "1m",
        "input_series": [{"series": f"nbmodel_alert_firing{{{written}}}", "values": "1 1 1"}],
        "alert_rule_test": [
            {
                "eval_time": "1m",
                "alertname": "NbmodelRule",
                "exp_alerts": [
                    {
                        "exp_labels": labels | {"severity": "warning", "alert_id": alert.id},
                        "exp_annotations": {
                            "summary": f"churn@2: {alert.rule}",
                            "description": "The rule fires for the version that serves.",
                            "rollback": f'%model_rollback churn{sign}{stage} -m "alert {alert.id}"',
                        },
                    }
                ],
            }
        ],
    }
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [test]}))
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_default_alerts_fire_when_they_should(subject, tmp_path):
    (tmp_path / "rules.yml").write_text(prometheus.document(subject))

    def series(name, values, **labels):
        inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
        return {"series": f'{name}{{model="churn",{inside}}}', "values": values}

    def bucket(le, values):
        name = "nbmodel_request_duration_seconds_bucket"
        return series(name, values, version="churn@1", le=le)

    inputs = [
        series("nbmodel_requests_total", "0+90x60", version="churn@1", code="200"),
        series("nbmodel_requests_total", "0+10x60", version="churn@1", code="500"),
        bucket("0.5", "0+50x60"), bucket("1.0", "0+99x60"), bucket("+Inf", "0+100x60"),
        series("nbmodel_log_rows_total", "0+1x60", state="dropped"),
        series("nbmodel_watch_last_success_timestamp_seconds", "0+0x60", instance="a"),
    ]  # fmt: skip
    down = {"severity": "critical", "model": "churn"}
    expected = {
        "NbmodelErrors": (down, "10% of the requests to churn fail."),
        "NbmodelSlow": (
            {"severity": "warning", "model": "churn", "version": "churn@1"},
            "One request in a hundred to churn@1 takes 1s or more.",
        ),
        "NbmodelDown": (down, "No server answers for churn."),
    }
    rules = [
        {
            "eval_time": "40m",
            "alertname": name,
            "exp_alerts": [{"exp_labels": labels, "exp_annotations": {"summary": summary}}],
        }
        for name, (labels, summary) in expected.items()
    ]
    count = [
        {"expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})', "eval_time": "40m",
         "exp_samples": [{"value": 1}]}
        for name in ("NbmodelNotWatched", "NbmodelLogDrops")
    ]  # fmt: skip
    tests = [
        {"interval": "1m", "input_series": inputs, "alert_rule_test": rules,
         "promql_expr_test": [query | {"exp_samples": [{"labels": "{}", "value": 1}]}
                              for query in count]}
    ]  # fmt: skip
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": tests}))
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
