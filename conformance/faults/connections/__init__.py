"""What goes wrong with single connections: they are cut, get replies that nobody reads, or raise."""
