"""Verdicts: what follows from what was found out, for a clause, for a pool, and for all modes."""
