"""The command line for people and scripts that talk to a server: ``roomclient``."""
