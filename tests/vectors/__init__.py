"""Vectors that every port of a specification passes, and the programs that make them."""
