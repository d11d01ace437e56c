"""The views: each parses, makes one call inward and replies."""
