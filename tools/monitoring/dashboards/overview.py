"""The first page: whether the promises are kept, and requests, errors and durations of each service."""

from tools.monitoring import burn, sources
from tools.monitoring.dashboards.panels import Panel, Row, none

_ALL = 'http_server_request_duration_seconds_count{service=~"$service"}'
_BAD = 'http_server_request_duration_seconds_count{service=~"$service",http_response_status_code=~"5.."}'
_BUCKETS = 'http_server_request_duration_seconds_bucket{service=~"$service"}'
_GATEWAY = 'envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="public"}'
_DEPRECATED = 'plaza_deprecated_requests_total{service=~"$service"}'
_REQUESTS = [
    Panel(
        title="Requests",
        shown=[(f"sum by (service) (rate({_ALL}[$__rate_interval]))", "{{service}}")],
        unit="reqps",
    ),
    Panel(
        title="Server errors",
        shown=[(f"sum by (service, http_route) (rate({_BAD}[$__rate_interval]))", "{{service}} {{http_route}}")],
        unit="reqps",
        about="Only routes that had one.",
        runbook="AvailabilityBurnsFast",
    ),
    Panel(
        title="Duration, 99 % of requests",
        shown=[
            (
                f"histogram_quantile(0.99, sum by (le, service) (rate({_BUCKETS}[$__rate_interval])))",
                "{{service}}",
            )
        ],
        unit="s",
        limit=0.25,
        about="All methods, exports included; without the time that clients chose to wait.",
        runbook="ReadsBurnsFast",
    ),
    Panel(
        title="Gateway, by class of answer",
        shown=[
            (
                f"sum by (envoy_response_code_class) (rate({_GATEWAY}[$__rate_interval]))",
                "{{envoy_response_code_class}}xx",
            )
        ],
        unit="reqps",
        runbook="GatewayAvailabilityBurnsFast",
    ),
    Panel(
        title="Slowest routes, 99 %",
        shown=[
            (
                f"topk(10, histogram_quantile(0.99, sum by (le, http_route) (rate({_BUCKETS}[$__rate_interval]))))",
                "{{http_route}}",
            )
        ],
        unit="s",
    ),
    Panel(
        title="Calls of the deprecated version",
        shown=[
            (
                f"sum by (http_route) (rate({_DEPRECATED}[$__rate_interval]))",
                "{{http_route}}",
            )
        ],
        unit="reqps",
    ),
]


def rows(promises: sources.Promises) -> list[Row]:
    """Return the page's rows."""
    return [
        Row(
            title="Now",
            panels=[
                Panel(
                    title="Alerts that fire",
                    shown=[
                        (f'count by (alertname) (ALERTS{{alertstate="firing"}}) {none("alertname")}', "{{alertname}}")
                    ],
                    limit=1,
                    kind="stat",
                    width=12,
                ),
                Panel(
                    title="What runs",
                    shown=[
                        (
                            'count by (service, version) (plaza_build_info{service=~"$service"})',
                            "{{service}} {{version}}",
                        )
                    ],
                    kind="stat",
                    width=12,
                    about="Processes by service and version; two versions: a release is on its way.",
                ),
            ],
        ),
        Row(title="Promises: budget left of what was seen in three days", panels=[_left(slo) for slo in promises.slos]),
        Row(title="Promises: how fast the budget is spent", panels=[_speed(slo) for slo in promises.slos]),
        Row(title="Requests", panels=_REQUESTS),
    ]


def _left(slo: sources.Slo) -> Panel:
    return Panel(
        title=slo.title,
        shown=[(f'1 - {burn.record("3d")}{{slo="{slo.name}",{_whose(slo)}}} / {slo.budget:g}', "{{service}}")],
        unit="percentunit",
        limit=0,
        below=True,
        about=slo.description,
        runbook=burn.alert_name(slo, burn.BURNS[-1]),
        kind="stat",
    )


def _speed(slo: sources.Slo) -> Panel:
    lines = [
        (f'{burn.record(each)}{{slo="{slo.name}",{_whose(slo)}}} / {slo.budget:g}', f"{{{{service}}}} {each}")
        for each in ("5m", "1h", "6h")
    ]
    return Panel(
        title=slo.title,
        shown=lines,
        limit=burn.BURNS[0].factor,
        about="1: the budget lasts for exactly its window. 14.4: it is gone in two days, and somebody is called.",
        runbook=burn.alert_name(slo, burn.BURNS[0]),
    )


def _whose(slo: sources.Slo) -> str:
    return f'service="{slo.service}"' if slo.service else 'service=~"$service"'
