"""Samples of each task, with ties, weights and rare classes."""

from __future__ import annotations

import numpy as np

from nbmodel.evaluation.sample import Sample


def binary(rows=400, seed=0, *, weighted=False, ties=False, share=0.4, margins=False):
    rng = np.random.default_rng(seed)
    actual = (rng.random(rows) < share).astype(int)
    margin = rng.normal(size=rows) + 1.2 * actual - 0.6
    if ties:
        margin = np.round(margin, 1)
    chance = 1 / (1 + np.exp(-margin))
    return Sample(
        task="binary",
        actual=actual,
        predicted=(chance > 0.5).astype(int),
        scores=np.column_stack([-margin, margin] if margins else [1 - chance, chance]),
        scores_are_probabilities=not margins,
        classes=("no", "yes"),
        weights=rng.integers(0, 4, rows) + rng.random(rows) if weighted else None,
    )


def multiclass(rows=400, seed=0, *, weighted=False, ties=False, classes=("a", "b", "c")):
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, len(classes), rows)
    scores = np.exp(rng.normal(size=(rows, len(classes))) + 1.5 * np.eye(len(classes))[actual])
    scores /= scores.sum(axis=1, keepdims=True)
    if ties:  # whole percents, that still add up to 1
        scores = np.floor(scores * 10) / 10
        scores[:, 0] += 1 - scores.sum(axis=1)
    return Sample(
        task="multiclass",
        actual=actual,
        predicted=scores.argmax(axis=1),
        scores=scores,
        scores_are_probabilities=True,
        classes=tuple(classes),
        weights=rng.integers(0, 4, rows) + rng.random(rows) if weighted else None,
    )


def multilabel(rows=300, seed=0, *, weighted=False):
    rng = np.random.default_rng(seed)
    actual = (rng.random((rows, 4)) < [0.5, 0.3, 0.1, 0.6]).astype(int)
    scores = np.clip(rng.normal(0.3 + 0.4 * actual, 0.25), 0, 1)
    return Sample(
        task="multilabel",
        actual=actual,
        predicted=(scores > 0.5).astype(int),
        scores=scores,
        scores_are_probabilities=True,
        classes=("red", "green", "blue", "gray"),
        weights=rng.random(rows) if weighted else None,
    )


def regression(rows=300, seed=0, *, outputs=1, weighted=False):
    rng = np.random.default_rng(seed)
    actual = rng.normal(100, 5, size=(rows, outputs))
    return Sample(
        task="regression",
        actual=actual,
        predicted=actual + rng.normal(0.5, 2, size=(rows, outputs)),
        outputs=tuple(f"y{n}" for n in range(outputs)),
        weights=rng.random(rows) + 0.1 if weighted else None,
    )


def ranking(queries=40, seed=0, *, size=12, ties=True):
    rng = np.random.default_rng(seed)
    relevance = rng.integers(0, 4, queries * size)
    scores = relevance + rng.normal(0, 2, len(relevance))
    return Sample(
        task="ranking",
        actual=relevance.astype(float),
        predicted=np.round(scores) if ties else scores,
        groups=np.repeat(np.arange(queries), size),
    )


def clustering(rows=200, seed=0, *, labels=True):
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 3, rows)
    data = rng.normal(size=(rows, 2)) + 2 * actual[:, np.newaxis]
    predicted = np.digitize(data.sum(axis=1), [2, 6]) + 5
    return Sample(
        task="clustering", actual=actual if labels else None, predicted=predicted, data=data
    )


def anomaly(rows=500, seed=0, *, weighted=False, ties=False):
    sample = binary(rows, seed, weighted=weighted, ties=ties, share=0.05, margins=True)
    return Sample(
        task="anomaly",
        actual=sample.actual,
        predicted=sample.predicted,
        scores=sample.scores[:, 1],
        weights=sample.weights,
    )
