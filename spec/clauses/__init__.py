"""The clauses, one file a chapter of the specification."""
