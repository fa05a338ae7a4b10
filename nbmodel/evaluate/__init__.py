"""How good a model is on rows whose true answers are known, and with what certainty.

==============  ==================================================================
`sample`        `Sample`: true answers and predictions of the same rows
`metrics`       every metric, by family
`resampling`    the bootstrap over cells, sums and rows
`intervals`     estimates of metrics with percentile intervals
`significance`  tests of a difference: McNemar, DeLong, corrected t, bootstrap
`comparison`    two models on the same rows, each metric with its test
`evaluation`    `evaluate_sample`: from a sample to an `Evaluation`
`record`        the records of an evaluation
`documents`     records as JSON and back, with every value checked
==============  ==================================================================

Arrays go in, records come out: this folder asks no model, and knows neither git nor notebooks.
"""
