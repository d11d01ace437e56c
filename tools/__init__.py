"""Tools for working on Plaza; nothing here runs in production."""
