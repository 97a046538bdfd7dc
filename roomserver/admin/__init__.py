"""The operator's side: what is served to and done for those who run the server, never its users."""
