"""Metrics of rankings: means over queries, of which each has a group of rows.

Queries are resampled, and not their rows. The weight of a query is the mean weight of its rows.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.scores import mean_values
from nbmodel.evaluation.resampling import RowSums
from nbmodel.evaluation.sample import Sample

_NDCG_RE = re.compile(r"ndcg@([1-9]\d{0,5})")


class _Ranked:
    """The rows of all queries by falling score, with blocks of equal scores."""

    def __init__(self, sample: Sample, scores: Any) -> None:
        groups = np.zeros(sample.rows, int) if sample.groups is None else sample.groups
        _, query = np.unique(groups, return_inverse=True)
        query = query.reshape(-1)
        order = np.lexsort((-scores, query))
        self.query, values = query[order], scores[order]
        self.relevance = sample.actual[order].astype(np.float64)
        self.queries = int(self.query[-1]) + 1
        sizes = np.bincount(self.query)
        self.rank = np.arange(sample.rows) - (np.cumsum(sizes) - sizes)[self.query]
        is_new = np.ones(sample.rows, dtype=bool)
        is_new[1:] = (values[1:] != values[:-1]) | (self.query[1:] != self.query[:-1])
        self.block = np.cumsum(is_new) - 1
        self.starts = np.flatnonzero(is_new)
        self.weights = np.bincount(query, sample.weighting) / sizes

    def by_block(self, values: Any) -> Any:
        return np.bincount(self.block, values, minlength=len(self.starts))

    def by_query(self, values: Any) -> Any:
        return np.bincount(self.query, values, minlength=self.queries)

    def up_to_block(self, blocks: Any) -> Any:
        """Sum over the blocks of the same query, up to and with each one."""
        query = self.query[self.starts]
        sums = np.cumsum(blocks)
        firsts = np.flatnonzero(np.diff(query, prepend=-1))
        return sums - (sums[firsts] - blocks[firsts])[query]

    def mean(self, values: Any, counts: Any) -> RowSums:
        """Return the sums behind the weighted mean over the queries that count."""
        weights = self.weights * counts
        return RowSums(np.column_stack([weights, weights * values]))


def _gain(ranked: _Ranked, cut: int | None) -> Any:
    """Discounted cumulative gain of each query; rows of equal score share their discounts."""
    discount = 1 / np.log2(ranked.rank + 2)
    if cut is not None:
        discount[ranked.rank >= cut] = 0
    shared = ranked.by_block(discount) / ranked.by_block(np.ones(len(discount)))
    return ranked.by_query(ranked.relevance * shared[ranked.block])


def _ndcg(sample: Sample, cut: int | None = None) -> RowSums:
    """Sum the normalized discounted cumulative gain over queries.

    Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques", with the ties
    of McSherry and Najork 2008. As in scikit-learn, a query without a relevant row counts 0.
    """
    ranked = _Ranked(sample, sample.predicted.astype(np.float64))
    ideal = _gain(_Ranked(sample, sample.actual.astype(np.float64)), cut)
    gain = _gain(ranked, cut)
    values = np.divide(gain, ideal, out=np.zeros(len(gain)), where=ideal > 0)
    return ranked.mean(values, np.ones(len(values)))


def _average_precisions(sample: Sample) -> RowSums:
    """Sum the average precision over queries that have a relevant row.

    Manning, Raghavan and Schütze 2008, "Introduction to Information Retrieval", section 8.4.
    """
    ranked = _Ranked(sample, sample.predicted.astype(np.float64))
    relevant = (ranked.relevance > 0).astype(np.float64)
    hits = ranked.by_block(relevant)
    precision = ranked.up_to_block(hits) / ranked.up_to_block(
        ranked.by_block(np.ones(len(relevant)))
    )
    total = ranked.by_query(relevant)
    sums = np.bincount(ranked.query[ranked.starts], hits * precision, minlength=ranked.queries)
    values = np.divide(sums, total, out=np.zeros(len(total)), where=total > 0)
    return ranked.mean(values, total > 0)


def _reciprocal_ranks(sample: Sample) -> RowSums:
    """Sum the reciprocal rank of the first relevant row, over queries that have one.

    Voorhees 1999, "The TREC-8 question answering track report". Among rows of equal score it is the
    expected rank in a random order.
    """
    ranked = _Ranked(sample, sample.predicted.astype(np.float64))
    hits = ranked.by_block((ranked.relevance > 0).astype(np.float64))
    sizes = ranked.by_block(np.ones(len(ranked.relevance)))
    before = ranked.up_to_block(sizes) - sizes
    is_first = (hits > 0) & (ranked.up_to_block(hits) == hits)
    values = np.zeros(ranked.queries)
    query = ranked.query[ranked.starts][is_first]
    values[query] = 1 / (before + (sizes + 1) / (hits + 1))[is_first]
    return ranked.mean(values, values > 0)


def _metric(name: str, statistic: Any) -> Metric:
    return Metric(
        name=name,
        tasks=("ranking",),
        direction="higher",
        statistic=statistic,
        values=mean_values,
        lowest=0,
        highest=1,
    )


def cut_metric(name: str) -> Metric | None:
    """Return the metric ``ndcg@K`` of the first K rows; None for another name."""
    match = _NDCG_RE.fullmatch(name)
    return _metric(name, lambda sample: _ndcg(sample, int(match[1]))) if match else None


METRICS: tuple[Metric, ...] = (
    _metric("ndcg", _ndcg),
    _metric("map", _average_precisions),
    _metric("mrr", _reciprocal_ranks),
)
