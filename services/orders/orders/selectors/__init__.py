"""Every read of orders."""
