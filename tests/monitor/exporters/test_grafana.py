"""The dashboard, read by the decoder of Grafana's SDK; no test loads it in Grafana."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard, VariableType

from nbmodel.monitor.exporters import grafana


@pytest.fixture
def dashboard(subject):
    return json.loads(grafana.document(subject))


def test_grafanas_sdk_reads_and_writes_the_dashboard(dashboard):
    register_default_plugins()
    read = Dashboard.from_json(dashboard)
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == dashboard
    assert read.uid == "nbmodel-churn"
    (variable,) = read.templating.list_val
    assert (variable.type_val, variable.query) == (VariableType.DATASOURCE, "prometheus")
    assert [mark.name for mark in read.annotations.list_val] == ["Versions"]


def test_panels_have_their_places_and_the_data_source_of_the_variable(dashboard):
    panels = dashboard["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in panels]
    assert len(set(places)) == len(places)
    assert all(x + w <= 24 for x, _, w, _ in places)
    drawn = [panel for panel in panels if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in drawn} == {"${datasource}"}
    for panel in drawn:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0


def test_prometheus_reads_every_query(dashboard, tmp_path):
    queries = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", ())]
    queries += [mark["expr"] for mark in dashboard["annotations"]["list"]]
    queries = [query.replace("$__rate_interval", "5m") for query in queries]
    rules = [{"record": f"query_{n}", "expr": query} for n, query in enumerate(queries)]
    path = tmp_path / "queries.json"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(rules) > 10
    assert all(re.search(r"\bnbmodel_\w+\{", query) for query in queries)
