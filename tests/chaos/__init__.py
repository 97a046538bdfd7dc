"""A network that fails all the time, and what must hold in the end."""
