"""Drift: how far the rows of a window differ from the data that a version was trained on.

===============  ====================================================================
`references`     the columns of a version's data profile, as counts in bins
`binning`        counts numbers in bins
`counts`         counts the log's columns in the bins of their references, by window
`measures`       the measures of drift, with sources: `psi`, `kolmogorov_smirnov`,
                 `wasserstein`, `jensen_shannon`, `chi_square`, and so on
`detection`      `DRIFT_MEASURES`, the table of measures and their thresholds; which
                 values are drift, and which are chance
`profiles`       drift between the training data of two versions
`first_window`   the first window of a version with enough rows
`outputs`        references for a version's outputs: their first window
===============  ====================================================================

A new measure is a function in `measures` and a row in `DRIFT_MEASURES`.
"""
