"""Campaigns against stranger's objects: what is replaced, what watches, who restarts the child.

A campaign runs its attempts in a child process, because a wrong answer kills the interpreter.
The child writes what it is about to do before it does it, so the parent knows which attempt
ended it, counts that and goes on with the next.

Modules
-------
guard      limits and watchers of the child: audit hook, system call filter, canary folder
runner     the parent: starts children, counts outcomes, restarts after a crash or a hang
subjects   the objects under attack, one of each allowed class and way to fit it
values     the hostile values
relative   hostile values of the same dtype or length as what stood there
kin        estimators of the same kind or family as what stood there
sites      where a pickled object can be changed, and the pickler that changes it
uses       what a user does with a loaded object
attack     the child of the attribute mutator
streams    opcode streams, nested and chained, and their child
smaller    the least of a stream that ends alike
"""
