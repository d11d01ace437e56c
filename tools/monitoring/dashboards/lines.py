"""Pages that are plain lists of panels: orders (the saga), events (outbox, inbox), runtime (pools, memory)."""

from tools.monitoring.dashboards.panels import Panel, Row, none

_OF = '{service=~"$service"}'


def _rate(metric: str, by: str, labels: str = "") -> str:
    every = ",".join(filter(None, ['service=~"$service"', labels]))
    return f"sum by ({by}) (rate({metric}{{{every}}}[$__rate_interval]))"


def _most(metric: str, by: str = "service", labels: str = "") -> str:
    every = ",".join(filter(None, ['service=~"$service"', labels]))
    return f"max by ({by}) ({metric}{{{every}}})" if by else f"max({metric}{{{every}}})"


def _quantile(share: float, metric: str, by: str = "") -> str:
    return f"histogram_quantile({share}, {_rate(metric, ', '.join(filter(None, ['le', by])))})"


_SETTLEMENT = [(_quantile(each, "plaza_order_settlement_seconds_bucket"), f"{each:.0%}") for each in (0.5, 0.95, 0.99)]
ORDERS: list[Row] = [
    Row(
        title="Outcome",
        panels=[
            Panel(title="Settled", shown=[(_rate("plaza_orders_total", "status"), "{{status}}")], unit="ops"),
            Panel(
                title="Cancelled, by reason",
                shown=[(_rate("plaza_orders_total", "reason", 'status="cancelled"'), "{{reason}}")],
                unit="ops",
            ),
            Panel(title="Time to settle", shown=_SETTLEMENT, unit="s", limit=5, runbook="SettlementBurnsFast"),
        ],
    ),
    Row(
        title="On the way",
        panels=[
            Panel(title="Open orders", shown=[(_most("plaza_orders_open", "status"), "{{status}}")]),
            Panel(
                title="Stuck orders",
                shown=[(_most("plaza_orders_stuck", ""), "stuck")],
                limit=1,
                about="Asked three times and more without an answer.",
                runbook="OrdersStuck",
            ),
            Panel(
                title="Oldest unsettled order",
                shown=[(_most("plaza_orders_oldest_unsettled_seconds", ""), "oldest")],
                unit="s",
                limit=1800,
                runbook="OrdersOld",
            ),
        ],
    ),
    Row(
        title="Stock and money",
        panels=[
            Panel(
                title="Reservations",
                shown=[(_rate("plaza_stock_reservations_total", "outcome"), "{{outcome}}")],
                unit="ops",
            ),
            Panel(title="Payments", shown=[(_rate("plaza_payments_total", "outcome"), "{{outcome}}")], unit="ops"),
            Panel(title="Units held", shown=[(_most("plaza_stock_reserved_units", ""), "held")]),
            Panel(title="Products", shown=[(_most("plaza_products", "state"), "{{state}}")]),
            Panel(
                title="Violated invariants",
                shown=[
                    (
                        _most("plaza_invariant_violations", "service, invariant") + f" > 0 {none('invariant')}",
                        "{{invariant}}",
                    )
                ],
                limit=1,
                runbook="InvariantViolated",
            ),
            Panel(title="Logins", shown=[(_rate("plaza_logins_total", "outcome"), "{{outcome}}")], unit="ops"),
        ],
    ),
]


