"""What goes wrong around a pool: on the network, at the server, and in the pool's own connections."""
