"""Loading a model of a stranger without running any code of theirs.

A pickle can name any function and call it. So `loader.load_untrusted` first scans the skeleton for
the names in it. Then it builds the object with a loader that knows a fixed list of classes. A
table of rules says for each class how it may be made and what is checked of it.

How a skeleton is read:

=========================  ==========================================================
`loader`                   `load_untrusted`: scan, build, check; the one entry point
`scan`                     where a pickle is scanned: the names in it and the refusals
`carried_code`             names of the classes and functions that a pickle carries
`opcodes`                  steps through the opcodes of a pickle
`pickle_stack`             stack, memo and plain values, within a budget of memory
`pickle_machine`           calls and instances, each only as its rule allows
`rules`                    `Rule`: what may be done with one class or function
=========================  ==========================================================

Checks that rules share:

=========================  ==========================================================
`object_state`             attributes of an instance of a class written in Python
`value_checks`             what an attribute may hold, and the check of a value
`value_kinds`              the kinds of values that these checks distinguish
`parameter_limits`         limits of parameters that name files, functions or formats
`parameter_ranges`         ranges of parameters that cost time or memory
`regular_expressions`      patterns that could take exponential time
`sharing`                  size of an object whose parts are shared, and objects in circles
=========================  ==========================================================

Rules of each library, which `nbmodel.plugins` names:

=========================  ==========================================================
`stdlib`                   plain types, dates, `functools.partial`
`numpy`, `numpy_random`    arrays, dtypes and scalars; random generators
`pandas`                   indexes, series, points in time
`scipy`                    sparse matrices, splines, frozen distributions
`restore_functions`        the functions of `nbmodel.flavors` that skeletons name
=========================  ==========================================================

Rules of each framework. Keras has none, so its models load only with ``--trust``:

=========================  ==========================================================
`sklearn`                  the table; ``sklearn.txt`` lists the classes
`sklearn_attributes`       which attributes an instance may carry. Those of a random forest
                           stand in ``sklearn_attributes.txt``, in the section
                           ``[sklearn.ensemble._forest RandomForestClassifier]``
`sklearn_trees`            trees, forests, gradient boosting
`sklearn_histogram_trees`  histogram gradient boosting
`sklearn_boosting_init`    the model that gradient boosting begins with
`sklearn_neighbors`        nearest neighbors and metrics
`sklearn_models`           support vectors, clusters, linear models: shapes that compiled
                           code relies on
`sklearn_sparse`           vectorizers, hashers and encoders that write sparse matrices
`sklearn_indices`          numbers that are used as positions or sizes, as in ensembles
`sklearn_kernels`          kernels made of kernels, and scorers
`sklearn_losses`           compiled losses
`torch`, `torch_settings`  tensors and modules; the settings of each module
`xgboost`                  boosters and wrappers
`xgboost_model`            where XGBoost's own format is checked
`xgboost_trees`            the trees in it
`ubjson`                   reads that format
`lightgbm`                 boosters and wrappers
`lightgbm_model`           where LightGBM's own format is checked
`booster_parameters`       parameters of XGBoost and LightGBM
=========================  ==========================================================
"""
