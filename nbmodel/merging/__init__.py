"""How several fitted models become one. Nothing here knows git or versions.

====================  ===============================================================
`base`                `Member`, `MergeRequest` and `MergeMethod`: what each method gets and is
`methods`             finds a method by its name: nbmodel's own, a plug-in or a function
`average`             the weighted mean of the fitted numbers
`averages`            the same for each framework, and the mean of arrays
`sklearn_vote`        scikit-learn's voting ensembles over the members
`sklearn_stack`       scikit-learn's stacking ensembles over the members
`sklearn_members`     what the members of an ensemble must have in common
`ours`                the object of the branch that is merged into
`theirs`              the object of the one source
`weights`             checks the weights of members
`differences`         finds the first part in which two objects differ
====================  ===============================================================

A method is one file and one row of `nbmodel.plugins.MERGE_METHODS`.
"""
