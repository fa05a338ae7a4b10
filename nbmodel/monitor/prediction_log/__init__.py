"""The prediction log: what a version was given, what it answered, and the labels that came later.

A log is a folder of Parquet files, called parts. Predictions and labels lie in separate parts;
a label has the id of its prediction. `nbmodel.monitor.quality.labeled` joins the two.

===============  ====================================================================
`settings`       sampling, redaction and retention of one model's log; where logs lie
`options`        the same settings as command-line options: ``--redact age=hash``
`entries`        rows and labels as Arrow tables
`column_names`   names of columns that differ in more than case
`streams`        the requests of a server, collected until they are written
`writer`         `PredictionLog`: writes rows in a separate thread, beside a server
`batch`          `log` and `label`: rows and labels of a batch job
`inputs`         the inputs of a batch job, matched with a version's signature
`timestamps`     the times of a batch job, and its rows by day
`part_writer`    writes the parts of a batch job
`parts`          names and bytes of parts
`storage`        where parts lie: a folder, or a URL that fsspec knows
`retention`      merges small parts and removes old ones
`reader`         the log as views of DuckDB
`log_views`      creates these views, and skips parts that cannot be read
`part_views`     the SQL of these views
`part_damage`    why a part cannot be read
`fingerprint`    a text that changes when parts do
===============  ====================================================================
"""
