"""A registry with figures and files, and attachments that an attacker made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import plotly.express as px
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, roc_curve

import nbmodel
from tests.browser.registries import data, fitted, project

mpl.use("Agg")

ATTACKED = "attacked"
REMOTE = "http://a.example/x"
PAGE = f"""<!DOCTYPE html>
<html><head><title>x</title>
<script>alert(1); document.body.textContent = 'ran'</script>
<meta http-equiv="refresh" content="0;url={REMOTE}">
<meta http-equiv="Content-Security-Policy" content="default-src *">
<link rel="stylesheet" href="{REMOTE}.css"><link rel="prefetch" href="{REMOTE}">
<base href="http://a.example/">
<style>@import url({REMOTE}.css); h1 {{ color: green; background: url({REMOTE}.png) }}</style>
</head><body onload="alert(1)">
<h1>Report of Ann</h1><img src="{REMOTE}.png" onerror="alert(1)">
<iframe src="{REMOTE}"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>
<form action="{REMOTE}"><input autofocus onfocus="alert(1)"></form>
</body></html>"""
SVG = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="200" height="100" onload="alert(1)"><script>alert(1)</script>
<image xlink:href="{REMOTE}.png" width="10" height="10"/>
<rect width="200" height="100" fill="teal"/>
<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="{REMOTE}"/>
</foreignObject></svg>"""
TEXT = (
    f'<a href="javascript:alert(1)">link</a> <a href="{REMOTE}">far</a> '
    f'<span style="cursor:url({REMOTE}.png),auto">styled</span> <img src=x onerror=alert(1)>'
)
FIGURE = {
    "data": [
        {"type": "bar", "x": [TEXT, "b"], "y": [1, 2], "name": TEXT, "text": TEXT,
         "hovertemplate": TEXT},
        {"type": "bar", "x": ["c"], "y": [1]},
    ],
    "layout": {
        "title": {"text": TEXT},
        "images": [{"source": f"{REMOTE}.png", "sizex": 1, "sizey": 1}],
        "mapbox": {"style": f"{REMOTE}.json"},
        "font": {"family": f"x; background: url({REMOTE}.png)"},
        "annotations": [{"text": TEXT, "x": 0, "y": 1}],
        "updatemenus": [{"buttons": [{"label": "go", "method": "relayout",
                         "args": [{"images": [{"source": f"{REMOTE}.png"}]}]}]}],
    },
    "frames": [{"data": []}],
    "config": {"plotlyServerURL": "http://a.example", "displayModeBar": True},
}  # fmt: skip


def pictured(folder: Path) -> Path:
    """Two versions with a curve and a confusion matrix; the second has notes and other files.

    The other model is what an attacker made.
    """
    project(folder)
    (folder / "report.html").write_text("<h1>Report</h1><p>Checked on the holdout.</p>")
    (folder / "rows ü.csv").write_text("a,b\n1,2\n")
    with nbmodel.open(folder) as registry:
        for strength in (0.001, 1.0):
            model, metrics = fitted(strength)
            figures = {"roc": roc(model), "confusion": confusion(model), "scores": scores(model)}
            files = [folder / "report.html", folder / "rows ü.csv"] if strength == 1 else []
            registry.commit(
                model, "churn", f"C={strength}", metrics=metrics, figures=figures, files=files
            )
        registry.annotate("churn@2", "on new data", figures={"later": px.histogram(x=[1, 2, 2])})
        _attack(registry, folder / "attack")
    return folder


def _attack(registry: nbmodel.Registry, folder: Path) -> None:
    """Commit attachments that run or load something if a page does not prevent it."""
    folder.mkdir()
    texts = {
        "figure.plotly.json": json.dumps(FIGURE),
        "broken.plotly.json": "{",
        "map.plotly.json": json.dumps({"data": [{"type": "scattermap", "lat": [1], "lon": [1]}]}),
        "report.html": PAGE,
        "drawing.svg": SVG,
        "no image.png": "<script>alert(1)</script>",
        "program.js": "alert(1)",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    registry.commit({"a": 1}, ATTACKED, files=[folder / name for name in texts])


def roc(model: Any) -> Any:
    """A curve of plotly."""
    inputs, truth = data()
    false, true, _ = roc_curve(truth, model.predict_proba(inputs)[:, 1])
    return px.area(x=false, y=true, title="ROC", labels={"x": "false", "y": "true"})


def confusion(model: Any) -> Any:
    """A heat map of plotly."""
    inputs, truth = data()
    return px.imshow(confusion_matrix(truth, model.predict(inputs)), text_auto=True)


def scores(model: Any) -> Any:
    """A histogram of matplotlib."""
    figure = Figure(figsize=(5, 3))
    axes = figure.subplots()
    axes.hist(model.predict_proba(data()[0])[:, 1], bins=20)
    axes.set_xlabel("score")
    return figure
