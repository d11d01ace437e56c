"""Every read of users."""
