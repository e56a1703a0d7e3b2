"""The reference pools, without the kit that judges pools."""

PATIENCE_S = 20.0
"""Longer than anything takes here that is not broken."""
