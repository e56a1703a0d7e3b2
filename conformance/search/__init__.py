"""The search: how a program that breaks a clause is come upon, and how it is made short."""
