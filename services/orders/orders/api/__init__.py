"""The HTTP API of orders: one set of views for both versions; the dialects are shared.http's."""
