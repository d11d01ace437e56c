"""What must hold of orders at any moment: each query finds the rows that break it, and finds none.

The first column is the id of what is wrong; the others help a person to see why. What constraints say is not repeated.
"""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "order_has_lines": """
        SELECT o.id, o.status FROM orders o
         WHERE NOT EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id)""",
    # Known with the reservation, all of it at once.
    "order_total_is_lines": """
        SELECT o.id, o.status, o.total, l.total AS lines, l.unpriced
          FROM orders o
          JOIN (SELECT order_id, sum(quantity * unit_price) AS total,
                       count(*) FILTER (WHERE unit_price IS NULL) AS unpriced
                  FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
         WHERE o.total IS DISTINCT FROM l.total OR (o.total IS NOT NULL AND l.unpriced > 0)""",
    "order_placed_on_its_day": """
        SELECT id, placed_at, placed_on FROM orders WHERE placed_on <> (placed_at AT TIME ZONE 'UTC')::date""",
    # Of those that moved lately, one look-up each: sorting all timelines takes too long for once a minute.
    "order_status_is_its_last_transition": """
        SELECT o.id, o.status, t.to_status AS last_transition
          FROM orders o
          LEFT JOIN LATERAL (SELECT to_status FROM order_timeline
                              WHERE order_id = o.id AND kind = 'transition' ORDER BY id DESC LIMIT 1) t ON true
         WHERE o.updated_at > now() - interval '2 days' AND t.to_status IS DISTINCT FROM o.status""",
    # The sweep comes every second; what it leaves lying for minutes, nobody sweeps.
    "open_order_is_timed_out": """
        SELECT id, status, deadline_at FROM orders
         WHERE status IN ('pending', 'processing') AND deadline_at < now() - interval '5 minutes'""",
    "unanswered_question_is_asked_again": """
        SELECT id, status, asks, next_ask_at FROM orders WHERE next_ask_at < now() - interval '5 minutes'""",
}
