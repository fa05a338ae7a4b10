"""Campaigns against objects of strangers: mutations, the watchers of a child, and its restarts.

A campaign runs its attempts in a child process, because an error in native code ends the
interpreter. The child writes each attempt before it begins. So the parent knows which attempt ended
the child, counts it, and continues with the next.

Modules
-------
guard               limits and watchers of the child: audit hook, system call filter, canary folder
runner              the parent: starts children, counts outcomes, restarts after a crash or a hang
subjects            the objects under attack, one for each allowed class and way to fit it
torch_modules       one module of each allowed class of torch
hostile_values      the hostile values
relative_values     hostile values of the same dtype or length as the original
related_estimators  estimators of the same kind or family as the original
importable_names    names of everything that can be imported
mutation_sites      where a pickled object can be changed, and the pickler that changes it
typical_uses        what a user does with a loaded object
attack              the child of the attribute mutator
streams             opcode streams, nested and chained, and their child
shrinking           finds a smaller stream with the same outcome
"""
