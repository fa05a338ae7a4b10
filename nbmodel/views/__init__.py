"""Answers the questions of all front ends about a registry, as JSON.

``labextension/src/view/data/`` describes the shapes: ``source.ts`` the questions, ``answers.ts``
and ``monitorReport.ts`` the answers.

===========  ===============================================================
answers      dispatches a verb with its arguments to a function
arguments    checks the arguments of a question
summary      registry, state
sharing      sharing: the remote, and how far the clone is ahead and behind
home         home: a tile for each stage, and the models without one
rows         rows: the table
version      version: all that is recorded of one
evaluations  the evaluations of a version, newest first
files        file: a figure or a file that was attached
profile      the valid parts of a data profile
history      history, log
timeline     timeline, alertHistory: the events of a model, the spans of its stages
audit        audit: the facts of a model with their signatures, and what is wrong
lineage      lineage: the graph around a version
difference   diff
tree         models, sparklines
monitoring   monitor, distribution, monitoringState, health, traffic; `monitor_report` has the
             report as JSON, `monitoring_records` its records
firing       firing: the alerts that fire now
trash        deletion, trash: what a deletion would do, and what can be restored
merging      merging: the branches and methods that a merge can name
actions      promote, rollback, release, card, approve, delete, restore, push, pull, merge
texts        texts and numbers from repositories, ready for JSON
===========  ===============================================================
"""

from nbmodel.views.answers import (
    ACTIONS,
    KERNEL_ACTIONS,
    QUESTIONS,
    SLOW,
    SLOW_ACTIONS,
    answer,
)

__all__ = ["ACTIONS", "KERNEL_ACTIONS", "QUESTIONS", "SLOW", "SLOW_ACTIONS", "answer"]
