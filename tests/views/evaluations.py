"""Evaluations as notes, as an evaluation of real rows or another person writes them."""

from __future__ import annotations

from dataclasses import replace

from nbmodel.evaluation.record import (
    Comparison,
    Curve,
    Estimate,
    Evaluation,
    SliceEstimate,
    SliceResult,
)
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import evaluations


def write(registry, ref, evaluation, time=1_700_000_000, text=""):
    """Add an evaluation to a version."""
    note = evaluations.note_of(registry.context.identity.person, time, evaluation)
    note = replace(note, text=text)
    git_notes.add(registry.context.git, registry.show(ref).version.commit, note)


def full(name):
    """An evaluation that has all parts; `name` is in each text."""
    estimate = SliceEstimate(0.7, 0.6, 0.8, difference=-0.1, p=0.01, adjusted_p=0.02)
    return Evaluation(
        task="binary",
        rows=1200,
        metrics={"roc_auc": Estimate(0.9, 0.88, 0.92, 1000), name: Estimate(3.0)},
        slices=(
            SliceResult(columns=(name,), levels=("few",), rows=3, reason=f"{name} has 3 rows"),
            SliceResult(columns=(name,), levels=(name,), rows=400, metrics={"roc_auc": estimate}),
        ),
        curves=(
            Curve("confusion", "", {"cells": (5.0, 1.0, 2.0, 4.0)}, (name, "b")),
            Curve("roc", name, {"x": (0.0, 1.0), name: (0.0, None)}),
        ),
        comparisons=(
            Comparison(
                metric="roc_auc", other=name, difference=0.1, low=0.05, high=0.2, p=0.001, test=name
            ),
        ),
        remarks=(f"{name} is a remark",),
        data=name,
        folds=({"roc_auc": 0.9}, {"roc_auc": 0.8}),
    )
