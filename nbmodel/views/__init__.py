"""What a face may ask of a registry, answered as JSON: one set of answers for every face.

The shapes are those of ``labextension/src/view/data/source.ts``.

===========  ===============================================================
answers      the dispatch: verb and arguments to an answer, all of it checked
arguments    what a stranger may pass for an argument
summary      registry, state
rows         rows: the table
version      version: all that is recorded of one
profile      a data profile, as far as it is one
history      history, log
lineage      lineage: the graph around a version
difference   diff
tree         models, sparklines
monitoring   monitor, distribution, monitoringState, health
actions      promote, rollback, release, card
texts        texts and numbers of strangers, ready for JSON
===========  ===============================================================
"""

from nbmodel.views.answers import ACTIONS, QUESTIONS, SLOW, answer

__all__ = ["ACTIONS", "QUESTIONS", "SLOW", "answer"]