EVENTS: list[Row] = [
    Row(
        title="Leaving",
        panels=[
            Panel(title="Published", shown=[(_rate("plaza_events_published_total", "type"), "{{type}}")], unit="ops"),
            Panel(
                title="Oldest unpublished event",
                shown=[(_most("plaza_outbox_oldest_seconds"), "{{service}}")],
                unit="s",
                limit=60,
                runbook="OutboxOld",
            ),
            Panel(title="Unpublished events", shown=[(_most("plaza_outbox_unsent"), "{{service}}")]),
        ],
    ),
    Row(
        title="Arriving",
        panels=[
            Panel(title="Handled", shown=[(_rate("plaza_events_handled_total", "outcome"), "{{outcome}}")], unit="ops"),
            Panel(
                title="From commit to effect, 99 %",
                shown=[(_quantile(0.99, "plaza_event_delivery_seconds_bucket", "type"), "{{type}}")],
                unit="s",
                limit=30,
                runbook="DeliveryBurnsFast",
            ),
            Panel(
                title="Waiting in RabbitMQ",
                shown=[
                    ("sum(rabbitmq_queue_messages_ready)", "ready"),
                    ("sum(rabbitmq_queue_messages_unacked)", "being handled"),
                ],
            ),
        ],
    ),
    Row(
        title="In trouble",
        panels=[
            Panel(
                title="Waiting for a retry",
                shown=[(_most("plaza_inbox_retrying"), "{{service}}")],
                limit=50,
                runbook="RetriesPileUp",
            ),
            Panel(
                title="Dead events",
                shown=[
                    (_most("plaza_inbox_dead"), "{{service}}, arrived"),
                    (_most("plaza_outbox_dead"), "{{service}}, refused by the broker"),
                ],
                limit=1,
                runbook="DeadLetters",
            ),
            Panel(
                title="Broker blocks",
                shown=[(_most("plaza_broker_blocked"), "{{service}}")],
                limit=1,
                runbook="BrokerBlocked",
            ),
        ],
    ),
]


_BACKUP_AGE = f"time() - {_most('plaza_backup_timestamp_seconds', 'service, form')}"
_NEVER_BACKED_UP = (
    f"time() - (max by (service) (plaza_database_created_timestamp_seconds{_OF} != 0)"
    f" unless {_most('plaza_backup_timestamp_seconds', 'service')})"
)
# of the last hour, or a process that is gone would take its sign of life along
_HEARTBEAT = 'max_over_time(plaza_heartbeat_timestamp_seconds{service=~"$service"}[1h])'
_AGE = f"time() - max by (service, process) ({_HEARTBEAT})"
RUNTIME: list[Row] = [
    Row(
        title="Processes",
        panels=[
            Panel(
                title="Can be scraped",
                shown=[("min by (job, process) (up)", "{{job}} {{process}}")],
                limit=1,
                below=True,
                runbook="TargetDown",
            ),
            Panel(
                title="Age of the last sign of progress",
                shown=[(_AGE, "{{service}} {{process}}")],
                unit="s",
                limit=60,
                runbook="WorkerNotConsuming",
            ),
            Panel(
                title="Memory of single processes",
                shown=[("process_resident_memory_bytes", "{{job}} {{process}} {{instance}}")],
                unit="bytes",
                about="Web and worker share their metrics among children and have none of a single process.",
            ),
        ],
    ),
    Row(
        title="Database",
        panels=[
            Panel(
                title="Connections of the pools",
                shown=[(f"sum by (service, state) (plaza_db_pool_connections{_OF})", "{{service}} {{state}}")],
            ),
            Panel(
                title="Requests that wait for a connection",
                shown=[
                    (
                        _most("plaza_db_pool_connections", "service, process", 'state="waiting"'),
                        "{{service}} {{process}}",
                    )
                ],
                limit=1,
                runbook="PoolExhausted",
            ),
            Panel(
                title="Slow statements",
                shown=[(_rate("plaza_slow_queries_total", "service"), "{{service}}")],
                unit="ops",
                limit=0.1,
                runbook="SlowQueries",
            ),
        ],
    ),
    Row(
        title="Work",
        panels=[
            Panel(
                title="Requests in hand",
                shown=[(f"sum by (service) (http_server_active_requests{_OF})", "{{service}}")],
            ),
            Panel(
                title="Celery tasks, 99 %",
                shown=[(_quantile(0.99, "plaza_tasks_duration_seconds_bucket", "task"), "{{task}}")],
                unit="s",
                runbook="TasksFailing",
            ),
            Panel(
                title="Ready answers",
                shown=[(_rate("plaza_cache_requests_total", "outcome"), "{{outcome}}")],
                unit="ops",
                about="Reads of products and categories: hit, miss, stale; fault when Valkey does not answer.",
            ),
            Panel(
                title="Valkey does not answer limits",
                shown=[(_rate("plaza_throttle_faults_total", "service"), "{{service}}")],
                unit="ops",
                runbook="ThrottleFaults",
            ),
            Panel(
                title="Age of the last good backup",
                shown=[(_BACKUP_AGE, "{{service}} {{form}}"), (_NEVER_BACKED_UP, "{{service}} never, the database")],
                unit="s",
                limit=93600,
                runbook="BackupOld",
            ),
        ],
    ),
]
