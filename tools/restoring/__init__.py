"""The restore drill: a backup is good when a system that was restored from it goes on as if nothing had happened."""
