"""Example bots. Run one with ``python -m client_demo.bots.greeter``."""
