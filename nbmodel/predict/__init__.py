"""How a model is called: what it takes, what it answers, and the acceptance rows that prove it.

What a model takes:

======================  ============================================================
`inputs`                `Inputs`: the kind of container, the columns and their types
`input_detection`       finds the inputs from the training data
`fitted_state`          finds the inputs from the fitted object alone
`category_codes`        models that take a category by its code (XGBoost)
======================  ============================================================

From a request to the model:

======================  ============================================================
`column_types`          groups of column types that a request writes in the same way
`column_values`         values of a request to one typed column, and back
`durations`             lengths of time as ISO 8601 text
`json_numbers`          numbers of JSON, checked
`request_checks`        names, widths and shapes of a request
`decoder`               the rows of a request to typed columns
`fast_decoder`          the same in one pass for columns of float64 and int64
`rows`                  `Rows`: an array, or one typed array a column
`frames`                typed columns to the container that the model takes
======================  ============================================================

Calls:

======================  ============================================================
`methods`               how the objects of each framework are called
`predictor`             `Predictor`: a model with its decoder and methods;
                        `without_side_effects` restores random states and modes
`outputs`               an answer as named arrays, one row for each row of the request
`compiled`              faster scorers that give the same bits as the model
======================  ============================================================

Acceptance rows, which a version stores with the answers to them:

======================  ============================================================
`acceptance`            the file ``acceptance.json``
`acceptance_recording`  draws the rows at commit, and records the answers
`acceptance_replay`     calls a model with the rows again, and compares the answers
`synthetic_rows`        draws rows from a data profile or from the fitted object
`synthetic_values`      draws the values of one column
`training_rows`         compares a few training rows with the same rows as a request
`agreement`             whether two answers are the same
======================  ============================================================
"""
