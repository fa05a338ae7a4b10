"""Metrics of a model on rows whose true answers are known.

=============  ==================================================================
`answers`      asks a model for its answers, each method once
`scores`       `score`: finds the task of a model, and computes its metrics
`targets`      true answers in any container, as labels or as numbers
`formulas`     the metrics themselves, over numpy arrays
=============  ==================================================================

The names and the formulas of metrics are those of scikit-learn, user guide section 3.4 ("Metrics
and scoring"). What has no unambiguous answer is refused.
"""
