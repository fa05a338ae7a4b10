"""The weighted mean of models, one file for each framework.

===========  ==========================================================================
`arrays`     the weighted mean of numpy arrays
`sklearn`    linear models, and pipelines that end in one
`torch`      modules and state dicts
`keras`      models
===========  ==========================================================================

A row of `nbmodel.plugins.FRAMEWORKS` names the function of each.
"""
