"""What clauses read: events, the history they make, and the state of a pool that follows from it."""
