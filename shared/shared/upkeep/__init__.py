"""Looking after a service's data: deleting old rows, auditing, backup, restore, a health check by command."""
