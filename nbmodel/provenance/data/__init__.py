"""The training data of a version: aggregates and a fingerprint, never a row.

=======================  ============================================================
`column_selection`       which columns of a wide table are described
`tables`                 one view of data frames, arrays and mappings
`fingerprint`            the digest of a table
`numeric`                aggregates of numeric columns
`packages`               modules that the containers and dtypes of the inputs need
`profile`                the data profile, ``profile.json``
=======================  ============================================================
"""
