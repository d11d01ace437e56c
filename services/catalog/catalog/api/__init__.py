"""The HTTP API of the catalog, for both versions."""
