"""Data flow between cells: which cells a variable depends on.

Each module imports only from those above it:

=======================  ============================================================
`syntax`                 parsing a cell; IPython's magics and shell commands
`steps`                  what a cell does to names, as a list of steps
`assumptions`            what is assumed about code outside the notebook
`completion`             which calls of a statement that failed had returned
`failed`                 what ran of a cell that ended in an error
`expressions`            from an expression to the names that its value depends on
`parser`                 from a cell to its steps
`effects`                records: what is known of an object, a function, a cell
`objects`                which names may share objects
`calls`                  what a call does to its arguments
`flow`                   the effects of each cell, in run order
`slicing`                the backward slice
=======================  ============================================================
"""
