"""Who calls a pool: what threads and tasks have in common, and what one program does to a pool."""
