"""The worker: a process of its own for each check, in the environment that was asked for."""
