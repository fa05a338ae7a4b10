"""Alerts: rules such as ``psi(age) > 0.2 for 3 windows``, and who is notified when one fires.

===============  ====================================================================
`rules`          the grammar of rules
`outcomes`       the evaluation of rules on series
`alert`          an alert, and the list of alerts that commands show
`columns`        checks of the column, metric and stage of a new rule
`store`          the alerts of a registry, under the ref ``refs/nbmodel/alerts``
`evaluation`     the state of each alert for the versions that serve, and the rollback
`periods`        limits of rules, and the periods in which they fired, for charts
`transitions`    which alerts started or stopped firing since the last evaluation
`notify`         who may be notified, and the thread that sends
`channels`       log, webhooks, Slack, Mattermost, mail: one file each
`http`           a POST request to a webhook or a database
===============  ====================================================================
"""
