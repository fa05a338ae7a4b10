"""Scorers that compute what a model computes, without the checks that it repeats at each call.

A scorer makes the same steps on the same numbers in the same order as the model's own method:
nothing is approximated. It is used only where `agrees` proves it, bit for bit, and it leaves
to the model what the model might refuse: see `NotCompiled`.

===================  ==================================================
`base`               `Scorer`, `NotCompiled`
`table`              `compile_scorer`: which class has a scorer
`agreement`          `agrees`: compares a scorer with its model
`sklearn_scalers`    transformers that shift, scale and fill columns
`sklearn_linear`     linear models
`scipy_logistic`     the logistic function
`sklearn_forests`    single trees and forests
`sklearn_boosting`   gradient boosting
`sklearn_pipelines`  all of these one after the other
===================  ==================================================
"""

from __future__ import annotations

from nbmodel.predict.compiled.agreement import agrees, one_job
from nbmodel.predict.compiled.base import Matrix, NotCompiled, Scorer
from nbmodel.predict.compiled.table import compile_scorer

__all__ = ["Matrix", "NotCompiled", "Scorer", "agrees", "compile_scorer", "one_job"]
