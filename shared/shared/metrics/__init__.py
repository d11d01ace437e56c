"""Every metric of a service; labels are bounded. How they leave a process: exposition.py.

Web processes share a directory (PROMETHEUS_MULTIPROC_DIR), and so do a worker and its children: any of them can answer
for all.
"""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)

HTTP_DURATION = Histogram(
    "http_server_request_duration_seconds",
    "Time to answer a request.",
    ["http_request_method", "http_route", "http_response_status_code"],
    buckets=_FAST,
)
HTTP_ACTIVE = Gauge("http_server_active_requests", "Requests being answered.", multiprocess_mode="livesum")
DEPRECATED = Counter("plaza_deprecated_requests", "Requests to a deprecated version.", ["version", "http_route"])
CACHE_REQUESTS = Counter("plaza_cache_requests", "Reads that may be answered from what is kept.", ["outcome"])
EVENTS_PUBLISHED = Counter("plaza_events_published", "Events confirmed by the broker.", ["type"])
EVENTS_HANDLED = Counter("plaza_events_handled", "Events that arrived, by what became of them.", ["type", "outcome"])
EVENT_DELIVERY = Histogram(
    "plaza_event_delivery_seconds", "From the cause's commit to the handled effect.", ["type"], buckets=_SLOW
)
OUTBOX_UNSENT = Gauge("plaza_outbox_unsent", "Events not yet published.", multiprocess_mode="mostrecent")
OUTBOX_OLDEST = Gauge(
    "plaza_outbox_oldest_seconds", "Age of the oldest unpublished event.", multiprocess_mode="mostrecent"
)
OUTBOX_DEAD = Gauge("plaza_outbox_dead", "Events that the broker refused to the end.", multiprocess_mode="mostrecent")
INBOX_RETRYING = Gauge("plaza_inbox_retrying", "Failed events waiting for a retry.", multiprocess_mode="mostrecent")
INBOX_DEAD = Gauge("plaza_inbox_dead", "Events that need a person.", multiprocess_mode="mostrecent")
BROKER_BLOCKED = Gauge("plaza_broker_blocked", "1 while the broker refuses to accept.", multiprocess_mode="max")
ORDERS = Counter("plaza_orders", "Orders that reached a final state.", ["status", "reason"])
ORDER_SETTLEMENT = Histogram("plaza_order_settlement_seconds", "From placing to the final state.", buckets=_SLOW)
ORDERS_OPEN = Gauge("plaza_orders_open", "Orders that wait for an answer.", ["status"], multiprocess_mode="mostrecent")
ORDERS_STUCK = Gauge(
    "plaza_orders_stuck", "Orders whose question was repeated three times in vain.", multiprocess_mode="mostrecent"
)
ORDERS_OLDEST = Gauge(
    "plaza_orders_oldest_unsettled_seconds",
    "Longest time since an order that waits for an answer changed its status.",
    multiprocess_mode="mostrecent",
)
PRODUCT_STATES = ("active", "inactive", "out_of_stock", "low_stock")
PRODUCTS = Gauge("plaza_products", "Products by state.", ["state"], multiprocess_mode="mostrecent")
STOCK_RESERVED = Gauge("plaza_stock_reserved_units", "Units held for orders.", multiprocess_mode="mostrecent")
RESERVATIONS = Counter("plaza_stock_reservations", "Reservations by outcome.", ["outcome"])
PAYMENTS = Counter("plaza_payments", "Payments by outcome.", ["outcome"])
USERS = Gauge("plaza_users", "Accounts by state.", ["state"], multiprocess_mode="mostrecent")
SIGNING_KEY_AGE = Gauge(
    "plaza_signing_key_age_seconds", "Since the signing key was published.", multiprocess_mode="mostrecent"
)
LOGINS = Counter("plaza_logins", "Logins by outcome.", ["outcome"])
THROTTLE_FAULTS = Counter("plaza_throttle_faults", "Requests let through because Valkey did not answer.")
TASK_DURATION = Histogram(
    "plaza_tasks_duration_seconds", "Time that a Celery task ran.", ["task", "outcome"], buckets=_SLOW
)
POOL = Gauge(
    "plaza_db_pool_connections",
    "Connections of the pool by state, and requests that wait for one.",
    ["state"],
    multiprocess_mode="livesum",
)
SLOW_QUERIES = Counter("plaza_slow_queries", "Statements that took longer than SLOW_QUERY_MS.")
BUILD_INFO = Gauge(
    "plaza_build_info", "What runs here; always 1.", ["version", "release", "python"], multiprocess_mode="max"
)
HEARTBEAT = Gauge(
    "plaza_heartbeat_timestamp_seconds",
    "Last sign of progress of a process.",
    ["process"],
    multiprocess_mode="max",
)
INVARIANT_VIOLATIONS = Gauge(
    "plaza_invariant_violations", "Rows that contradict an invariant.", ["invariant"], multiprocess_mode="mostrecent"
)
AUDIT_FAILURES = Gauge(
    "plaza_audit_failures", "Invariants that the last audit could not look at.", multiprocess_mode="mostrecent"
)
BACKUP = Gauge(
    "plaza_backup_timestamp_seconds", "When the last good backup was begun.", ["form"], multiprocess_mode="max"
)
DATABASE_CREATED = Gauge(
    "plaza_database_created_timestamp_seconds",
    "When the database got its first migration; a backup that was never made is as old.",
    multiprocess_mode="max",
)
OBSERVED = Gauge(
    "plaza_observed_timestamp_seconds", "Last full look of beat's observer at the data.", multiprocess_mode="max"
)
