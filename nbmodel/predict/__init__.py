"""How an object is asked: what it takes, what can be asked of it, and the proof of its answers.

===============  ==================================================================
inputs           what an object takes: kind of container, columns and their types
families         groups of column types that a request writes in the same way
columns          values of a request to one typed column, and back
checks           names, widths and shapes of a request
decoder          a request's rows to typed columns
quick            the commonest requests as a matrix, in one pass
frames/          typed columns to the container that the object takes; one file a library
places           objects that go by a category's place
detect           what an object takes, from its training data or from its fitted state
methods/         how the objects of a framework are called; one file a framework
outputs          what a call gives, as named arrays with one row for each row asked
compiled/        scorers with the bits of the model, without its checks of each call
asking           a call that leaves no trace: random states, modes and filters are restored
draw, fitted     synthetic rows, from a data profile or from a fitted object
agreement        whether two answers are the same
acceptance       ``acceptance.json``: synthetic rows and the answers to them
===============  ==================================================================
"""
