"""Reports: what follows from what a check found, as it is printed and as JSON, without credentials.

All of it is pure: it reads no file, starts nothing, and knows only clauses and counterexamples.
"""
