"""Calls that must not be able to hang, end or change the process that makes them."""
