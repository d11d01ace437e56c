"""The HTTP interface of users; one set of views answers both versions (shared.http.dialects)."""
