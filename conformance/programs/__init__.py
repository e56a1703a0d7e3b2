"""Programs: what callers do to pools, on what terms, and what a driver was made to do."""
