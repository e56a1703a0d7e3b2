"""What is done to the server itself."""
