"""Where a model came from: the cells that made it, its environment, its data, its card.

Where to find what:

=======================  ============================================================
`cells`                  recording the cells that run
`failure`                where a cell ended in an error
`dataflow`               the cells that lead to a variable (a backward slice)
`notebook`               the running notebook, and the slice as a script
`data`                   profile and fingerprint of the training data
`card`                   the model card
`environment`            installed packages, and how they differ from those at commit
`code_repository`        the state of the repository around the notebook
`user_modules`           the user's own modules that a version carries
=======================  ============================================================
"""
