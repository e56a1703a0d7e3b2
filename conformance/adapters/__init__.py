"""Adapters: how a pool is found by its name, spoken to, and looked at before it is judged."""
