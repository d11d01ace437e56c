"""What scripts of pages on CORS_ORIGINS may send to the API and read from it, beside what every page may."""

SENT = (
    *("accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "prefer"),
    *("api-version", "traceparent", "x-request-id"),
)
READ = (
    *("Deprecation", "ETag", "Idempotency-Replayed", "Link", "Location", "Preference-Applied"),
    *("RateLimit", "RateLimit-Policy", "Retry-After", "Sunset", "X-Request-ID"),
)
