"""Metrics by family, each with what it is computed from and how it is resampled.

===================  ============================================================
`base`               `Metric`: name, tasks, needs, statistic, values
`table`              every metric by its name, and the defaults of each task
`confusion`          from a confusion matrix: accuracy, F1, correlation, kappa
`scores`             from scores: areas under curves, logarithmic loss, Brier score
`regression`         from errors: RMSE, MAE, R2
`ranking`            by query: NDCG, mean average precision, reciprocal rank
`multilabel`         of several labels for each row
`clustering`         silhouette, agreement with labels
`anomaly`            precision at the share of anomalies
`functions`          functions of the user
`sklearn_functions`  what scikit-learn computes, and its scorers
===================  ============================================================

To add a metric: a row in `METRICS` of its family. The tests compare it with scikit-learn.
"""
