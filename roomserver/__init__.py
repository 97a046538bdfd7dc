"""The room server: room core, beat, gateway, accounts, command line."""
