"""The views of users, by subject."""
