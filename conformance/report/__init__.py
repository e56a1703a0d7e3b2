"""Reports: the verdicts as they are printed and as JSON, without credentials."""
