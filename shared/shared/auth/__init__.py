"""Who is asking: access tokens verified offline, the principal they name, and what it may do."""
