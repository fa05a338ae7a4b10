"""How good a model is on rows whose true answers are known, and with what certainty.

===============  ==================================================================
`labeled_data`   rows with their true answers, as the user gives them
`columns`        the columns of a model in a frame
`tasks`          which task a model solves
`model_sample`   asks a model, and makes its sample
`settings`       what the user asks of an evaluation
`sample`         `Sample`: true answers and predictions of the same rows
`metrics`        every metric, by family
`resampling`     the bootstrap over cells, sums and rows
`intervals`      estimates of metrics with percentile intervals
`significance`   tests of a difference: McNemar, DeLong, corrected t, bootstrap
`comparison`     two models on the same rows, each metric with its test
`slice_columns`  columns as slices: quantiles of numbers, values of texts
`slice_names`    the slices that a user names, such as `age:4`
`slices`         metrics by slice, and differences to the rest
`level_totals`   the statistics of all slices at once, with their variance
`curves`         ROC, calibration, residuals and others, as few numbers
`thinning`       curves with fewer points and the same area
`folds`          cross-validation (`sklearn_folds` divides the rows)
`evaluation`     `evaluate_sample`: from a sample to an `Evaluation`
`record`         the records of an evaluation
`documents`      records as JSON and back, with every value checked
===============  ==================================================================

From `sample` on, arrays go in and records come out. Nothing here knows git or notebooks.
"""
