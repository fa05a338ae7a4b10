"""What every folder of monitoring uses.

===============  ====================================================================
`windows`        time in microseconds since the epoch, and the windows it is cut into
`sql`            column names, texts and windows in DuckDB's SQL
`arrays`         an Arrow array of any column: pandas, polars, numpy, Arrow, lists
`dtypes`         the precision and the unit that a dtype of a signature stands for
`optional`       imports of libraries that come with an extra
`cache`          the most recent results of slow functions, each computed once
===============  ====================================================================
"""
