"""The running notebook.

=======================  ============================================================
`ledger`                 the versions that objects of this kernel are, or were
`session`                recorded cells, namespace and ledger of the running notebook
`candidates`             variables that a commit may record as metrics or data
`percent`                recorded cells as a script with ``# %%`` marks
=======================  ============================================================
"""
