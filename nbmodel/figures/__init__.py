"""Charts as plotly figures, made from the records of results.

==============  ===========================================================================
`charted`       `Charted`: results that offer figures by name
`plotly_chart`  the only module that imports plotly: colors, axes, texts that are safe to show
`lineage`       which version each one was made from
`stages`        which version held each stage, and when
`scales`        which metrics share an axis
`versions`      metrics over versions, the training data of a version
`curves`        lines, intervals and a confusion matrix of an evaluation
`comparison`    versions side by side: their metrics, and what differs
==============  ===========================================================================

A figure has the name of its metric. A metric that is called like another figure has its name with
a prefix: ``metric:metrics``, ``metric:lineage``, ``metric:parallel``, ``metric:data(age)``.

The figures of a monitoring report are in `figures` and `drift_figures` of `nbmodel.monitor.report`.
"""
