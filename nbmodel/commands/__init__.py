"""The verbs with their arguments and displays: magics and the shell are made from this table."""
