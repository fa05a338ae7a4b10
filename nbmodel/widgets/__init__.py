"""Panels in the notebook: the answers of `nbmodel.views`, drawn by an anywidget."""
