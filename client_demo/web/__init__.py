"""The web client: TypeScript sources, and the builder that turns them into ``dist/``."""
