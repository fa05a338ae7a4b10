"""The Open Inference Protocol v2.

=======  =================================================================
v2       what a request asks for, and its rows
tensors  tensors to arrays and back
binary   tensors as bytes that follow the JSON
=======  =================================================================
"""
