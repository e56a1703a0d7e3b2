"""poolproof: what a Redis connection pool owes its callers, in a form that can be run.

`poolproof.spec` says it, `poolproof.reference_pool` upholds it, `poolproof.conformance` holds any
other pool to it.
"""

__version__ = "0.1.0"
