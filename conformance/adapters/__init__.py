"""Targets: what is judged, how it is loaded and spoken to, and a first look at it."""
