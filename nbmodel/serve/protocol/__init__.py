"""The Open Inference Protocol v2: tensors to arrays and back, as JSON and as bytes.

=======  =================================================================
v2       what a request asks for, its tensors, the tensors of a response
binary   tensors as bytes behind the JSON
=======  =================================================================
"""
