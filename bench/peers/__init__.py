"""One module a peer: `prepare()` gives a function from a row to its answer; `prepare_columns()` one from all rows."""
