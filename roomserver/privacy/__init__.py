"""The rights of people over what is kept of them: erasure, a copy, consents, age, policy versions."""
