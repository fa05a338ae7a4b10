"""Models in memory, and how they score requests.

==========  ================================================================
slots       the versions that a name answers with; follows stages
loaded      one version in memory: reads rows, scores, explains errors
methods     the methods of a version as functions; the fastest exact way
batching    requests that wait are scored together
diagnosis   why a model refused rows
==========  ================================================================
"""
