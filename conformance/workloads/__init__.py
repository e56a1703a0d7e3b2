"""What programs do to pools, one file a subject."""
