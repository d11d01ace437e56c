"""Base models, filters, locks and faults of the database; what every service's tables build on."""
