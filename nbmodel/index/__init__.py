"""The SQLite read model: disposable, rebuilt from git, never trusted for digests.

=============  ==========================================================
index          the facade: everything above asks it
query          lookups: by name, number, commit; logs
tags           releases and stage moves
summary        the registry as a whole: counts, metrics, stages; a metric's latest values
lineage        what was made from what, around a version
search         a page of versions that fit an expression
expression     search expressions to a tree
fields         search fields to SQL
trouble        references that cannot be read, and what is in doubt because of them
witness        references that an earlier look saw
gaps           what could not be read, looked at again
border         where a shallow clone ends
sync           git's changes into the tables
settle         what follows from refs and parents: lines, marks, latest
rows           versions to rows and back
tag_rows       tags to rows
database       the file: opened, and made anew when damaged
schema         the tables
=============  ==========================================================
"""

from nbmodel.index.index import Index
from nbmodel.index.lineage import Lineage
from nbmodel.index.query import Marks, Model, Unreadable
from nbmodel.index.summary import Spark, Summary

__all__ = ["Index", "Lineage", "Marks", "Model", "Spark", "Summary", "Unreadable"]
