"""HTTP as all services speak it: dialects v1 and v2, errors, idempotency, pagination, strict input."""
