"""The gateway: sockets, handshakes, frames and plain HTTP. It knows nothing of rooms."""
