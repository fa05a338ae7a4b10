"""Objects as skeletons and buffers, and what a version says about them.

A skeleton is a pickle without its large arrays, which are stored as buffers beside it.

Pickling:

===================  ===========================================================
`pickling`           `dump` and `load`
`unpicklable`        finds the part of an object that cannot be pickled
===================  ===========================================================

Code of the user that travels with a model:

===================  ===========================================================
`user_code`          how classes, functions and modules of the user are pickled
`user_modules`       whether a module is the user's own, or belongs to a package
`module_sources`     the source of a module and of what it imports
`module_changes`     whether a module in memory differs from its file
`isolated`           modules of a version, made from its sources beside the user's
`functions`          functions of a version, and the imports in them
===================  ===========================================================

Description, for cards, `diff` and `search`:

===================  ===========================================================
`base`               `Flavor`: what a framework has to provide
`description`        `DescriptionBuilder`, which every flavor fills
===================  ===========================================================

One file a framework; each reads and writes its framework's own format:

===================  ===========================================================
`sklearn`            estimators, pipelines, searches
`estimator_params`   parameters of estimators, and which of them are defaults
`xgboost`            boosters as UBJSON snapshots
`lightgbm`           boosters as model texts
`keras`              models as configuration, variables and assets
`keras_parts`        the parts of a Keras object that are stored
`keras_description`  what is described of a Keras object
`torch`              tensors over their storages, modules, scripts
`generic`            any other Python object
===================  ===========================================================
"""
