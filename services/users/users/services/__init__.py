"""Every write of users; each function here owns its transaction and appends the events it causes."""
