"""What is assumed about code that cannot be read: names and what they do.

Names are tracked with the names that they may share objects with: ``b = a``,
``pair = [a, b]``, the item of a loop, an optimizer and the model whose parameters
it was given. A change through one name is a change of the others. What a call
into a library does is not known; these rules stand in for it. They are chosen so that
the cells that fit a second model on the same data do not belong to the first one:

- A method call changes its object, never its arguments; but a ``...Trainer``
  trains what it is given.
- A call into an imported module changes nothing. But seeds are part of everything
  that is drawn after them, and settings (``set_*``) are part of the package.
- A constructor (a name that begins with a capital) keeps those arguments that
  were themselves made by one: the optimizer its model, the pipeline its steps.
- A sum of two variables shares nothing with them: true of numbers, arrays and
  texts; of lists only where they hold nothing that is changed later.
- A few well-known functions change an argument: ``shuffle``, ``setattr``, ...
- A call into a library that raised an error changed nothing. The exceptions are methods that
  change step by step, and objects that fit others, such as a pipeline. A function of the notebook
  may have done a part of its work, and so may anything that the user interrupted.
- Functions and classes of the notebook are looked into instead.

``exec``, ``globals()`` and module attributes reached by strings are not followed.
"""

from __future__ import annotations

# Functions that change their first argument.
MUTATING_FUNCTIONS = frozenset(
    {"setattr", "delattr", "shuffle", "copyto", "put", "place", "putmask", "fill_diagonal"}
    | {"heappush", "heappop", "heapify", "heapreplace", "heappushpop"}
    | {"insort", "insort_left", "insort_right"}
)
# Methods after which the object holds its arguments.
RETAINING_METHODS = frozenset(
    {"append", "appendleft", "add", "insert", "extend", "update", "setdefault", "push", "register"}
)
# Methods whose result is, or is a part of, their object.
VIEW_METHODS = frozenset(
    {"items", "values", "keys", "get", "pop", "popitem", "setdefault", "copy"}
    | {"view", "reshape", "ravel", "squeeze"}
    | {"fit", "partial_fit", "set_params", "set_output"}
    | {"to", "cuda", "cpu", "train", "eval", "double", "float", "half", "requires_grad_"}
    | {"parameters", "named_parameters", "children", "modules", "named_modules"}
)
# Methods that change nothing without ``inplace=True`` or ``out=``. Nothing of a statement that
# failed is recorded for the sake of such a call.
READING_METHODS = frozenset(
    {"copy", "head", "tail", "describe", "info", "items", "keys", "values", "get", "tolist"}
    | {"mean", "median", "std", "var", "sum", "min", "max", "count", "nunique", "quantile", "round"}
    | {"astype", "to_numpy", "to_list", "reshape", "dropna", "isna", "notna", "value_counts"}
    | {"drop", "select_dtypes", "groupby", "join", "merge", "sort_values", "reset_index"}
    | {"format", "lower", "upper", "strip", "split", "startswith", "endswith", "replace"}
    | {"predict", "predict_proba", "decision_function", "score", "transform", "get_params"}
)
# Methods that change their object step by step: a part is done when they fail.
STEPWISE_METHODS = frozenset(
    {"set_params", "partial_fit", "load_state_dict", "sort", "extend", "extendleft", "update"}
    | {"difference_update", "intersection_update", "symmetric_difference_update"}
)
# Functions whose result holds, or is a part of, their arguments.
CONTAINER_FUNCTIONS = frozenset(
    {"list", "tuple", "dict", "set", "frozenset", "sorted", "reversed", "zip", "enumerate"}
    | {"iter", "next", "filter", "map", "min", "max", "getattr", "vars", "partial", "copy"}
    | {"chain", "deque", "defaultdict", "namedtuple", "asarray", "from_numpy"}
)
# Functions of a module that set what is drawn later; prefixes of those that set how it works.
SEED_FUNCTIONS = frozenset(
    {"seed", "manual_seed", "manual_seed_all", "set_seed", "set_random_seed"}
)
SETTING_PREFIXES = ("set_", "enable_", "disable_", "register")
PROCESS_STATE = {("sys", "path"): "sys.path", ("os", "environ"): "os.environ"}
# Builtins whose results cannot be changed in place.
FIXED_CALLS = frozenset(
    {"len", "int", "float", "complex", "str", "bool", "bytes", "repr", "hash", "id", "ord", "chr"}
    | {"round", "range", "isinstance"}
)
