"""A small collector of traces, not for production, and the pictures it makes; `python -m tools.traces` runs it."""
