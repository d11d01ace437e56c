"""Settings of every service: the typed environment, and Django's settings made from it."""
