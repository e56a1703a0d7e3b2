"""Processes: a check is done in one of its own, in the environment that was asked for."""
