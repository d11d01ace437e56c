"""The embedded stack: one supervisor that runs all of Plaza on one machine, without Docker and without root."""
