"""Learns which attributes an instance of a scikit-learn class may have, from thousands of fits.

==================  ===========================================================
`__main__`          the commands: observe, add, write, or all of them
`constraints`       scikit-learn's constraints of parameters, as kinds of values
`data`              random rows and targets of all kinds
`fits`              random fits of every estimator
`special_fits`      fits with weights, lists and functions as parameters
`typical_fits`      fits as users write them, in which several things must agree
`compositions`      models that consist of several
`helper_objects`    splitters, scorers and kernels
`observe`           notes the attributes of every instance in a fitted model
`observations`      what was observed of an attribute
`kinds`             from observations to the rule of an attribute
`table`             writes the table
`refusals`          loads models that the table was not made from
==================  ===========================================================
"""
