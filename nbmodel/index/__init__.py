"""The SQLite index of a registry: a disposable read model, rebuilt from git.

Loading a version never relies on it: digests come from git.

===============  ======================================================================
index            `Index`, through which the layers above use all of it
query            lookups by name, number and commit; logs
search           one page of the versions that a search expression matches
expression       a search expression to a syntax tree
tokens           the tokens of a search expression
fields           a search condition to SQL
conditions       words to SQL; conditions joined by ``and`` and ``or``
sorting          a sort key to SQL
unused_names     names in a search that no version has, and similar ones
dates            the span of time that a date of a search names
folding          texts without case and accents, and their words
lineage          what a version was made from, and what was made from it
evaluations      metrics of evaluations, from the notes of versions
stage_holders    the stages that versions hold now, and the models without one
main_metrics     the metric by which a model is judged; metrics of which less is better
summary          counts, metrics and stages of the whole registry; sparklines
tags             releases and stage moves: written to rows, read back
sync             the changes in git since the last refresh, into the tables
reachability     which versions refs still reach; their branches, releases and stages
missing_objects  objects that could not be read, and whether they are back
sightings        references that an earlier refresh saw
problems         references that cannot be read or are gone, and the stages in doubt
rows             versions to rows and back
values           parameters, metrics and tags in the forms that a search compares
database         the SQLite file: opened, and replaced when it is damaged
schema           the tables
===============  ======================================================================
"""

from nbmodel.index.index import Index
from nbmodel.index.lineage import Lineage
from nbmodel.index.query import Marks, Model, Unreadable
from nbmodel.index.summary import RegistrySummary, Sparkline

__all__ = [
    "Index",
    "Lineage",
    "Marks",
    "Model",
    "RegistrySummary",
    "Sparkline",
    "Unreadable",
]
