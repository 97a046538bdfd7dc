"""Example bots. Run one with ``roomclient bot client_demo/bots/greeter.py``; see ``docs/bots.md``."""
