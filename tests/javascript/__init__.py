"""The JavaScript SDK as its users have it."""
