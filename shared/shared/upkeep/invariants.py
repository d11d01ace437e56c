"""What must hold in every service's database: SQL that returns no row, by name."""

# The numbers are old_rows.INBOX_DAYS and outgoing.MOST_REFUSALS; tests hold them to it.
INVARIANTS: dict[str, str] = {
    # A replay that comes after its listeners have forgotten the event could be handled twice.
    "outbox_dead_in_time": (
        "SELECT event_id, type, dead_at FROM events_outbox WHERE dead_at < now() - interval '30 days'"
    ),
    "outbox_dead_is_not_sent": (
        "SELECT event_id, type, sent_at, dead_at FROM events_outbox WHERE dead_at IS NOT NULL AND sent_at IS NOT NULL"
    ),
    "outbox_refused_to_the_end_is_dead": (
        "SELECT event_id, type, refusals, dead_at FROM events_outbox"
        " WHERE sent_at IS NULL AND dead_at IS NULL AND refusals >= 8"
        " UNION ALL SELECT event_id, type, refusals, dead_at FROM events_outbox"
        " WHERE dead_at IS NOT NULL AND refusals < 8"
    ),
    # Restored or copied rows must not meet the numbers of new ones.
    "outbox_numbers_are_ahead": (
        "SELECT newest, last_value FROM events_outbox_id_seq, (SELECT max(id) AS newest FROM events_outbox) AS rows"
        " WHERE newest > last_value"
    ),
    "inbox_dead_in_time": (
        "SELECT event_id, type, dead_at FROM events_failed WHERE dead_at < now() - interval '30 days'"
    ),
    # A retry of what another delivery has handled meanwhile ends within an hour; then the row must be gone.
    "inbox_handled_has_not_failed": (
        "SELECT event_id, f.type, f.attempts, f.dead_at, i.handled_at FROM events_failed f"
        " JOIN events_inbox i USING (event_id)"
        " WHERE f.dead_at IS NOT NULL OR greatest(f.failed_at, i.handled_at) < now() - interval '1 hour'"
    ),
    "inbox_failed_is_retried_or_dead": (
        "SELECT event_id, type, attempts FROM events_failed WHERE dead_at IS NULL"
        " AND (next_attempt_at IS NULL OR attempts < 1)"
    ),
    "idempotency_answer_can_be_replayed": (
        "SELECT user_id, key, status, octet_length(request_hash) AS hash_bytes FROM http_idempotency"
        " WHERE octet_length(request_hash) <> 32 OR status NOT BETWEEN 200 AND 499 OR status IN (409, 429)"
    ),
    "constraints_are_validated": (
        "SELECT conrelid::regclass::text AS table, conname AS constraint FROM pg_constraint"
        " WHERE NOT convalidated AND connamespace = current_schema()::regnamespace"
    ),
    # Left behind by a CREATE INDEX CONCURRENTLY that failed; one that still runs is not counted.
    "indexes_are_valid": (
        "SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS index FROM pg_index"
        " WHERE NOT indisvalid AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)"
    ),
}
