"""The staging models of a shop that nobody knows yet, written from a look at its files."""
