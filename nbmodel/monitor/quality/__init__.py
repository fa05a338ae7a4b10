"""Quality: how good a version's predictions were, as far as labels have arrived.

===============  ====================================================================
`labeled`        joins predictions with their labels; finds the task and the classes
`metrics`        accuracy, F1, ROC AUC, log loss, RMSE and so on, by window
`timeseries`     traffic, quality and drift as series; averages and seasons
`rollouts`       when a version started to answer for a stage
===============  ====================================================================
"""
