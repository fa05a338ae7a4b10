"""The HTTP application: routes, limits, request and response formats.

A request that scores passes `connection`, `middleware`, `dispatch`, `endpoint`, in this order.

===========  ===============================================================
app          the table of routes
connection   a client's connection, with time limits
middleware   host names, the token, limits; reads request bodies
dispatch     looks up the endpoint of a path
exchange     a request that is answered without a separate task
endpoint     the endpoints that score
codecs       how requests and responses are written: tensors or records
responses    documents and errors as HTTP responses
admin        the endpoints that do not score: health, metadata, metrics, labels
openapi      the OpenAPI document, and a page for people
state        what every endpoint works with
clock        the time that is logged
recording    hands predictions and labels to the prediction log
metrics      what Prometheus scrapes
===========  ===============================================================
"""
