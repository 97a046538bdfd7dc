"""Peers of this server, each a small program that tells everyone what anybody says."""
