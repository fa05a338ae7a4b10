"""The report: drift, quality, anomalies and alerts of a model in one result.

===============  ====================================================================
`report`         `monitor`: reads a log and makes the report
`result`         `MonitorReport`: its fields, its tables
`lengths`        the time of a report, and the length of its windows
`evaluation`     drift and quality of each version, by its signature and data profile
`distribution`   one column in the training data and in one window
`figures`        the charts of a report as plotly figures
`drift_figures`  those of drift, and of a distribution
`drift_runs`     since when columns have drifted
`alert_history`  when alerts fired, from the whole log
`alert_events`   alerts as events of a timeline
`measurements`   quality, and the drift that rules are about
`evidence`       from what was measured to the evidence of a verdict
`quality_change` quality in the last window with labels, and at commit
`last_row`       the last row of a version that was logged long ago
`verdict`        the state of a version in a stage, and the reason in one sentence
`health`         the verdict on each stage at present, from the last windows
`traffic`        rows a day of each stage, and its last request
`verdicts`       the verdicts of a report
`cached`         the same report for repeated requests, until something changes
`state`          a text that changes when rows, labels or alerts do
===============  ====================================================================
"""
